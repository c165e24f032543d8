"""Typed relations between spans of a `Doc`, stored so that they survive serialization.

`doc._.relations` reads and writes `Relation` tuples. What is stored in `doc.user_data` is plain
lists of numbers and strings, so `Doc.to_bytes`, `DocBin(store_user_data=True)` and
`nlp.pipe(n_process=2)` carry them. Spans are named by token indices and label, never by text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

from spacy.tokens import Doc, Span

from liqaa.ontology import TOPICS_KEY

_KEY = "liqaa.relations"
_STATUS_KEY = "liqaa.status"


class SpanKey(NamedTuple):
    """A span by token indices (end exclusive) and label."""

    start: int
    end: int
    label: str

    def span(self, doc: Doc) -> Span:
        """The span in `doc`."""
        return Span(doc, self.start, self.end, label=self.label)


class Relation(NamedTuple):
    """A directed, labelled link between two spans, with its probability."""

    head: SpanKey
    tail: SpanKey
    label: str
    score: float = 1.0


def span_key(span: Span) -> SpanKey:
    """Name a span."""
    return SpanKey(span.start, span.end, span.label_)


def span_keys(doc: Doc) -> list[SpanKey]:
    """Entities and topics of a doc, in text order."""
    topics = doc.spans.get(TOPICS_KEY, ())
    return sorted([*map(span_key, doc.ents), *map(span_key, topics)])


def get_relations(doc: Doc) -> tuple[Relation, ...]:
    """Relations of a doc."""
    return tuple(
        Relation(SpanKey(*head), SpanKey(*tail), label, score)
        for head, tail, label, score in doc.user_data.get(_KEY, ())
    )


def set_relations(doc: Doc, relations: Iterable[Relation]) -> None:
    """Store relations on a doc."""
    doc.user_data[_KEY] = [[list(r.head), list(r.tail), r.label, float(r.score)] for r in relations]


def get_status(doc: Doc) -> dict[SpanKey, str]:
    """Annotated status (planned, cancelled, denied) of MEETING mentions, if any is annotated."""
    return {SpanKey(*key): status for key, status in doc.user_data.get(_STATUS_KEY, ())}


def set_status(doc: Doc, status: dict[SpanKey, str]) -> None:
    """Store the status of MEETING mentions on a doc."""
    doc.user_data[_STATUS_KEY] = [[list(key), value] for key, value in status.items()]


if not Doc.has_extension("relations"):
    Doc.set_extension("relations", getter=get_relations, setter=set_relations)


def clusters(relations: Iterable[Relation]) -> dict[SpanKey, SpanKey]:
    """Every mention that SAME_AS links join, mapped to the first mention of its cluster."""
    parent: dict[SpanKey, SpanKey] = {}

    def find(key: SpanKey) -> SpanKey:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for relation in relations:
        if relation.label == "SAME_AS":
            a, b = find(relation.head), find(relation.tail)
            parent[max(a, b)] = min(a, b)
    return {key: find(key) for key in parent}


def chained(relations: Iterable[Relation]) -> list[Relation]:
    """The relations with SAME_AS in canonical form: each mention → the one just before it.

    Annotators and models may link a mention to any earlier one of its cluster; these forms say
    the same, and only this one can be scored link by link. A link's score is the least of the
    scores that its later mention had.
    """
    relations = list(relations)
    scores: dict[SpanKey, float] = {}
    for r in relations:
        if r.label == "SAME_AS":
            scores[r.head] = min(r.score, scores.get(r.head, 1.0))
    members: dict[SpanKey, list[SpanKey]] = {}
    for key, first in clusters(relations).items():
        members.setdefault(first, []).append(key)
    links = []
    for keys in members.values():
        keys.sort()
        for before, after in itertools.pairwise(keys):
            links.append(Relation(after, before, "SAME_AS", scores.get(after, 1.0)))
    return [r for r in relations if r.label != "SAME_AS"] + links
