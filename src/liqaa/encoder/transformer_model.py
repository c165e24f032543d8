"""`liqaa.TransformerModel.v1`: a Hugging Face encoder that reads normalised tokens.

It takes the place of `spacy-transformers.TransformerModel.v3` under the same `transformer`
component and listeners, and differs in four ways: the encoder reads normalised tokens while
the alignment stays exact; windows are cut by wordpieces, so nothing is truncated; embeddings and
lower layers can be frozen; weights are stored as safetensors, never as a pickle.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors.torch
import srsly
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from spacy.tokens import Doc
from spacy.util import registry
from spacy_transformers.data_classes import FullTransformerBatch, HFObjects, WordpieceBatch
from spacy_transformers.layers.hf_shim import HFShim
from spacy_transformers.layers.transformer_model import (
    TransformerModel,
    _convert_transformer_inputs,
    _convert_transformer_outputs,
    set_pytorch_transformer,
)
from thinc.api import Model, get_torch_default_device
from thinc.layers.pytorchwrapper import forward as pytorch_forward
from thinc.types import Ints1d, Ragged
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from liqaa.encoder.shim import SharedPyTorchShim
from liqaa.encoder.text import EncoderText
from liqaa.errors import ModelError

ROWS_AT_ONCE = 32
"""Windows in one forward pass outside training, so that memory stays bounded for long texts."""

MAX_WORDPIECES_OF_TOKEN = 32
"""A longer token (a run of junk) is read by its first wordpieces only."""


class SafetensorsShim(SharedPyTorchShim, HFShim):
    """Thinc shim of a Hugging Face model whose bytes are safetensors, JSON and tokenizer files.

    Args:
        storage_dtype: "float32" or "float16", the precision of the stored weights.
    """

    storage_dtype: str = "float32"

    def to_bytes(self) -> bytes:
        """Configuration, weights and tokenizer as msgpack."""
        model = self._hfmodel
        message: dict[str, Any] = {
            "tokenizer_config": dict(model._init_tokenizer_config),
            "transformer_config": dict(model._init_transformer_config),
        }
        if model.transformer is not None:
            dtype = getattr(torch, self.storage_dtype)
            weights = {
                name: value.detach().to("cpu", dtype if value.is_floating_point() else None)
                for name, value in model.transformer.state_dict().items()
            }
            with tempfile.TemporaryDirectory() as folder:
                model.tokenizer.save_pretrained(folder)
                files = {p.name: p.read_bytes() for p in Path(folder).iterdir() if p.is_file()}
            message |= {
                # Without the folder that it was loaded from and the precision it had there.
                "config": model.transformer.config.to_dict()
                | {"_name_or_path": "", "torch_dtype": None},
                "weights": safetensors.torch.save(
                    {name: value.contiguous() for name, value in weights.items()}
                ),
                "tokenizer": files,
            }
        return cast(bytes, srsly.msgpack_dumps(message))

    def from_bytes(self, bytes_data: bytes) -> "SafetensorsShim":
        """Load what `to_bytes` wrote."""
        message = srsly.msgpack_loads(bytes_data)
        transformer = tokenizer = None
        if "weights" in message:
            with tempfile.TemporaryDirectory() as folder:
                for name, content in message["tokenizer"].items():
                    (Path(folder) / Path(name).name).write_bytes(content)
                # Not by srsly, which writes a small layer_norm_eps as 0.0.
                config_text = json.dumps(message["config"])
                (Path(folder) / "config.json").write_text(config_text, encoding="utf-8")
                config = AutoConfig.from_pretrained(folder)
                tokenizer = AutoTokenizer.from_pretrained(folder)
            config.torch_dtype = None
            with torch.device("meta"):
                transformer = AutoModel.from_config(config)
            weights = {
                name: value.float() if value.is_floating_point() else value
                for name, value in safetensors.torch.load(message["weights"]).items()
            }
            transformer.load_state_dict(weights, strict=False, assign=True)
            _fill_buffers(transformer)
            transformer.to(get_torch_default_device())
            transformer.eval()
        self._hfmodel = HFObjects(
            tokenizer, transformer, None, message["tokenizer_config"], message["transformer_config"]
        )
        self._model = transformer
        return self


def _fill_buffers(transformer: torch.nn.Module) -> None:
    """Give buffers that are not stored (position and type ids) their values."""
    for module in transformer.modules():
        for name, buffer in list(module.named_buffers(recurse=False)):
            if buffer.is_meta:
                ids = torch.arange(buffer.shape[-1]).expand(buffer.shape).clone()
                value = (
                    ids if name == "position_ids" else torch.zeros(buffer.shape, dtype=buffer.dtype)
                )
                module.register_buffer(name, value.to(buffer.dtype), persistent=False)


class ArabicTransformerModel(TransformerModel):
    """The model behind `liqaa.TransformerModel.v1`; see `create_transformer_model`."""

    def __init__(
        self,
        name: str,
        encoder_text: EncoderText,
        *,
        window: int,
        overlap: int,
        frozen_embeddings: bool,
        frozen_layers: int,
        storage_dtype: str,
        tokenizer_config: dict[str, Any],
        transformer_config: dict[str, Any],
        mixed_precision: bool,
        grad_scaler_config: dict[str, Any],
    ) -> None:
        shim = SafetensorsShim(
            HFObjects(None, None, None, tokenizer_config, transformer_config),
            mixed_precision=mixed_precision,
            grad_scaler_config=dict(grad_scaler_config),
        )
        shim.storage_dtype = storage_dtype
        wrapper: Model[Any, Any] = Model(
            "hf-pytorch",
            pytorch_forward,
            attrs={
                "convert_inputs": _convert_transformer_inputs,
                "convert_outputs": _convert_transformer_outputs,
            },
            shims=[shim],
            dims={"nI": None, "nO": None},
        )
        Model.__init__(
            self,
            "transformer",
            forward,
            init=init,
            layers=[wrapper],
            dims={"nO": None},
            attrs={
                "name": name,
                "encoder_text": encoder_text,
                "window": window,
                "overlap": overlap,
                "frozen_embeddings": frozen_embeddings,
                "frozen_layers": frozen_layers,
                "set_transformer": set_pytorch_transformer,
                "has_transformer": False,
                "flush_cache_chance": 0.0,
            },
        )


@registry.architectures("liqaa.TransformerModel.v1")
def create_transformer_model(
    name: str,
    encoder_text: EncoderText,
    window: int = 510,
    overlap: int = 128,
    frozen_embeddings: bool = False,
    frozen_layers: int = 0,
    storage_dtype: str = "float32",
    tokenizer_config: dict[str, Any] = {},  # noqa: B006 (spaCy fills configs from defaults)
    transformer_config: dict[str, Any] = {},  # noqa: B006
    mixed_precision: bool = False,
    grad_scaler_config: dict[str, Any] = {},  # noqa: B006
) -> Model[list[Doc], FullTransformerBatch]:
    """A BERT- or ELECTRA-like encoder over normalised tokens.

    Args:
        name: a Hugging Face folder, or a model's name on the hub.
        encoder_text: maps a token's text to what the encoder reads.
        window: most wordpieces in one forward pass, without the special ones; cut to what the
            encoder's positions allow. A text that fits is read whole.
        overlap: wordpieces of context that neighbouring windows share.
        frozen_embeddings: keep the embeddings as they are.
        frozen_layers: keep that many of the lowest layers as they are.
        storage_dtype: precision of stored weights, "float32" or "float16".
        tokenizer_config: settings of the tokenizer; must give a fast one.
        transformer_config: settings that override the encoder's config.json.
        mixed_precision: train in half precision on a GPU.
        grad_scaler_config: settings of the gradient scaler for mixed precision.
    """
    return ArabicTransformerModel(
        name,
        encoder_text,
        window=window,
        overlap=overlap,
        frozen_embeddings=frozen_embeddings,
        frozen_layers=frozen_layers,
        storage_dtype=storage_dtype,
        tokenizer_config=dict(tokenizer_config),
        transformer_config=dict(transformer_config),
        mixed_precision=mixed_precision,
        grad_scaler_config=dict(grad_scaler_config),
    )


def load_encoder(
    name: str, tokenizer_config: dict[str, Any], transformer_config: dict[str, Any]
) -> HFObjects:
    """Load tokenizer and weights from a folder or the hub.

    Raises:
        ModelError: there is no such folder or hub model, or no hub; says what to do.
    """
    if name.startswith((".", "/", "assets")) and not Path(name).is_dir():
        raise ModelError(
            f"No encoder folder {name}: run `python -m spacy project run encoder`, or set "
            "components.transformer.model.name to a Hugging Face folder."
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **tokenizer_config)
        config = AutoConfig.from_pretrained(name, **transformer_config)
        transformer = AutoModel.from_pretrained(name, config=config, use_safetensors=True)
    except (OSError, ValueError, SafetensorError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(
            f"Encoder {name} cannot be loaded ({first}): without access to the Hugging Face hub, "
            "download it elsewhere, save it with save_pretrained (safetensors), and pass that folder: "
            "--components.transformer.model.name FOLDER."
        ) from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ModelError(f"Encoder {name} has no fast tokenizer; save one with tokenizer.json.")
    transformer.to(get_torch_default_device())
    return HFObjects(tokenizer, transformer, None)


def init(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:
    """Load the encoder's weights, unless the model already holds them."""
    if not model.attrs["has_transformer"]:
        wrapped = cast(TransformerModel, model)
        model.attrs["set_transformer"](
            model,
            load_encoder(
                model.attrs["name"],
                wrapped._init_tokenizer_config,
                wrapped._init_transformer_config,
            ),
        )
    transformer = cast(TransformerModel, model).transformer
    model.set_dim("nO", transformer.config.hidden_size, force=True)


def freeze(model: Model[Any, Any]) -> None:
    """Take the embeddings and layers that stay as they are out of training."""
    transformer = cast(TransformerModel, model).transformer
    if model.attrs["frozen_embeddings"]:
        transformer.embeddings.requires_grad_(False)
    for layer in transformer.encoder.layer[: model.attrs["frozen_layers"]]:
        layer.requires_grad_(False)


@dataclass(frozen=True, slots=True)
class _Window:
    """Wordpieces [start, end) of one text, read in one row of the batch."""

    start: int
    end: int


def cut_windows(starts: NDArray[np.int64], length: int, window: int, overlap: int) -> list[_Window]:
    """Windows of at most `window` wordpieces that begin at token borders and share `overlap`.

    Args:
        starts: wordpiece at which each token begins, ascending.
        length: wordpieces in the text.
        window: most wordpieces in a window.
        overlap: wordpieces that neighbours share.
    """
    if length <= window:
        return [_Window(0, length)]
    windows = []
    at = 0
    while True:
        end = min(at + window, length)
        if end < length:  # end at a token border, if one lies in the second half
            border = int(starts[np.searchsorted(starts, end, side="right") - 1])
            end = border if border > at + window // 2 else end
        windows.append(_Window(at, end))
        if end == length:
            return windows
        wanted = max(end - overlap, at + 1)
        border = int(starts[np.searchsorted(starts, wanted, side="right") - 1])
        at = border if border > at else wanted


@dataclass(frozen=True, slots=True)
class _EncodedDoc:
    """Wordpieces of one text and the range of them that belongs to each token."""

    ids: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    windows: list[_Window]


def encode_docs(
    docs: list[Doc],
    tokenizer: PreTrainedTokenizerFast,
    encoder_text: EncoderText,
    window: int,
    overlap: int,
) -> list[_EncodedDoc]:
    """Wordpieces of the normalised texts, aligned with tokens by character offsets.

    White space is kept as written, so that «الفريق/» reads as it does in running text.
    """
    texts: list[str] = []
    borders: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    for doc in docs:
        words = [encoder_text(token.text) for token in doc]
        gaps = np.fromiter((bool(token.whitespace_) for token in doc), np.int64, len(doc))
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        ends = np.cumsum(lengths + gaps) - gaps
        borders.append((ends - lengths, ends))
        texts.append("".join(w + " " if gap else w for w, gap in zip(words, gaps, strict=True)))
    encodings = tokenizer._tokenizer.encode_batch(texts, add_special_tokens=False)
    encoded = []
    for (begins, ends), encoding in zip(borders, encodings, strict=True):
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        # A piece of white space alone ("▁") belongs to the token that follows it.
        first = np.searchsorted(offsets[:, 1], begins, side="right")
        last = np.searchsorted(offsets[:, 0], ends, side="left")
        last = np.clip(last, first + 1, first + MAX_WORDPIECES_OF_TOKEN)
        ids = np.array(encoding.ids, np.int64)
        if len(begins) and not len(ids):  # a tokenizer that knows none of the characters
            ids = np.array([tokenizer.unk_token_id], np.int64)
        last = np.minimum(last, len(ids))
        first = np.minimum(first, np.maximum(last - 1, 0))
        encoded.append(_EncodedDoc(ids, first, last, cut_windows(first, len(ids), window, overlap)))
    return encoded


def forward(
    model: Model[list[Doc], FullTransformerBatch], docs: list[Doc], is_train: bool
) -> tuple[FullTransformerBatch, Callable[[FullTransformerBatch], list[Doc]]]:
    """Encode a batch; each window is a row, each token averages its wordpieces in one row."""
    wrapped = cast(TransformerModel, model)
    if wrapped.transformer is None:
        raise ModelError(
            "The encoder is not loaded: call nlp.initialize(), or load a trained pipeline."
        )
    if is_train:
        freeze(model)
    tokenizer = wrapped.tokenizer
    positions = getattr(wrapped.transformer.config, "max_position_embeddings", 512)
    window = min(model.attrs["window"], positions - 2)
    overlap = min(model.attrs["overlap"], window // 4)
    encoded = encode_docs(docs, tokenizer, model.attrs["encoder_text"], window, overlap)

    rows = [(e, w) for e in encoded if len(e.ids) for w in e.windows]
    width = max((w.end - w.start for _, w in rows), default=0) + 2
    input_ids = np.full((len(rows), width), tokenizer.pad_token_id, np.int64)
    mask = np.zeros((len(rows), width), np.float32)
    for i, (e, w) in enumerate(rows):
        n = w.end - w.start
        input_ids[i, 0] = tokenizer.cls_token_id
        input_ids[i, 1 : n + 1] = e.ids[w.start : w.end]
        input_ids[i, n + 1] = tokenizer.sep_token_id
        mask[i, : n + 2] = 1

    indices: list[NDArray[np.int64]] = []
    lengths: list[NDArray[np.int64]] = []
    row = 0
    for doc, e in zip(docs, encoded, strict=True):
        if not len(doc):
            continue
        begin = np.array([w.start for w in e.windows])
        end = np.array([w.end for w in e.windows])
        # Of the windows that hold a token, take the one that gives it most context.
        margin = np.minimum(e.first[:, None] - begin, end - e.last[:, None])
        holds = (begin <= e.first[:, None]) & (e.first[:, None] < end)
        chosen = np.argmax(np.where(holds, margin, -len(e.ids) - 1), axis=1)
        first, last = e.first, np.minimum(e.last, end[chosen])
        counts = np.maximum(last - first, 1)
        base = (row + chosen) * width + 1 + first - begin[chosen]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        indices.append(np.repeat(base, counts) + within)
        lengths.append(counts)
        row += len(e.windows)
    flat = np.concatenate(indices) if indices else np.zeros(0, np.int64)
    align = Ragged(
        cast(Ints1d, flat.astype("i")),
        cast(Ints1d, (np.concatenate(lengths) if lengths else np.zeros(0)).astype("i")),
    )
    wordpieces = WordpieceBatch(
        # One entry a row: the listeners read ids and alignment, never the strings.
        strings=[[] for _ in rows],
        input_ids=cast(Any, input_ids),
        attention_mask=cast(Any, mask),
        lengths=[w.end - w.start + 2 for _, w in rows],
        token_type_ids=None,
    )
    if is_train or len(rows) <= ROWS_AT_ONCE:
        output, backprop_encoder = model.layers[0](wordpieces, is_train)
        model_output = type(output)(last_hidden_state=output.last_hidden_state)
    else:
        parts = [
            model.layers[0].predict(wordpieces[i : i + ROWS_AT_ONCE])
            for i in range(0, len(rows), ROWS_AT_ONCE)
        ]
        hidden = torch.cat([part.last_hidden_state for part in parts])
        model_output = type(parts[0])(last_hidden_state=hidden)
        backprop_encoder = None
    batch = FullTransformerBatch(
        # spacy-transformers splits the batch by these; it needs one span a row.
        spans=[
            [doc[:]] * len(e.windows) if len(e.ids) else []
            for doc, e in zip(docs, encoded, strict=True)
        ],
        wordpieces=wordpieces,
        model_output=model_output,
        align=align,
    )

    def backprop(d_batch: FullTransformerBatch) -> list[Doc]:
        if model_output.last_hidden_state.requires_grad:  # not if every layer is frozen
            backprop_encoder(d_batch.model_output)
        return docs

    return batch, backprop
