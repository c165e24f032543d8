"""Scores of records against gold records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from liqaa.language.normalize import fold
from liqaa.records import ArticleMeetings, Meeting, Party


def prf(tp: int, fp: int, fn: int) -> dict[str, float]:
    """Precision, recall, F1 and the counts behind them."""
    return {
        "p": tp / (tp + fp) if tp + fp else 0.0,
        "r": tp / (tp + fn) if tp + fn else 0.0,
        "f": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0,
        "tp": tp,
        "fp": fp,
        "fn": fn,
    }


def party_matches(a: Party, b: Party) -> bool:
    """Whether two party records are the same side: by name, else by office, else by mentions."""
    from liqaa.assembly.parties import compatible_names, name_words

    if a.name and b.name:
        return compatible_names(name_words(a.name), name_words(b.name))
    if set(a.mentions) & set(b.mentions):
        return True
    if not (a.name or b.name or (a.positions and b.positions)) and not (a.mentions and b.mentions):
        # Two groups, one of them written down without offsets; a country may not be told.
        return a.country == b.country or None in (a.country, b.country)
    offices_a = {fold(p.title).split()[0] for p in a.positions if p.title}
    offices_b = {fold(p.title).split()[0] for p in b.positions if p.title}
    if offices_a & offices_b and (a.country == b.country or None in (a.country, b.country)):
        return True
    return any(s < d and c < e for s, e in a.mentions for c, d in b.mentions)


def meeting_pairs(meeting: Meeting) -> list[tuple[Party, Party]]:
    """Unordered pairs of a meeting's participants of different sides."""
    people = meeting.participants
    pairs: list[tuple[Party, Party]] = []
    for i, a in enumerate(people):
        for b in people[i + 1 :]:
            if len(people) > 2 and a.role == b.role and a.role in ("host", "guest"):
                continue
            pairs.append((a, b))
    return pairs


def _who_met_whom(gold: ArticleMeetings, predicted: ArticleMeetings) -> tuple[int, int, int]:
    """Pairs found, invented and missed; each gold pair is matched once. A status must agree."""
    wanted = [(m.status, p) for m in gold.meetings for p in meeting_pairs(m)]
    found = [(m.status, p) for m in predicted.meetings for p in meeting_pairs(m)]
    hits = 0
    for status, (a, b) in wanted:
        for i, (other_status, (c, d)) in enumerate(found):
            if status == other_status and (
                (party_matches(a, c) and party_matches(b, d))
                or (party_matches(a, d) and party_matches(b, c))
            ):
                del found[i]
                hits += 1
                break
    return hits, len(found), len(wanted) - hits


def align_meetings(
    gold: Sequence[Meeting], predicted: Sequence[Meeting]
) -> list[tuple[Meeting, Meeting]]:
    """Pairs of a gold and a predicted meeting with most participants in common, greedily."""
    scored: list[tuple[float, int, Meeting, Meeting]] = []
    for g in gold:
        for p in predicted:
            common = sum(any(party_matches(a, b) for b in p.participants) for a in g.participants)
            union = len(g.participants) + len(p.participants) - common
            bonus = 0.1 * (g.status == p.status) + 0.05 * (g.kind == p.kind)
            if common >= 1:
                scored.append((common / union + bonus, len(scored), g, p))
    scored.sort(key=lambda item: (-item[0], item[1]))
    pairs: list[tuple[Meeting, Meeting]] = []
    for _, _, g, p in scored:
        if all(g is not a and p is not b for a, b in pairs):
            pairs.append((g, p))
    return pairs


def _same_names(a: Sequence[Party], b: Sequence[Party]) -> bool:
    return len(a) == len(b) and all(any(party_matches(x, y) for y in b) for x in a)


def _field_agreement(g: Meeting, p: Meeting) -> dict[str, bool]:
    def place(m: Meeting) -> tuple[str | None, ...]:
        if m.place is None:
            return (None, None, None)
        return (
            fold(m.place.city) if m.place.city else None,
            fold(m.place.facility) if m.place.facility else None,
            m.place.country,
        )

    roles = {
        (x.role, y.role) for x in g.participants for y in p.participants if party_matches(x, y)
    }
    return {
        "participants": _same_names(g.participants, p.participants),
        "roles": all(a == b for a, b in roles) and bool(roles),
        "attendees": _same_names(g.attendees, p.attendees),
        "kind": g.kind == p.kind,
        "status": g.status == p.status,
        "place": place(g) == place(p),
        "city": place(g)[0] == place(p)[0],
        "place_country": place(g)[2] == place(p)[2],
        "date": (g.date.value if g.date else None) == (p.date.value if p.date else None),
        "countries": all(
            any(party_matches(x, y) and x.country == y.country for y in p.participants)
            for x in g.participants
        ),
    }


WHOLE_RECORD_FIELDS = (
    "participants",
    "roles",
    "attendees",
    "kind",
    "status",
    "place",
    "date",
    "countries",
)
"""What must agree for a record to be right as a whole (all but topics)."""


def score_records(pairs: Iterable[tuple[ArticleMeetings, ArticleMeetings]]) -> dict[str, Any]:
    """Scores over articles.

    Args:
        pairs: gold and predicted records of each article.

    Returns:
        `who_met_whom` (pairs of participants of different sides, with status), `meetings`
        (records with the same participants and status), `whole_records` (share of gold records
        right in every field but topics) and `fields` (share of aligned gold records that agree,
        an unaligned gold record counting as wrong).
    """
    met = [0, 0, 0]
    records = [0, 0, 0]
    whole = total = 0
    fields: dict[str, int] = {}
    for gold, predicted in pairs:
        for i, n in enumerate(_who_met_whom(gold, predicted)):
            met[i] += n
        total += len(gold.meetings)
        right = 0
        for g, p in align_meetings(gold.meetings, predicted.meetings):
            agreement = _field_agreement(g, p)
            right += agreement["participants"] and agreement["status"]
            whole += all(agreement[f] for f in WHOLE_RECORD_FIELDS)
            for name, value in agreement.items():
                fields[name] = fields.get(name, 0) + value
        records[0] += right
        records[1] += len(predicted.meetings) - right
        records[2] += len(gold.meetings) - right
    return {
        "who_met_whom": prf(*met),
        "meetings": prf(*records),
        "whole_records": whole / total if total else 0.0,
        "fields": {name: n / total for name, n in sorted(fields.items())} if total else {},
        "gold_meetings": total,
    }
