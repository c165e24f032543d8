"""The encoder reads normalised tokens, and every token finds its own wordpieces again."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from spacy.language import Language
from spacy.training import Example
from thinc.api import Model, Optimizer, fix_random_seed

from liqaa.corpus.check import blank_pipeline
from liqaa.encoder.optimizer import create_two_rate_adam
from liqaa.encoder.text import EMPTY, EncoderText, create_arabert_text, create_plain_text
from liqaa.encoder.transformer_model import (
    MAX_WORDPIECES_OF_TOKEN,
    create_transformer_model,
    cut_windows,
    load_encoder,
)
from liqaa.errors import ModelError

TOKENIZER_ONLY = blank_pipeline()
HARD_TEXTS = [
    "",
    " ",
    "\n\n",
    "محمد",
    "قوّات منْع اليومَ شكرًا",
    'اقــرأ أيضاً ـ بـ"المتطرفة"',
    "\u200fمحمد\u200f \u202bحفتر\u202c، \u200f",
    "ﻣﺤﻤﺪ ﻻ ﷲ ﷺ",
    "قال😀محمد 👍🏽 🫡 🏴\u200d☠️",
    "\ufffd",
    "محمد\ufffd \x07\ue000 علي",
    "١٢/٥/٢٠٢٥ عام2026م 1,500",
    "#رئيس_أركان_الجيش_المصري التقى المشير/ خليفة حفتر",
    "انظر https://liqaa.org/a @user_1 ثم",
    "جووووول " + "ب" * 400,
    "ابتث" * 30 + " محمد",
    "استقبل الرئيس السيسي اليوم المشير خليفة حفتر في القاهرة. " * 12,
    "中文 ελλ Ünï\u0301 \u0301",
]
TEXTS = st.lists(
    st.text(alphabet="ابتمحدـ\u064b\u200f\ufffd\x07 \n.,/«😀ﻣ123٢@a", max_size=60),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("محمد", "محمد"),
        ("قوّات", "قوات"),
        ("اقــرأ", "اقرأ"),
        ("أحمد", "أحمد"),  # hamza is what the encoder was trained on
        ("ﻣﺤﻤﺪ", "محمد"),
        ("\u200fمحمد", "محمد"),
        ("\u200f", EMPTY),
        ("\u064b", EMPTY),
        ("ـ", EMPTY),
        (" ", EMPTY),
        ("\n", EMPTY),
        ("\ufffd", EMPTY),
        ("\ue000", EMPTY),
        ("١٢٣", "123"),
        ("جووووول", "جوول"),
        ("1000000", "1000000"),
        ("😀", "😀"),
        ("ﷲ", "الله"),
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert create_plain_text()(text) == plain


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("https://liqaa.org/a", "[رابط]"),
        ("http://liqaa.org", "[رابط]"),
        ("www.liqaa.org", "[رابط]"),
        ("@MFA_Egypt", "[مستخدم]"),
        ("@", "@"),
        ("قوّات", "قوات"),
        ("\u200f", EMPTY),
    ],
)
def test_arabert_text(text: str, cleaned: str) -> None:
    # The space sets digits, punctuation and emoji apart, as AraBERT's preprocessor does.
    assert create_arabert_text()(text) == cleaned + " "


@given(st.text())
def test_encoder_text_is_never_empty(text: str) -> None:
    assert create_plain_text()(text)
    assert create_arabert_text()(text).strip()


@pytest.fixture(scope="module")
def encoder(tiny_encoder: Path) -> Callable[..., Model[Any, Any]]:
    """Makes an initialized transformer model over the tiny encoder."""

    def make(text: EncoderText | None = None, **settings: Any) -> Model[Any, Any]:
        model = create_transformer_model(
            str(tiny_encoder), text or create_arabert_text(), **settings
        )
        model.initialize()
        return model

    return make


@pytest.fixture(scope="module")
def arabert(encoder: Callable[..., Model[Any, Any]]) -> Model[Any, Any]:
    return encoder()


def pieces_of_tokens(model: Model[Any, Any], texts: list[str]) -> list[tuple[str, list[int]]]:
    """Each token of a batch with the wordpiece ids that the forward pass aligned with it."""
    docs = [TOKENIZER_ONLY.make_doc(text) for text in texts]
    batch = model.predict(docs)
    tokens = [token.text for doc in docs for token in doc]
    assert len(batch.align.lengths) == len(tokens)
    return list(zip(tokens, _split(batch), strict=True))


def _split(batch: Any) -> list[list[int]]:
    """Wordpiece ids of each token, through the per-doc data that the listeners get."""
    found = []
    for data in batch.doc_data:
        if not len(data.align.lengths):
            continue
        ids = np.asarray(data.wordpieces.input_ids).ravel()
        at = 0
        for length in data.align.lengths:
            found.append(
                [int(i) for i in ids[np.asarray(data.align.data)[at : at + length].ravel()]]
            )
            at += length
    return found


def assert_exact(model: Model[Any, Any], texts: list[str]) -> None:
    tokenizer = model.tokenizer._tokenizer
    clean = model.attrs["encoder_text"]
    for text, ids in pieces_of_tokens(model, texts):
        wanted = tokenizer.encode(clean(text), add_special_tokens=False).ids
        if wanted:  # else the tokenizer has nothing for it, and a neighbour stands in
            assert ids == wanted[:MAX_WORDPIECES_OF_TOKEN], text
        assert len(ids) > 0


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_wordpieces_spell_their_token(arabert: Model[Any, Any], text: str) -> None:
    assert_exact(arabert, [text])


def test_batch_of_empty_and_long_docs(arabert: Model[Any, Any]) -> None:
    assert_exact(arabert, HARD_TEXTS)
    assert_exact(arabert, list(reversed(HARD_TEXTS)))


@given(TEXTS)
@settings(deadline=None, max_examples=60)
def test_any_batch_is_aligned(arabert: Model[Any, Any], texts: list[str]) -> None:
    assert_exact(arabert, texts)


@pytest.mark.parametrize(("window", "overlap"), [(48, 12), (40, 0), (62, 62)])
def test_small_windows_keep_the_alignment(
    encoder: Callable[..., Model[Any, Any]], window: int, overlap: int
) -> None:
    assert_exact(encoder(window=window, overlap=overlap), HARD_TEXTS)


def test_a_window_smaller_than_a_token_stays_in_its_row(
    encoder: Callable[..., Model[Any, Any]],
) -> None:
    model = encoder(window=10, overlap=2)
    special = set(model.tokenizer.all_special_ids) - {model.tokenizer.unk_token_id}
    for text, ids in pieces_of_tokens(model, ["ابتثجح" * 5, "محمد", "ابتثجح" * 5 + " علي"]):
        first = model.tokenizer._tokenizer.encode(text, add_special_tokens=False).ids[0]
        assert not special & set(ids)
        assert first in ids


def test_plain_text_keeps_white_space_as_written(encoder: Callable[..., Model[Any, Any]]) -> None:
    model = encoder(create_plain_text())
    tokenizer = model.tokenizer
    for text, ids in pieces_of_tokens(model, ["عام2026م، المشير/ خليفة", "قوّات 12/5"]):
        spelled = "".join(tokenizer.convert_ids_to_tokens(i).removeprefix("##") for i in ids)
        assert spelled == create_plain_text()(text)


def test_emoji_leaves_its_neighbour_readable(arabert: Model[Any, Any]) -> None:
    unknown = arabert.tokenizer.unk_token_id
    name, emoji = pieces_of_tokens(arabert, ["محمد😀"])
    assert unknown not in name[1]
    assert emoji[1] == [unknown]


def test_link_and_mention_are_single_pieces(arabert: Model[Any, Any]) -> None:
    found = dict(pieces_of_tokens(arabert, ["انظر https://liqaa.org/a @user_1 ثم"]))
    convert = arabert.tokenizer.convert_tokens_to_ids
    assert found["https://liqaa.org/a"] == [convert("[رابط]")]
    assert found["@user_1"] == [convert("[مستخدم]")]


def test_spelling_does_not_change_the_vectors(arabert: Model[Any, Any]) -> None:
    docs = [TOKENIZER_ONLY.make_doc(t) for t in ("التقى محمد في 2026", "التَقى ﻣﺤﻤﺪ فـي ٢٠٢٦")]
    one, other = (arabert.predict([doc]).doc_data[0].tensors[0] for doc in docs)
    np.testing.assert_array_equal(one, other)


@st.composite
def _windows(draw: st.DrawFn) -> tuple[list[int], int, int, int]:
    window = draw(st.integers(4, 60))
    overlap = draw(st.integers(0, window // 4))
    sizes = draw(st.lists(st.integers(1, 90), min_size=1, max_size=60))
    starts = np.cumsum([0, *sizes])
    return [int(s) for s in starts[:-1]], int(starts[-1]), window, overlap


@given(_windows())
def test_windows(case: tuple[list[int], int, int, int]) -> None:
    starts, length, window, overlap = case
    windows = cut_windows(np.array(starts), length, window, overlap)
    assert windows[0].start == 0
    assert windows[-1].end == length
    for w in windows:
        assert 0 < w.end - w.start <= window
    for before, after in itertools.pairwise(windows):
        wanted = max(before.end - overlap, before.start + 1)
        assert before.start < after.start <= wanted  # goes on, and shares the overlap
        borders = [s for s in starts if before.start < s <= wanted]
        assert after.start == (borders[-1] if borders else wanted)
        late = [s for s in starts if before.start + window // 2 < s <= before.start + window]
        assert before.end == (late[-1] if late else before.start + window)


def test_a_text_that_fits_is_one_window() -> None:
    assert len(cut_windows(np.array([0, 5]), 10, 10, 2)) == 1
    assert len(cut_windows(np.zeros(0, np.int64), 0, 10, 2)) == 1


def test_long_text_is_read_to_its_end(arabert: Model[Any, Any]) -> None:
    doc = TOKENIZER_ONLY.make_doc("التقى محمد عليا في القاهرة اليوم. " * 100)
    data = arabert.predict([doc]).doc_data[0]
    assert len(data.align.lengths) == len(doc)
    assert data.tensors[0].shape[1] <= 64
    assert (np.asarray(data.align.lengths) > 0).all()


def parameters(nlp: Language) -> dict[str, Any]:
    transformer = nlp.get_pipe("transformer").model.transformer
    return {name: value.detach().clone() for name, value in transformer.named_parameters()}


def test_frozen_parts_stay_and_others_learn(
    make_pipeline: Callable[..., Language],
    make_examples: Callable[[Language], list[Example]],
    learn: Callable[[Language, list[Example], Optimizer], None],
) -> None:
    nlp = make_pipeline(frozen_embeddings=True, frozen_layers=1)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = parameters(nlp)
    learn(nlp, examples, create_two_rate_adam(1e-2, encoder_scale=1.0))
    changed = {name for name, value in parameters(nlp).items() if not value.equal(before[name])}
    assert not [name for name in changed if name.startswith(("embeddings.", "encoder.layer.0."))]
    weights = {n for n in before if n.startswith("encoder.layer.1.") and n.endswith("dense.weight")}
    assert len(weights) == 3
    assert weights <= changed


def test_a_wholly_frozen_encoder_still_serves_the_heads(
    make_pipeline: Callable[..., Language],
    make_examples: Callable[[Language], list[Example]],
    learn: Callable[[Language, list[Example], Optimizer], None],
) -> None:
    nlp = make_pipeline(frozen_embeddings=True, frozen_layers=12)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    encoder, heads = parameters(nlp), nlp.get_pipe("relation_extractor").model.to_bytes()
    learn(nlp, examples, create_two_rate_adam(1e-2))
    learn(nlp, examples, create_two_rate_adam(1e-2))
    assert all(value.equal(encoder[name]) for name, value in parameters(nlp).items())
    assert nlp.get_pipe("relation_extractor").model.to_bytes() != heads


def test_nothing_is_frozen_unless_asked_for(
    make_pipeline: Callable[..., Language],
    make_examples: Callable[[Language], list[Example]],
    learn: Callable[[Language, list[Example], Optimizer], None],
) -> None:
    nlp = make_pipeline()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    before = parameters(nlp)
    learn(nlp, examples, create_two_rate_adam(1e-2, encoder_scale=1.0))
    changed = {name for name, value in parameters(nlp).items() if not value.equal(before[name])}
    assert "embeddings.word_embeddings.weight" in changed
    assert "encoder.layer.0.output.dense.weight" in changed


def test_two_rates_by_parameter_name() -> None:
    optimizer = create_two_rate_adam(0.1, encoder_scale=0.25, L2=0.0)
    steps = {}
    names = ("encoder.layer.0.output.dense.weight", "embeddings.word_embeddings.weight", "pooler.dense.bias",
             "W", "head.weight", "features.0.weight")  # fmt: skip
    for i, name in enumerate(names):
        weights = np.ones((4,), "f")
        weights, _ = optimizer((i, name), weights, np.full((4,), 0.5, "f"))
        steps[name] = float(1 - weights[0])
    assert all(steps[name] == pytest.approx(0.025, rel=1e-3) for name in names[:3])
    assert all(steps[name] == pytest.approx(0.1, rel=1e-3) for name in names[3:])


def test_two_rates_in_a_pipeline(
    make_pipeline: Callable[..., Language],
    make_examples: Callable[[Language], list[Example]],
    learn: Callable[[Language, list[Example], Optimizer], None],
) -> None:
    nlp = make_pipeline()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    pairs = nlp.get_pipe("relation_extractor").model.shims[0]._model
    encoder_before = parameters(nlp)
    heads_before = {n: v.detach().clone() for n, v in pairs.named_parameters()}
    learn(nlp, examples, create_two_rate_adam(0.01, encoder_scale=0.1, L2=0.0))
    # Adam's first step is as long as its rate.
    encoder = max(
        float((v.detach() - encoder_before[n]).abs().max()) for n, v in parameters(nlp).items()
    )
    heads = max(
        float((v.detach() - heads_before[n]).abs().max()) for n, v in pairs.named_parameters()
    )
    assert encoder == pytest.approx(0.001, rel=0.05)
    assert heads == pytest.approx(0.01, rel=0.05)


def vectors(model: Model[Any, Any]) -> Any:
    docs = [TOKENIZER_ONLY.make_doc(text) for text in ("التقى محمد عليا.", "استقبل الرئيس " * 40)]
    return model.predict(docs).doc_data


def assert_same_vectors(
    one: Model[Any, Any], other: Model[Any, Any], tolerance: float = 0.0
) -> None:
    for a, b in zip(vectors(one), vectors(other), strict=True):
        np.testing.assert_allclose(a.tensors[0], b.tensors[0], rtol=0, atol=tolerance)


def assert_no_pickle(data: bytes) -> None:
    assert b"PK\x03\x04" not in data
    assert b"data.pkl" not in data
    assert b"torch._utils" not in data
    assert b'"dtype":"F' in data  # a safetensors header


def test_bytes_round_trip(arabert: Model[Any, Any], tiny_encoder: Path) -> None:
    data = arabert.to_bytes()
    assert_no_pickle(data)
    copy = create_transformer_model("nowhere", create_arabert_text()).from_bytes(data)
    assert_same_vectors(arabert, copy)
    assert copy.to_bytes() == data
    copy.initialize()  # keeps what it holds, and does not look for a folder
    assert_same_vectors(arabert, copy)


def test_configuration_is_kept_exactly(arabert: Model[Any, Any]) -> None:
    copy = create_transformer_model("nowhere", create_arabert_text()).from_bytes(arabert.to_bytes())
    one, other = (model.transformer.config.to_dict() for model in (arabert, copy))
    assert other["layer_norm_eps"] == 1e-12
    changed = {key for key in one if one[key] != other.get(key)}
    assert changed <= {"_name_or_path", "torch_dtype"}


def test_half_precision_is_smaller_and_close(encoder: Callable[..., Model[Any, Any]]) -> None:
    full, half = encoder(), encoder(storage_dtype="float16")
    data = half.to_bytes()
    assert b'"dtype":"F16"' in data
    assert len(data) < len(full.to_bytes())
    copy = create_transformer_model("nowhere", create_arabert_text()).from_bytes(data)
    assert_same_vectors(full, copy, tolerance=0.01)


def test_disk_round_trip(
    make_pipeline: Callable[..., Language],
    make_examples: Callable[[Language], list[Example]],
    learn: Callable[[Language, list[Example], Optimizer], None],
    tmp_path: Path,
) -> None:
    nlp = make_pipeline()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    learn(nlp, examples, create_two_rate_adam(1e-2))
    pipe = nlp.get_pipe("transformer")
    pipe.to_disk(tmp_path / "transformer")
    stored = [p for p in (tmp_path / "transformer").rglob("*") if p.is_file()]
    assert_no_pickle(b"".join(p.read_bytes() for p in stored))
    copy = make_pipeline(name="nowhere").get_pipe("transformer")
    copy.from_disk(tmp_path / "transformer")
    assert_same_vectors(pipe.model, copy.model)


def test_a_loaded_encoder_learns_on(
    make_pipeline: Callable[..., Language],
    make_examples: Callable[[Language], list[Example]],
    learn: Callable[[Language, list[Example], Optimizer], None],
) -> None:
    fix_random_seed(0)
    nlp = make_pipeline()
    nlp.initialize(lambda: make_examples(nlp))
    learn(nlp, make_examples(nlp), create_two_rate_adam(1e-2))
    copy = make_pipeline().from_bytes(nlp.to_bytes())
    before = parameters(copy)
    learn(copy, make_examples(copy), create_two_rate_adam(1e-2))
    assert any(not value.equal(before[name]) for name, value in parameters(copy).items())


def test_not_initialized() -> None:
    model = create_transformer_model("nowhere", create_arabert_text())
    with pytest.raises(ModelError, match="not loaded: call"):
        model.predict([TOKENIZER_ONLY.make_doc("محمد")])


@pytest.mark.parametrize(
    "name", ["/no/such/folder", "./nowhere", "assets/nowhere", "liqaa-tests/no-such-model"]
)
def test_missing_encoder(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_encoder(name, {}, {})
    message = str(caught.value)
    assert name in message
    assert "\n" not in message
    assert "folder" in message.lower()


@pytest.mark.parametrize("damage", ["truncate", "remove", "config"])
def test_damaged_encoder(tiny_encoder: Path, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_encoder, folder)
    weights = folder / "model.safetensors"
    if damage == "truncate":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "remove":
        weights.unlink()
    else:
        (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load_encoder(str(folder), {}, {})
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_are_those_of_the_folder(arabert: Model[Any, Any], tiny_encoder: Path) -> None:
    stored = load_file(tiny_encoder / "model.safetensors")
    held = arabert.transformer.state_dict()
    for name, value in stored.items():
        assert held[name].equal(value), name
