"""Which span pairs the relation extractor looks at, and what it sees of each."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from spacy.util import registry

from liqaa.language.normalize import fold
from liqaa.ontology import LEGAL_PAIRS, RELATION_LABELS, SPAN_LABELS, relations_between
from liqaa.relations import SpanKey

LABEL_INDEX = {label: i for i, label in enumerate(SPAN_LABELS)}
RELATION_INDEX = {label: i for i, label in enumerate(RELATION_LABELS)}

LEGAL = np.zeros((len(SPAN_LABELS), len(SPAN_LABELS), len(RELATION_LABELS)), bool)
"""(head label, tail label, relation): whether the ontology allows it."""
for _relation, _pairs in LEGAL_PAIRS.items():
    for _head, _tail in _pairs:
        LEGAL[LABEL_INDEX[_head], LABEL_INDEX[_tail], RELATION_INDEX[_relation]] = True

MAX_SPAN = 40
"""Tokens; a longer span before a head may be missed."""

DISTANCE_BUCKETS = 25
PARAGRAPH_BUCKETS = 4
BETWEEN_BUCKETS = 6
MATCH_BUCKETS = 7
FEATURE_SIZES = (
    len(LABEL_INDEX),
    len(LABEL_INDEX),
    DISTANCE_BUCKETS,
    PARAGRAPH_BUCKETS,
    BETWEEN_BUCKETS,
    MATCH_BUCKETS,
    PARAGRAPH_BUCKETS,
    BETWEEN_BUCKETS,
    BETWEEN_BUCKETS,
)
"""Number of buckets of each feature of a pair, see `pair_features`."""

_SIDES = ("PERSON", "POSITION", "PARTY")
_STOPS = frozenset(".؟?!\n؛")


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Candidate pairs of one doc. All arrays have one entry a pair; indices are into `spans`."""

    spans: Sequence[SpanKey]
    head: NDArray[np.int64]
    tail: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.head)


CandidateGenerator = Callable[[Doc, Sequence[SpanKey]], CandidatePairs]


@registry.misc("liqaa.OntologyCandidates.v1")
def create_ontology_candidates(
    local_distance: int = 30, meeting_distance: int = 90, antecedents: int = 40
) -> CandidateGenerator:
    """Pairs whose labels the ontology allows and that stand close enough; linear in length.

    A MEETING is also paired with itself: that pair carries the status of the mention.

    Args:
        local_distance: most tokens between name, rank, office and body.
        meeting_distance: most tokens between a MEETING and its arguments.
        antecedents: earlier mentions that SAME_AS looks back at, nearest first.
    """

    def generate(doc: Doc, spans: Sequence[SpanKey]) -> CandidatePairs:
        head: list[int] = []
        tail: list[int] = []
        starts = [span.start for span in spans]
        groups: dict[bool, list[int]] = {True: [], False: []}
        for i, span in enumerate(spans):
            reach = meeting_distance if span.label == "MEETING" else local_distance
            low = bisect_left(starts, span.start - reach - MAX_SPAN)
            for j in range(low, len(spans)):
                other = spans[j]
                if other.start > span.end + reach:
                    break
                if i == j or max(other.start - span.end, span.start - other.end) > reach:
                    continue
                if any(r != "SAME_AS" for r in relations_between(span.label, other.label)):
                    head.append(i)
                    tail.append(j)
            if span.label in ("PERSON", "POSITION", "PARTY", "MEETING"):
                group = groups[span.label == "MEETING"]
                if span.label == "MEETING":  # paired with itself, for its status
                    head.append(i)
                    tail.append(i)
                head.extend(i for _ in group[-antecedents:])
                tail.extend(group[-antecedents:])
                group.append(i)
        if not head:
            empty = np.zeros(0, np.int64)
            return CandidatePairs(spans, empty, empty)
        pairs = np.unique(np.array([head, tail], np.int64), axis=1)
        return CandidatePairs(spans, pairs[0], pairs[1])

    return generate


_WORD = re.compile(r"\w+")
_PREFIXES = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف", "ك")


def match_words(text: str) -> tuple[str, ...]:
    """Folded words of a mention with proclitics and the article cut off, to compare mentions."""
    words = []
    for word in _WORD.findall(fold(text)):
        for prefix in _PREFIXES:
            if word.startswith(prefix) and len(word) - len(prefix) >= 3:
                word = word[len(prefix) :]
                break
        words.append(word)
    return tuple(words)


def match_bucket(head: tuple[str, ...], tail: tuple[str, ...]) -> int:
    """How far the wording of two mentions agrees, 0 (not at all) to 6 (wholly)."""
    if not head or not tail:
        return 0
    if head == tail:
        return 6
    shared = set(head) & set(tail)
    if not shared:
        return 1
    if shared == set(head):
        return 5 if head[-1] == tail[-1] else 4
    if shared == set(tail):
        return 3
    return 2


def pair_features(doc: Doc, pairs: CandidatePairs) -> NDArray[np.int64]:
    """Bucketed features of each pair.

    Returns:
        (pairs, 9): label of head and of tail; distance in tokens with its direction; paragraphs
        between; spans of the tail's label between; agreement in wording; sentences between;
        MEETINGs between; people, offices and groups between.
    """
    spans = pairs.spans
    if not len(pairs):
        return np.zeros((0, len(FEATURE_SIZES)), np.int64)
    start = np.array([s.start for s in spans])
    end = np.array([s.end for s in spans])
    label = np.array([LABEL_INDEX[s.label] for s in spans])
    h, t = pairs.head, pairs.tail
    after = start[t] > start[h]
    gap = np.where(after, start[t] - end[h], start[h] - end[t]).clip(0)
    bucket = np.minimum(np.where(gap < 4, gap, np.log2(gap + 1).astype(int) * 2), 11)
    distance = np.where(h == t, DISTANCE_BUCKETS - 1, bucket + np.where(after, 12, 0))
    newlines = np.cumsum([0, *("\n" in token.text for token in doc)])
    stops = np.cumsum([0, *(token.text[0] in _STOPS for token in doc)])
    paragraphs = np.abs(newlines[start[t]] - newlines[start[h]]).clip(0, PARAGRAPH_BUCKETS - 1)
    sentences = np.abs(stops[start[t]] - stops[start[h]]).clip(0, PARAGRAPH_BUCKETS - 1)
    counts = np.zeros((len(LABEL_INDEX), len(doc) + 1), np.int64)
    for i, s in enumerate(start):
        counts[label[i], s + 1] += 1
    counts = counts.cumsum(axis=1)
    low, high = np.minimum(end[h], end[t]), np.maximum(start[h], start[t])
    high = np.maximum(low, high)

    def between(of: NDArray[np.int64] | int) -> NDArray[np.int64]:
        return counts[of, high] - counts[of, low]

    same_label = between(label[t]).clip(0, BETWEEN_BUCKETS - 1)
    meetings = between(LABEL_INDEX["MEETING"]).clip(0, BETWEEN_BUCKETS - 1)
    sides = sum((between(LABEL_INDEX[name]) for name in _SIDES), np.zeros(len(pairs), np.int64))
    words = {
        i: match_words(doc[spans[i].start : spans[i].end].text)
        for i in range(len(spans))
        if spans[i].label in (*_SIDES, "MEETING")
    }
    nothing: tuple[str, ...] = ()
    match = np.array(
        [
            match_bucket(words.get(i, nothing), words.get(j, nothing))
            for i, j in zip(h, t, strict=True)
        ]
    )
    return np.stack(
        [
            label[h], label[t], distance, paragraphs, same_label, match, sentences, meetings,
            sides.clip(0, BETWEEN_BUCKETS - 1),
        ],
        axis=1,
    )  # fmt: skip
