"""The span layer: labels, relations and the type pairs that a relation may join.

This table is the only place that knows them; the annotation guideline (`corpus/GUIDELINE.md`)
says how they are used.
"""

from __future__ import annotations

from typing import Final

ONTOLOGY_VERSION: Final = "1"

ENTITY_LABELS: Final[tuple[str, ...]] = (
    "PERSON", "TITLE", "POSITION", "ORG", "GPE", "LOC", "FAC", "NORP", "DATE", "EVENT", "PARTY", "MEETING",
)  # fmt: skip
"""Flat, non-overlapping labels of `doc.ents`."""

TOPIC_LABEL: Final = "TOPIC"
TOPICS_KEY: Final = "topics"
"""TOPIC spans overlap the others and live in `doc.spans[TOPICS_KEY]`."""

SPAN_LABELS: Final[tuple[str, ...]] = (*ENTITY_LABELS, TOPIC_LABEL)

MEETING_STATUSES: Final[tuple[str, ...]] = ("held", "planned", "cancelled", "denied")
"""What an annotator can say of a MEETING mention; a denied meeting makes no record."""

_SIDES: Final = ("PERSON", "POSITION", "PARTY", "ORG")

LEGAL_PAIRS: Final[dict[str, frozenset[tuple[str, str]]]] = {
    "PARTICIPANT": frozenset(("MEETING", tail) for tail in _SIDES),
    "HOST": frozenset(("MEETING", tail) for tail in _SIDES),
    "GUEST": frozenset(("MEETING", tail) for tail in _SIDES),
    "ATTENDEE": frozenset(("MEETING", tail) for tail in _SIDES),
    "HELD_IN": frozenset(("MEETING", tail) for tail in ("GPE", "LOC", "FAC")),
    "HELD_ON": frozenset({("MEETING", "DATE")}),
    "DISCUSSED": frozenset({("MEETING", "TOPIC")}),
    "HAS_TITLE": frozenset({("PERSON", "TITLE"), ("POSITION", "TITLE")}),
    "HOLDS": frozenset({("PERSON", "POSITION")}),
    "OF": frozenset(
        (head, tail)
        for head in ("POSITION", "PARTY", "ORG", "FAC")
        for tail in ("ORG", "GPE", "NORP")
    ),
    "ON_BEHALF_OF": frozenset({("PERSON", "PERSON"), ("PERSON", "PARTY")}),
    "SAME_AS": frozenset(
        (head, tail)
        for heads in (("PERSON", "POSITION", "PARTY"), ("MEETING",))
        for head in heads
        for tail in heads
    ),
}
"""Relation label to its legal (head label, tail label) pairs."""

RELATION_LABELS: Final[tuple[str, ...]] = tuple(LEGAL_PAIRS)

PARTICIPANT_RELATIONS: Final[frozenset[str]] = frozenset({"PARTICIPANT", "HOST", "GUEST"})
"""Relations that make somebody a side of a meeting."""


def relations_between(head: str, tail: str) -> tuple[str, ...]:
    """Relation labels that may join a head of label `head` to a tail of label `tail`."""
    return tuple(label for label, pairs in LEGAL_PAIRS.items() if (head, tail) in pairs)
