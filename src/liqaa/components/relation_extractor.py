"""`relation_extractor`: typed relations between the spans of a doc, in `doc._.relations`.

The same layers tell of each MEETING mention whether the meeting is planned, cancelled or denied:
a mention is paired with itself, and the pair's further outputs are the statuses.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import safetensors.torch
import srsly
import torch
from numpy.typing import NDArray
from spacy import util
from spacy.errors import Errors
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import (
    Config,
    Model,
    Optimizer,
    PyTorchShim,
    get_torch_default_device,
    torch2xp,
    xp2torch,
)
from thinc.types import ArgsKwargs, Floats2d

from liqaa.components.relation_candidates import (
    FEATURE_SIZES,
    LEGAL,
    RELATION_INDEX,
    CandidateGenerator,
    CandidatePairs,
    pair_features,
)
from liqaa.encoder.shim import SharedPyTorchShim
from liqaa.errors import ModelError
from liqaa.ontology import (
    MEETING_STATUSES,
    ONTOLOGY_VERSION,
    PARTICIPANT_RELATIONS,
    RELATION_LABELS,
    SPAN_LABELS,
)
from liqaa.relations import (
    Relation,
    SpanKey,
    chained,
    clusters,
    get_relations,
    get_status,
    set_relations,
    set_status,
    span_keys,
)

ROLES = ("PARTICIPANT", "HOST", "GUEST", "ATTENDEE")
"""Relations of which one pair has at most one."""

STATUSES = MEETING_STATUSES[1:]
"""What the model may say of a MEETING mention that is not held."""

OUTPUTS = len(RELATION_LABELS) + len(STATUSES)

_ROLE_COLUMNS = [RELATION_INDEX[label] for label in ROLES]
_SAME_AS = RELATION_INDEX["SAME_AS"]
_HOLDS = RELATION_INDEX["HOLDS"]
_NEARLY = 0.95
_SIDE_ROLES = 3
"""The first three of `ROLES` make somebody a side; the last is ATTENDEE."""
_COUNTERPART = {"HOST": "GUEST", "GUEST": "HOST"}

DEFAULT_CONFIG = """
[relation_extractor]
threshold = 0.5
second_side_threshold = 0.2

[relation_extractor.candidates]
@misc = "liqaa.OntologyCandidates.v1"

[relation_extractor.model]
@architectures = "liqaa.PairScorer.v1"
hidden_width = 192
dropout = 0.2

[relation_extractor.model.tok2vec]
@architectures = "spacy-transformers.TransformerListener.v1"
grad_factor = 1.0

[relation_extractor.model.tok2vec.pooling]
@layers = "reduce_mean.v1"
"""
_DEFAULTS = Config().from_str(DEFAULT_CONFIG)["relation_extractor"]


class PairScorer(torch.nn.Module):
    """Scores span pairs from token vectors in one gather.

    Everything that is wide happens once a token or once a span; a pair costs a few additions of
    `hidden_width` numbers and two small layers.

    Args:
        width: width of a token vector.
        hidden_width: width of the pair layers.
        dropout: dropout rate before the layers.
    """

    def __init__(self, width: int, hidden_width: int, dropout: float) -> None:
        super().__init__()
        labels, wide = len(SPAN_LABELS), hidden_width
        self.normalize = torch.nn.LayerNorm(width)
        self.head = torch.nn.Linear(2 * width, wide)
        self.tail = torch.nn.Linear(2 * width, wide)
        self.context = torch.nn.Linear(width, wide)
        self.head_product = torch.nn.Linear(2 * width, 64)
        self.tail_product = torch.nn.Linear(2 * width, 64)
        self.product = torch.nn.Linear(64, wide)
        self.features = torch.nn.ModuleList(torch.nn.Embedding(n, wide) for n in FEATURE_SIZES)
        self.pair_labels = torch.nn.Embedding(labels * labels, wide)
        self.hidden = torch.nn.Sequential(
            torch.nn.LayerNorm(wide),
            torch.nn.GELU(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(wide, wide),
            torch.nn.GELU(),
            torch.nn.Dropout(dropout),
        )
        self.output = torch.nn.Linear(wide, OUTPUTS)
        self.dropout = torch.nn.Dropout(dropout)
        for embedding in (*self.features, self.pair_labels):
            torch.nn.init.normal_(cast(torch.Tensor, embedding.weight), std=0.1)
        torch.nn.init.constant_(self.output.bias, -2.0)  # most pairs are unrelated

    def forward(
        self, tokens: torch.Tensor, spans: torch.Tensor, pairs: torch.Tensor, features: torch.Tensor
    ) -> torch.Tensor:
        """Logits.

        Args:
            tokens: (tokens, width) vectors of the whole batch.
            spans: (spans, 2) start and end, indices into `tokens`.
            pairs: (pairs, 2) head and tail, indices into `spans`.
            features: (pairs, 9) buckets, see `pair_features`.

        Returns:
            (pairs, relations and statuses).
        """
        tokens = self.dropout(self.normalize(tokens))
        start, end = spans[:, 0], spans[:, 1]
        mean = _segment_means(tokens, start, end)
        vectors = torch.cat([mean, tokens[start]], dim=1)
        head, tail = pairs[:, 0], pairs[:, 1]
        low = torch.minimum(end[head], end[tail])
        high = torch.maximum(start[head], start[tail])
        context = _segment_means(self.context(tokens), low, torch.maximum(high, low))
        product = self.head_product(vectors)[head] * self.tail_product(vectors)[tail]
        hidden = (
            self.head(vectors)[head] + self.tail(vectors)[tail] + context + self.product(product)
        )
        hidden = hidden + self.pair_labels(features[:, 0] * len(SPAN_LABELS) + features[:, 1])
        for column, embedding in enumerate(self.features):
            hidden = hidden + embedding(features[:, column])
        return cast(torch.Tensor, self.output(self.hidden(hidden)))


def _segment_means(rows: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Mean of rows[start:end] for each segment, zero where it is empty; linear in both sizes."""
    sums = torch.nn.functional.pad(rows.double().cumsum(0), (0, 0, 1, 0))
    lengths = (end - start).clamp(min=1).unsqueeze(1)
    return ((sums[end] - sums[start]) / lengths).to(rows.dtype)


def _serialize(model: torch.nn.Module | None) -> bytes:
    if model is None:  # not initialized
        return b""
    return safetensors.torch.save({k: v.contiguous() for k, v in model.state_dict().items()})


def _deserialize(
    model: torch.nn.Module | None, state: bytes, device: torch.device
) -> torch.nn.Module | None:
    if model is None:
        return None
    model.load_state_dict(safetensors.torch.load(state))
    return model.to(device)


@registry.architectures("liqaa.PairScorer.v1")
def create_pair_scorer(
    tok2vec: Model[list[Doc], list[Floats2d]], hidden_width: int, dropout: float
) -> Model[Any, Floats2d]:
    """Model from (docs, one `CandidatePairs` a doc) to (pairs, relations) logits.

    Args:
        tok2vec: token vectors, one row a token.
        hidden_width: width of the pair layers.
        dropout: dropout rate of the pair layers in training.
    """
    return Model(
        "pair_scorer",
        _forward,
        init=_init,
        layers=[tok2vec],
        shims=[SharedPyTorchShim(None, serialize_model=_serialize, deserialize_model=_deserialize)],
        attrs={"hidden_width": hidden_width, "dropout": dropout},
        dims={"nO": OUTPUTS, "nI": None},
        refs={"tok2vec": tok2vec},
    )


def _build(model: Model[Any, Floats2d], width: int) -> None:
    """Make the PyTorch layers once the width of token vectors is known."""
    shim = cast(PyTorchShim, model.shims[0])
    if shim._model is None:
        # Seeded by thinc's generator, so that `fix_random_seed` fixes this too.
        module = PairScorer(width, model.attrs["hidden_width"], model.attrs["dropout"])
        shim._model = module.to(get_torch_default_device())
        model.set_dim("nI", width)


def _init(model: Model[Any, Floats2d], X: Any = None, Y: Any = None) -> None:
    docs = X[0] if X is not None else None
    tok2vec = model.get_ref("tok2vec")
    tok2vec.initialize(X=docs)
    # An empty doc's vectors have no width.
    widths = [v.shape[1] for v in tok2vec.predict(docs) if len(v)] if docs else []
    _build(model, widths[0] if widths else tok2vec.get_dim("nO"))


def _forward(
    model: Model[Any, Floats2d], inputs: tuple[list[Doc], list[CandidatePairs]], is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Any]]:
    docs, candidates = inputs
    vectors, backprop_vectors = model.get_ref("tok2vec")(docs, is_train)
    lengths = [len(v) for v in vectors]
    filled = [v for v in vectors if len(v)]  # an empty doc's vectors have no width
    flat = model.ops.xp.concatenate(filled) if filled else model.ops.alloc2f(0, 0)
    spans: list[NDArray[np.int64]] = []
    pairs: list[NDArray[np.int64]] = []
    features: list[NDArray[np.int64]] = []
    token_at = span_at = 0
    for doc, found, length in zip(docs, candidates, lengths, strict=True):
        spans.append(
            np.array([[s.start, s.end] for s in found.spans], np.int64).reshape(-1, 2) + token_at
        )
        pairs.append(np.stack([found.head, found.tail], axis=1) + span_at)
        features.append(pair_features(doc, found))
        token_at += length
        span_at += len(found.spans)
    if not sum(len(p) for p in pairs):
        empty = [model.ops.alloc2f(*v.shape) for v in vectors]
        return model.ops.alloc2f(0, OUTPUTS), lambda _: backprop_vectors(empty)
    device = get_torch_default_device()
    tokens = xp2torch(flat, requires_grad=is_train, device=device)
    rest = (torch.from_numpy(np.concatenate(a)).to(device) for a in (spans, pairs, features))
    logits, backprop_pairs = model.shims[0](ArgsKwargs((tokens, *rest), {}), is_train)

    def backprop(d_logits: Floats2d) -> Any:
        gradient = xp2torch(d_logits, device=device)
        d_inputs = backprop_pairs(ArgsKwargs(((logits,),), {"grad_tensors": (gradient,)}))
        d_flat = torch2xp(d_inputs.args[0])
        return backprop_vectors(model.ops.unflatten(d_flat, model.ops.asarray1i(lengths)))

    return cast(Floats2d, torch2xp(logits)), backprop


def gold_matrix(
    candidates: CandidatePairs, relations: Iterable[Relation], status: dict[SpanKey, str]
) -> NDArray[np.float32]:
    """(pairs, outputs) truth; SAME_AS holds between any two mentions of a cluster."""
    relations = list(relations)
    links = {(r.head, r.tail, r.label) for r in relations if r.label != "SAME_AS"}
    group = clusters(relations)
    truth = np.zeros((len(candidates), OUTPUTS), np.float32)
    by_pair: dict[tuple[SpanKey, SpanKey], list[int]] = defaultdict(list)
    for head, tail, label in links:
        by_pair[head, tail].append(RELATION_INDEX[label])
    for row, (i, j) in enumerate(zip(candidates.head, candidates.tail, strict=True)):
        head, tail = candidates.spans[i], candidates.spans[j]
        for column in by_pair.get((head, tail), ()):
            truth[row, column] = 1
        if head > tail and head in group and group.get(head) == group.get(tail):
            truth[row, _SAME_AS] = 1
        if i == j and head in status:
            truth[row, len(RELATION_LABELS) + STATUSES.index(status[head])] = 1
    return truth


def legal_matrix(candidates: CandidatePairs) -> NDArray[np.bool_]:
    """(pairs, outputs): what the ontology lets a pair be."""
    legal = np.zeros((len(candidates), OUTPUTS), bool)
    if len(candidates):
        labels = np.array([SPAN_LABELS.index(s.label) for s in candidates.spans], np.int64)
        head, tail = candidates.head, candidates.tail
        legal[:, : len(RELATION_LABELS)] = LEGAL[labels[head], labels[tail]]
        legal[tail >= head, _SAME_AS] = False
        legal[head == tail] = False
        legal[head == tail, len(RELATION_LABELS) :] = True
    return legal


def relation_scores(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Strict relation scores over gold and predicted pairs alike.

    A relation counts as right only if both spans agree in borders and label, and so does the
    relation's label. A relation whose entities were missed is a miss.

    Returns:
        `rels_p`, `rels_r`, `rels_f` over all relations, `rels_per_type`, and `status_f` over
        MEETING mentions that are not held.
    """
    counts: dict[str, list[int]] = {label: [0, 0, 0] for label in RELATION_LABELS}
    said = [0, 0, 0]
    for example in examples:
        gold_status = set(get_status(example.reference).items())
        predicted_status = set(get_status(example.predicted).items())
        said[0] += len(gold_status & predicted_status)
        said[1] += len(predicted_status - gold_status)
        said[2] += len(gold_status - predicted_status)
        gold = {r[:3] for r in chained(get_relations(example.reference))}
        predicted = {r[:3] for r in chained(get_relations(example.predicted))}
        for relations, column in (
            (gold & predicted, 0),
            (predicted - gold, 1),
            (gold - predicted, 2),
        ):
            for relation in relations:
                counts[relation[2]][column] += 1
    total = [sum(c[i] for c in counts.values()) for i in range(3)]

    def prf(c: list[int]) -> dict[str, float]:
        tp, fp, fn = c
        return {
            "p": tp / (tp + fp) if tp + fp else 0.0,
            "r": tp / (tp + fn) if tp + fn else 0.0,
            "f": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
        }

    overall = prf(total)
    return {
        **{f"rels_{key}": value for key, value in overall.items()},
        "status_f": prf(said)["f"],
        "rels_per_type": {label: prf(c) for label, c in counts.items() if sum(c)},
    }


@registry.scorers("liqaa.relation_scorer.v1")
def create_relation_scorer() -> Callable[..., dict[str, Any]]:
    """Scorer of relations, strict and end to end."""
    return relation_scores


@Language.factory(
    "relation_extractor",
    assigns=["doc._.relations"],
    requires=["doc.ents"],
    default_config={
        "model": _DEFAULTS["model"],
        "candidates": _DEFAULTS["candidates"],
        "threshold": _DEFAULTS["threshold"],
        "second_side_threshold": _DEFAULTS["second_side_threshold"],
        "scorer": {"@scorers": "liqaa.relation_scorer.v1"},
    },
    default_score_weights={
        "rels_f": 1.0,
        "rels_p": 0.0,
        "rels_r": 0.0,
        "status_f": 0.0,
        "rels_per_type": None,
    },
)
def create_relation_extractor(
    nlp: Language,
    name: str,
    model: Model[Any, Floats2d],
    candidates: CandidateGenerator,
    threshold: float,
    second_side_threshold: float,
    scorer: Callable[..., dict[str, Any]],
) -> "RelationExtractor":
    """Factory of the relation extractor."""
    return RelationExtractor(
        nlp.vocab,
        model,
        name,
        candidates=candidates,
        threshold=threshold,
        second_side_threshold=second_side_threshold,
        scorer=scorer,
    )


class RelationExtractor(TrainablePipe):
    """Trainable component that sets `doc._.relations`.

    Args:
        candidates: which pairs are looked at.
        threshold: least probability of a relation that is kept.
        second_side_threshold: the same for the other side of a meeting with one side found.
        scorer: scoring function.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[Any, Floats2d],
        name: str = "relation_extractor",
        *,
        candidates: CandidateGenerator,
        threshold: float,
        second_side_threshold: float = 0.2,
        scorer: Callable[..., dict[str, Any]] | None = relation_scores,
    ) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.candidates = candidates
        self.scorer = scorer
        self.cfg: dict[str, Any] = {
            "threshold": threshold,
            "second_side_threshold": second_side_threshold,
            "ontology": ONTOLOGY_VERSION,
        }

    @property
    def labels(self) -> tuple[str, ...]:
        """Relation labels."""
        return RELATION_LABELS

    @property
    def label_data(self) -> list[str]:
        """Labels for `spacy init labels`."""
        return list(RELATION_LABELS)

    def add_label(self, label: str) -> int:
        """Labels come from the ontology; a new one is refused."""
        if label in RELATION_LABELS:
            return 0
        raise ValueError(f"{label} is no relation of the ontology: {', '.join(RELATION_LABELS)}.")

    def _require_initialized(self) -> None:
        if cast(PyTorchShim, self.model.shims[0])._model is None:
            raise ValueError(Errors.E109.format(name=self.name))

    def predict(self, docs: Iterable[Doc]) -> list[tuple[list[Relation], dict[SpanKey, str]]]:
        """Relations and meeting statuses of each doc, from its entities and topics."""
        self._require_initialized()
        docs = list(docs)
        candidates = [self.candidates(doc, span_keys(doc)) for doc in docs]
        if not any(len(c) for c in candidates):
            return [([], {}) for _ in docs]
        logits = self.model.ops.to_numpy(self.model.predict((docs, candidates)))
        found = []
        at = 0
        for pairs in candidates:
            found.append(self.decode(pairs, _sigmoid(logits[at : at + len(pairs)])))
            at += len(pairs)
        return found

    def decode(
        self, pairs: CandidatePairs, scores: NDArray[np.float64]
    ) -> tuple[list[Relation], dict[SpanKey, str]]:
        """Relations and statuses from the probabilities of one doc's pairs.

        Of the roles that somebody may have in a meeting the most probable is kept, if all of
        them together are probable enough; each mention is SAME_AS its most probable antecedent.
        """
        if not len(pairs):
            return [], {}
        threshold = self.cfg["threshold"]
        scores = np.where(legal_matrix(pairs), scores, 0.0)
        roles = scores[:, _ROLE_COLUMNS].copy()
        best = roles.argmax(axis=1)
        together = np.minimum(roles.sum(axis=1), 1.0)
        scores[:, _ROLE_COLUMNS] = 0.0
        scores[np.arange(len(pairs)), np.array(_ROLE_COLUMNS)[best]] = together
        scores = self._one_holder(pairs, scores)
        best_antecedent: dict[int, tuple[float, int]] = {}
        relations = []
        for row, column in np.argwhere(scores[:, : len(RELATION_LABELS)] >= threshold):
            i, j, score = int(pairs.head[row]), int(pairs.tail[row]), float(scores[row, column])
            if column == _SAME_AS:
                best_antecedent[i] = max(best_antecedent.get(i, (0.0, 0)), (score, j))
            else:
                relations.append(
                    Relation(pairs.spans[i], pairs.spans[j], RELATION_LABELS[column], score)
                )
        relations += [
            Relation(pairs.spans[i], pairs.spans[j], "SAME_AS", score)
            for i, (score, j) in best_antecedent.items()
        ]
        relations = self._add_second_sides(pairs, roles, relations)
        said = scores[:, len(RELATION_LABELS) :]
        status = {
            pairs.spans[pairs.head[row]]: STATUSES[int(said[row].argmax())]
            for row in np.flatnonzero(said.sum(axis=1) >= 0.5)
        }
        return sorted(relations), status

    @staticmethod
    def _one_holder(pairs: CandidatePairs, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Leave each office to its most probable holder, unless two are nearly as probable.

        «وزيرا خارجية مصر والأردن» has two holders, «القائد العام» between two names has one.
        """
        best = np.zeros(len(pairs.spans))
        np.maximum.at(best, pairs.tail, scores[:, _HOLDS])
        scores[scores[:, _HOLDS] < _NEARLY * best[pairs.tail], _HOLDS] = 0.0
        return scores

    def _add_second_sides(
        self, pairs: CandidatePairs, roles: NDArray[np.float64], relations: list[Relation]
    ) -> list[Relation]:
        """The relations with the likeliest other side of each MEETING that has one side only.

        Nobody meets alone: with one side at hand, weaker evidence will do for the other, be it
        somebody who passed for an attendee. Host and guest are each other's counterpart.
        """
        sides: dict[SpanKey, list[Relation]] = defaultdict(list)
        for relation in relations:
            if relation.label in PARTICIPANT_RELATIONS:
                sides[relation.head].append(relation)
        likely = np.minimum(roles[:, :_SIDE_ROLES].sum(axis=1), 1.0)
        best: dict[SpanKey, Relation] = {}
        for row in np.flatnonzero(likely >= self.cfg["second_side_threshold"]):
            head, tail = pairs.spans[pairs.head[row]], pairs.spans[pairs.tail[row]]
            found = sides.get(head, ())
            if len(found) == 1 and found[0].tail != tail:
                label = _COUNTERPART.get(found[0].label, "PARTICIPANT")
                other = Relation(head, tail, label, float(likely[row]))
                best[head] = max(best.get(head, other), other, key=lambda r: r.score)
        taken = {(r.head, r.tail) for r in best.values()}
        kept = [r for r in relations if r.label != "ATTENDEE" or (r.head, r.tail) not in taken]
        return kept + list(best.values())

    def set_annotations(
        self, docs: Iterable[Doc], found: list[tuple[list[Relation], dict[SpanKey, str]]]
    ) -> None:
        """Write `doc._.relations` and the statuses of MEETING mentions."""
        for doc, (relations, status) in zip(docs, found, strict=True):
            set_relations(doc, relations)
            set_status(doc, status)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """One training step over a batch, on gold spans."""
        self._require_initialized()
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "RelationExtractor.update")
        docs = [example.predicted for example in examples]
        if not any(len(doc) for doc in docs):
            return losses
        candidates = [self.candidates(e.reference, span_keys(e.reference)) for e in examples]
        logits, backprop = self.model.begin_update((docs, candidates))
        loss, gradient = self.get_loss(examples, candidates, logits)
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(
        self, examples: list[Example], candidates: list[CandidatePairs], logits: Floats2d
    ) -> tuple[float, Floats2d]:
        """Binary cross-entropy over the legal outputs of each pair, summed."""
        truth = [
            gold_matrix(c, get_relations(e.reference), get_status(e.reference))
            for e, c in zip(examples, candidates, strict=True)
        ]
        legal = [legal_matrix(c) for c in candidates]
        gold = self.model.ops.asarray2f(np.concatenate(truth))
        mask2 = self.model.ops.asarray2f(np.concatenate(legal).astype("f"))
        probabilities = 1 / (1 + self.model.ops.xp.exp(-logits))
        xp = self.model.ops.xp
        loss = -(
            gold * xp.log(probabilities + 1e-7) + (1 - gold) * xp.log(1 - probabilities + 1e-7)
        )
        return float((loss * mask2).sum()), (probabilities - gold) * mask2

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: list[str] | None = None,
    ) -> None:
        """Set up the layers from a sample of the data."""
        validate_get_examples(get_examples, "RelationExtractor.initialize")
        docs = [example.x for example in islice(get_examples(), 5)]
        if not docs:
            raise ValueError(Errors.E923.format(name=self.name))
        self.model.initialize(X=(docs, None))

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Serialize settings and weights."""
        parts = {"cfg": lambda: srsly.json_dumps(self.cfg), "model": self.model.to_bytes}
        return cast(bytes, util.to_bytes(parts, exclude))

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "RelationExtractor":
        """Load what `to_bytes` wrote."""
        parts = {
            "cfg": lambda b: self.cfg.update(srsly.json_loads(b)),
            "model": self._load_model,
        }
        util.from_bytes(bytes_data, parts, exclude)
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save settings and weights to a folder."""
        parts = {
            "cfg": lambda p: srsly.write_json(p, self.cfg),
            "model": lambda p: p.write_bytes(self.model.to_bytes()),
        }
        util.to_disk(path, parts, exclude)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "RelationExtractor":
        """Load what `to_disk` wrote.

        Raises:
            ModelError: the model was trained for another version of the ontology.
        """
        parts = {
            "cfg": lambda p: self.cfg.update(srsly.read_json(p)),
            "model": lambda p: self._load_model(p.read_bytes()),
        }
        util.from_disk(path, parts, exclude)
        return self

    def _load_model(self, data: bytes) -> None:
        if self.cfg["ontology"] != ONTOLOGY_VERSION:
            raise ModelError(
                f"The relation extractor was trained for ontology {self.cfg['ontology']}, this liqaa "
                f"has {ONTOLOGY_VERSION}; train it again or install the liqaa it came with."
            )
        message = srsly.msgpack_loads(data)
        width = _stored_width(message)
        if width is not None:
            _build(self.model, width)
        self.model.from_bytes(data)


def _stored_width(message: dict[str, Any]) -> int | None:
    """Token width of a stored pair scorer, None if it was never initialized."""
    width = message["nodes"][0]["dims"].get("nI")
    return int(width) if width else None


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x.astype(np.float64)))
