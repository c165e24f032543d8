"""Fixtures: a blank pipeline, a tiny random AraBERT, and a handful of annotated articles."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import Optimizer, fix_random_seed

os.environ["HF_HUB_OFFLINE"] = "1"  # before anything imports huggingface_hub

from liqaa.corpus.article import AnnotatedArticle
from liqaa.corpus.check import blank_pipeline
from liqaa.corpus.docs import article_to_doc
from liqaa.corpus.markup import parse
from liqaa.encoder.optimizer import create_two_rate_adam

EXAMPLE_MARKUP = """
=== visit
origin: authored
published: 2026-01-14
countries: EG LY
---
[M1:استقبل] [T1:الرئيس] [P1:عبد الفتاح السيسي] [D1:اليوم] [T2:المشير] [P2:خليفة حفتر] في [F1:قصر الاتحادية].
وتناول [M2:اللقاء] [K1:سبل تعزيز التعاون بين [G1:مصر] [G2:وليبيا]] [K2:والأوضاع في المنطقة].
% اقرأ أيضا: أسعار الذهب
---
M1 HOST P1 GUEST P2 HELD_IN F1 HELD_ON D1
M2 SAME_AS M1 DISCUSSED K1 K2
P1 HAS_TITLE T1
P2 HAS_TITLE T2

=== army
origin: authored
published: 2026-02-02
countries: EG LY
---
[M1:التقى] [T1:الفريق أول]/ [P1:عبد المجيد صقر] [O1:القائد العام] [B1:للقوات المسلحة]، [P2:صدام حفتر] [O2:نائب القائد العام] [B2:للجيش الوطني الليبي].
وبحث [M2:اللقاء] [K1:تأمين الحدود].
---
M1 PARTICIPANT P1 P2
M2 SAME_AS M1 DISCUSSED K1
P1 HAS_TITLE T1 HOLDS O1
P2 HOLDS O2
O1 OF B1
O2 OF B2

=== later
origin: authored
published: 2026-03-05
countries: EG JO
---
من المقرر أن [M1:يلتقي] [O1:وزير الخارجية] [P1:بدر عبد العاطي] [P2:أيمن الصفدي] في [G1:عمان] [D1:غدا].
---
M1 PARTICIPANT P1 P2 HELD_IN G1 HELD_ON D1
M1 is planned
P1 HOLDS O1

=== denied
origin: authored
published: 2026-03-06
countries: SD
---
نفى [P1:عبد الفتاح البرهان] [M1:لقاءه] [P2:محمد حمدان دقلو]، وقال [P3:البرهان]: لم أر [P4:دقلو].
---
M1 PARTICIPANT P1 P2
M1 is denied
P3 SAME_AS P1
P4 SAME_AS P2

=== none
origin: authored
published: 2026-03-07
countries: EG
---
التقى الفريقان في نهائي الكأس، وارتفعت أسعار الذهب في [G1:القاهرة].
---
"""

STEPS = 150
"""More than the tiny encoder needs to learn the examples by heart."""

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ARABERT_TOKENS = ("[رابط]", "[مستخدم]")


@pytest.fixture(scope="session")
def blank() -> Language:
    """An untrained Arabic pipeline with the project's tokenizer."""
    return blank_pipeline()


@pytest.fixture(scope="session")
def example_articles() -> list[AnnotatedArticle]:
    """A handful of annotated articles: talks, a visit, a planned and a denied meeting, none."""
    return list(parse(EXAMPLE_MARKUP, "example"))


@pytest.fixture(scope="session")
def example_docs(blank: Language, example_articles: list[AnnotatedArticle]) -> list[Doc]:
    """The example articles as annotated docs."""
    return [article_to_doc(article, blank) for article in example_articles]


@pytest.fixture(scope="session")
def tiny_encoder(
    tmp_path_factory: pytest.TempPathFactory,
    blank: Language,
    example_articles: list[AnnotatedArticle],
) -> Path:
    """A folder with a random BERT of two layers, saved as AraBERT is."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder") / "tiny-arabert"
    folder.mkdir()
    texts = [article.text for article in example_articles]
    letters = sorted(
        {*"ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ0123456789./:«»،؟#_@-"}
        | {*"".join(texts)} - {*" \n"}
    )
    words = Counter(
        token.text for text in texts for token in blank.make_doc(text) if len(token) > 1
    )
    frequent = sorted(word for word, count in words.items() if count > 1)
    vocabulary = [
        *SPECIAL_TOKENS,
        *ARABERT_TOKENS,
        *letters,
        *(f"##{c}" for c in letters),
        *frequent,
    ]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    tokenizer = BertTokenizerFast(
        vocab_file=str(folder / "vocab.txt"),
        do_lower_case=False,
        strip_accents=False,
        additional_special_tokens=list(ARABERT_TOKENS),
        model_max_length=512,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    BertModel(config).save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The networks are so small that threads cost more than they bring."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def make_examples(example_docs: list[Doc]) -> Callable[[Language], list[Example]]:
    """Makes fresh training examples of the example docs for a pipeline."""

    def make(nlp: Language) -> list[Example]:
        bins = DocBin(docs=example_docs, store_user_data=True)
        return [Example(nlp.make_doc(doc.text), doc) for doc in bins.get_docs(nlp.vocab)]

    return make


@pytest.fixture(scope="session")
def trained(
    make_pipeline: Callable[..., Language], make_examples: Callable[[Language], list[Example]]
) -> Language:
    """The pipeline over the tiny encoder, trained until it knows the example docs by heart."""
    fix_random_seed(1)
    nlp = make_pipeline()
    nlp.initialize(lambda: make_examples(nlp))
    optimizer = create_two_rate_adam(5e-3, encoder_scale=0.5, L2=0.0)
    for step in range(1, STEPS + 1):
        learn_step(nlp, make_examples(nlp), optimizer)
        if step % 10 == 0:
            scores = nlp.evaluate(make_examples(nlp))
            if min(scores[k] for k in ("ents_f", "topics_f", "rels_f", "status_f")) > 0.99:
                break
    return nlp


@pytest.fixture(scope="session")
def make_pipeline(tiny_encoder: Path) -> Callable[..., Language]:
    """Makes the base config's pipeline over the tiny encoder, not initialized."""
    return lambda **settings: build_pipeline(tiny_encoder, **settings)


def learn_step(nlp: Language, examples: list[Example], optimizer: Optimizer) -> None:
    """One step as `spacy train` does it: all gradients first, then all updates.

    `nlp.update(sgd=optimizer)` would update the encoder before its gradient has come.
    """
    nlp.update(examples, sgd=False, drop=0.0)
    for _, component in nlp.pipeline:
        if hasattr(component, "finish_update"):
            component.finish_update(optimizer)


@pytest.fixture(scope="session")
def learn() -> Callable[[Language, list[Example], Optimizer], None]:
    """`learn_step`, for tests."""
    return learn_step


def build_pipeline(encoder: Path, **model_settings: Any) -> Language:
    """The components of configs/base.cfg over an encoder folder."""
    nlp = blank_pipeline()
    nlp.config["nlp"]["tokenizer"] = {"@tokenizers": "liqaa.ArabicNewsTokenizer.v1"}
    nlp.add_pipe("liqaa_sentence_splitter")
    model = {
        "@architectures": "liqaa.TransformerModel.v1",
        "name": str(encoder),
        "encoder_text": {"@misc": "liqaa.AraBertText.v1"},
        "storage_dtype": "float32",
        "tokenizer_config": {"use_fast": True},
        "transformer_config": {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
        **model_settings,
    }
    nlp.add_pipe("transformer", config={"model": model})
    listener = {
        "@architectures": "spacy-transformers.TransformerListener.v1",
        "grad_factor": 1.0,
        "pooling": {"@layers": "reduce_mean.v1"},
    }
    ner = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": False,
        "nO": None,
        "tok2vec": listener,
    }
    nlp.add_pipe("ner", config={"model": ner})
    nlp.add_pipe("topic_recognizer")
    nlp.add_pipe("relation_extractor")
    nlp.add_pipe("meetings")
    nlp.add_pipe("doc_cleaner", config={"attrs": {"_.trf_data": None}})
    return nlp
