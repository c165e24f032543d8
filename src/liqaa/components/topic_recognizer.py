"""`topic_recognizer`: what was discussed, as spans in `doc.spans["topics"]`.

Topics are long noun phrases that contain entities, so they cannot live in `doc.ents`. The
component tags each token B, I or O over the shared encoder and decodes the best legal sequence.
"""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from spacy.errors import Errors
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import (
    Config,
    Linear,
    Maxout,
    Model,
    Optimizer,
    chain,
    set_dropout_rate,
    with_array,
)
from thinc.types import Floats2d

from liqaa.ontology import TOPIC_LABEL, TOPICS_KEY

OUTSIDE, BEGIN, INSIDE = 0, 1, 2

DEFAULT_CONFIG = """
[model]
@architectures = "liqaa.TopicTagger.v1"
hidden_width = 128
dropout = 0.3

[model.tok2vec]
@architectures = "spacy-transformers.TransformerListener.v1"
grad_factor = 1.0

[model.tok2vec.pooling]
@layers = "reduce_mean.v1"
"""
DEFAULT_MODEL = Config().from_str(DEFAULT_CONFIG)["model"]


@registry.architectures("liqaa.TopicTagger.v1")
def create_topic_tagger(
    tok2vec: Model[list[Doc], list[Floats2d]], hidden_width: int, dropout: float
) -> Model[list[Doc], list[Floats2d]]:
    """Token scores of O, B and I.

    Args:
        tok2vec: token vectors, one row a token.
        hidden_width: width of the hidden layer.
        dropout: dropout rate of the hidden layer in training.
    """
    nO = tok2vec.get_dim("nO") if tok2vec.has_dim("nO") else None
    tagger: Model[Floats2d, Floats2d] = chain(
        Maxout(nO=hidden_width, nI=nO, nP=2, normalize=True, dropout=dropout),
        Linear(nO=3, nI=hidden_width),
    )
    model = chain(tok2vec, with_array(tagger))
    model.set_ref("tok2vec", tok2vec)
    return cast("Model[list[Doc], list[Floats2d]]", model)


def topic_scores(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Exact-span precision, recall and F1 of topics, as `topics_p`, `topics_r`, `topics_f`."""
    scores = Scorer.score_spans(
        examples,
        attr=f"spans_{TOPICS_KEY}",
        getter=lambda doc, _: doc.spans.get(TOPICS_KEY, []),
        has_annotation=lambda doc: TOPICS_KEY in doc.spans,
        allow_overlap=True,
        labeled=True,
    )
    return {f"topics_{key}": scores.get(f"spans_{TOPICS_KEY}_{key}") for key in "prf"}


@registry.scorers("liqaa.topic_scorer.v1")
def create_topic_scorer() -> Callable[..., dict[str, Any]]:
    """Scorer of topic spans."""
    return topic_scores


@Language.factory(
    "topic_recognizer",
    assigns=["doc.spans"],
    default_config={"model": DEFAULT_MODEL, "scorer": {"@scorers": "liqaa.topic_scorer.v1"}},
    default_score_weights={"topics_f": 1.0, "topics_p": 0.0, "topics_r": 0.0},
)
def create_topic_recognizer(
    nlp: Language,
    name: str,
    model: Model[list[Doc], list[Floats2d]],
    scorer: Callable[..., dict[str, Any]],
) -> "TopicRecognizer":
    """Factory of the topic recognizer."""
    return TopicRecognizer(nlp.vocab, model, name, scorer=scorer)


def decode(scores: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Best legal tag sequence as spans.

    Args:
        scores: (tokens, 3) scores of O, B, I.

    Returns:
        [start, end) token indices, in order.
    """
    n = len(scores)
    if not n:
        return []
    total = scores.astype(np.float64)
    back = np.zeros((n, 3), np.int64)
    best = total[0].copy()
    best[INSIDE] = -np.inf  # I follows B or I only
    for i in range(1, n):
        any_best = int(np.argmax(best))
        inside_from = BEGIN if best[BEGIN] >= best[INSIDE] else INSIDE
        back[i] = any_best, any_best, inside_from
        best = np.array([best[any_best], best[any_best], best[inside_from]]) + total[i]
    tags = [int(np.argmax(best))]
    for i in range(n - 1, 0, -1):
        tags.append(int(back[i, tags[-1]]))
    tags.reverse()
    spans: list[tuple[int, int]] = []
    for i, tag in enumerate(tags):
        if tag == BEGIN:
            spans.append((i, i + 1))
        elif tag == INSIDE:
            spans[-1] = (spans[-1][0], i + 1)
    return spans


class TopicRecognizer(TrainablePipe):
    """Trainable component that sets `doc.spans["topics"]`."""

    def __init__(
        self,
        vocab: Vocab,
        model: Model[list[Doc], list[Floats2d]],
        name: str = "topic_recognizer",
        *,
        scorer: Callable[..., dict[str, Any]] | None = topic_scores,
    ) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.cfg: dict[str, Any] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The label this component sets."""
        return (TOPIC_LABEL,)

    @property
    def label_data(self) -> list[str]:
        """Labels for `spacy init labels`."""
        return [TOPIC_LABEL]

    def add_label(self, label: str) -> int:
        """There is one label, and it is there."""
        return 0

    def _require_initialized(self) -> None:
        tagger = self.model.layers[1]
        if not all(node.has_param(name) for node in tagger.walk() for name in node.param_names):
            raise ValueError(Errors.E109.format(name=self.name))

    def predict(self, docs: Iterable[Doc]) -> list[Floats2d]:
        """Tag scores, one (tokens, 3) array a doc."""
        self._require_initialized()
        docs = list(docs)
        if not any(len(doc) for doc in docs):
            return [self.model.ops.alloc2f(0, 3) for _ in docs]
        return self.model.predict(docs)

    def set_annotations(self, docs: Iterable[Doc], scores: list[Floats2d]) -> None:
        """Write the best spans to `doc.spans["topics"]`."""
        for doc, doc_scores in zip(docs, scores, strict=True):
            spans = decode(self.model.ops.to_numpy(doc_scores)) if len(doc) else []
            doc.spans[TOPICS_KEY] = [
                Span(doc, start, end, label=TOPIC_LABEL) for start, end in spans
            ]

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """One training step over a batch."""
        self._require_initialized()
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "TopicRecognizer.update")
        docs = [example.predicted for example in examples]
        if not any(len(doc) for doc in docs):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(docs)
        loss, gradients = self.get_loss(examples, scores)
        backprop(gradients)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(
        self, examples: Iterable[Example], scores: list[Floats2d]
    ) -> tuple[float, list[Floats2d]]:
        """Cross-entropy of the tags, summed over tokens as spaCy's `ner` does."""
        loss = 0.0
        gradients = []
        for example, doc_scores in zip(examples, scores, strict=True):
            gold = np.zeros(len(doc_scores), np.int64)
            for span in example.get_aligned_spans_y2x(
                example.reference.spans.get(TOPICS_KEY, []), allow_overlap=True
            ):
                gold[span.start] = BEGIN
                gold[span.start + 1 : span.end] = INSIDE
            truth = self.model.ops.xp.eye(3, dtype="f")[self.model.ops.asarray(gold)]
            probabilities = self.model.ops.softmax(doc_scores)
            loss -= float((truth * self.model.ops.xp.log(probabilities + 1e-9)).sum())
            gradients.append(probabilities - truth)
        return loss, gradients

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: list[str] | None = None,
    ) -> None:
        """Set up the layers from a sample of the data."""
        validate_get_examples(get_examples, "TopicRecognizer.initialize")
        docs = [example.x for example in islice(get_examples(), 10)]
        if not docs:
            raise ValueError(Errors.E923.format(name=self.name))
        self.model.initialize(X=docs)
