"""Which meeting is which: trigger mentions gathered into encounters, with sides and roles."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spacy.tokens import Doc

from liqaa.assembly.parties import Entity, PartyIndex
from liqaa.assembly.status import mention_status
from liqaa.language.normalize import fold
from liqaa.records import Kind
from liqaa.relations import Relation, SpanKey, get_status

ROLE_RELATIONS = {"HOST": "host", "GUEST": "guest", "PARTICIPANT": "participant"}

_CALL = (
    "هاتف",
    "اتصال",
    "مكالم",
    "فيديو",
    "مرئي",
    "مهاتف",
    "يهاتف",
    "تهاتف",
    "سيهاتف",
    "اتصل",
    "اتصلت",
    "يتصل",
    "تتصل",
    "سيتصل",
)
_REMOTE = (
    "هاتفي",
    "هاتف",
    "فيديو",
    "الفيديو",
    "المرييه",
    "المريي",
    "مرييا",
    "التحاضر",
    "بالفيديو",
    "بتقنيه",
    "افتراضي",
)
_VISIT = (
    "زار",
    "زياره",
    "زيار",
    "يزور",
    "تزور",
    "سيزور",
    "ستزور",
    "جوله",
    "وصل",
    "وصول",
    "توجه",
    "سافر",
    "يصل",
    "حل ضيفا",
    "قدم",
)
_RECEPTION = ("استقبل", "يستقبل", "تستقبل", "استقبال", "سيستقبل", "استضاف", "يستضيف", "استقبلت")
_CONFERENCE = ("قمه", "موتمر", "القمه", "الموتمر", "منتدي")
_ADDITIONAL = ("كما", "ايضا", "ثم", "كذلك", "وكذلك", "لاحقا", "بعدها", "عقب")


@dataclass(slots=True)
class Encounter:
    """One meeting: its trigger mentions, who took part, and its other arguments."""

    triggers: list[SpanKey]
    sides: dict[int, Side] = field(default_factory=dict)
    attendees: dict[int, float] = field(default_factory=dict)
    places: list[SpanKey] = field(default_factory=list)
    dates: list[SpanKey] = field(default_factory=list)
    topics: list[SpanKey] = field(default_factory=list)
    status: str = "held"
    kind: Kind = "talks"
    rules: list[str] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Token at which the article first tells of it."""
        return self.triggers[0].start


@dataclass(slots=True)
class Side:
    """An entity's part in an encounter: weight of evidence for each role."""

    entity: Entity
    weights: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def role(self) -> str:
        """The best supported role; host or guest beats participant."""
        named = {role: w for role, w in self.weights.items() if role != "participant"}
        if named:
            return max(named, key=lambda role: named[role])
        return "participant"

    @property
    def score(self) -> float:
        """Best evidence for taking part at all."""
        return max(self.weights.values(), default=0.0)


def find_encounters(
    doc: Doc, spans: Sequence[SpanKey], relations: Iterable[Relation], index: PartyIndex
) -> list[Encounter]:
    """Encounters of an article in text order, each with two sides at least."""
    relations = list(relations)
    triggers = [s for s in spans if s.label == "MEETING"]
    grouped = _group(triggers, relations, index.links)
    annotated = get_status(doc)
    by_head: dict[SpanKey, list[Relation]] = defaultdict(list)
    for relation in relations:
        if relation.head.label == "MEETING":
            by_head[relation.head].append(relation)
    encounters = [_encounter(doc, group, by_head, index, annotated) for group in grouped]
    encounters.sort(key=lambda e: e.start)
    encounters = _absorb_anonymous(doc, encounters)
    encounters = _merge_same(doc, encounters)
    encounters = _absorb_visits(doc, encounters)
    encounters = [e for e in encounters if e.status != "denied" and _has_two_sides(e)]
    for encounter in encounters:
        _settle_roles(encounter)
    settle_kinds(doc, encounters)
    return encounters


def settle_kinds(doc: Doc, encounters: Iterable[Encounter]) -> None:
    """Set each encounter's kind; once more when more countries of its sides are known."""
    starts = frozenset(e.start for e in doc.ents if e.label_ == "MEETING")
    for encounter in encounters:
        encounter.kind = _kind(doc, encounter, starts)


def _group(
    triggers: Sequence[SpanKey], relations: Sequence[Relation], links: str
) -> list[list[SpanKey]]:
    parent = {t: t for t in triggers}

    def find(t: SpanKey) -> SpanKey:
        while parent[t] != t:
            parent[t] = parent[parent[t]]
            t = parent[t]
        return t

    if links != "rules":
        for r in relations:
            if r.label == "SAME_AS" and r.head in parent and r.tail in parent:
                a, b = find(r.head), find(r.tail)
                parent[max(a, b)] = min(a, b)
    groups: dict[SpanKey, list[SpanKey]] = defaultdict(list)
    for t in sorted(triggers):
        groups[find(t)].append(t)
    return list(groups.values())


def _encounter(
    doc: Doc,
    triggers: list[SpanKey],
    by_head: Mapping[SpanKey, Sequence[Relation]],
    index: PartyIndex,
    annotated: dict[SpanKey, str],
) -> Encounter:
    encounter = Encounter(triggers)
    has_status = "liqaa.status" in doc.user_data
    relations = [relation for trigger in triggers for relation in by_head.get(trigger, ())]
    for relation in relations:
        if relation.label in ROLE_RELATIONS or relation.label == "ATTENDEE":
            entity = index.of.get(relation.tail)
            if entity is None:
                continue
            if relation.label == "ATTENDEE":
                encounter.attendees[id(entity)] = max(
                    encounter.attendees.get(id(entity), 0.0), relation.score
                )
            else:
                side = encounter.sides.setdefault(id(entity), Side(entity))
                side.weights[ROLE_RELATIONS[relation.label]] += relation.score
        elif relation.label == "HELD_IN":
            encounter.places.append(relation.tail)
        elif relation.label == "HELD_ON":
            encounter.dates.append(relation.tail)
        elif relation.label == "DISCUSSED":
            encounter.topics.append(relation.tail)
    said = [annotated.get(t, "held") if has_status else mention_status(doc, t) for t in triggers]
    with_sides = {r.head for r in relations if r.label in ROLE_RELATIONS}
    told = [s for t, s in zip(triggers, said, strict=True) if t in with_sides] or said
    for status in ("cancelled", "denied"):
        if status in said:
            encounter.status = status
            break
    else:
        encounter.status = told[0]
    return encounter


def _principals(encounter: Encounter) -> set[int]:
    return {
        i
        for i, side in encounter.sides.items()
        if not side.entity.is_both_sides and not side.entity.is_delegation
    }


def _merge_into(target: Encounter, other: Encounter, rule: str, *, with_sides: bool = True) -> None:
    target.triggers = sorted({*target.triggers, *other.triggers})
    if with_sides:
        for i, side in other.sides.items():
            mine = target.sides.setdefault(i, Side(side.entity))
            for role, weight in side.weights.items():
                mine.weights[role] += weight
    for i, score in other.attendees.items():
        target.attendees[i] = max(target.attendees.get(i, 0.0), score)
    target.places += other.places
    target.dates += other.dates
    target.topics += other.topics
    target.rules.append(rule)


def _is_visit(doc: Doc, encounter: Encounter) -> bool:
    return all(_mentions(doc, t, _VISIT) for t in encounter.triggers)


def _mentions(doc: Doc, trigger: SpanKey, words: Sequence[str]) -> bool:
    tokens = [fold(t.text) for t in doc[trigger.start : trigger.end]]
    stripped = [
        *tokens,
        *(t[1:] for t in tokens if t[:1] in "وفبل"),
        *(t[2:] for t in tokens if t[:2] in ("ال", "وا", "لل")),
        *(t[3:] for t in tokens if t[:3] in ("وال", "بال")),
    ]
    return any(t.startswith(w) for t in stripped for w in words)


def _absorb_anonymous(doc: Doc, encounters: list[Encounter]) -> list[Encounter]:
    """Mentions without named sides («اللقاء», «الجانبان») belong to the meeting told before."""
    kept: list[Encounter] = []
    full: list[Encounter] = []
    for encounter in encounters:
        principals = _principals(encounter)
        visit = _is_visit(doc, encounter)
        if len(principals) < 2 and encounter.status != "denied":
            target = next(
                (
                    e
                    for e in reversed(full[-_LATEST:])
                    if principals <= _principals(e) | set(e.attendees)
                    and _is_visit(doc, e) == visit
                    and (e.status == encounter.status or not principals)
                ),
                None,
            )
            if target is not None and not (principals and _opens_another(doc, encounter)):
                _merge_into(target, encounter, "anonymous mention joined", with_sides=False)
                continue
        kept.append(encounter)
        if len(principals) >= 2:
            full.append(encounter)
    return kept


_LATEST = 50
"""How many meetings told before are looked at."""


def _opens_another(doc: Doc, encounter: Encounter) -> bool:
    start = encounter.start
    return any(fold(t.text) in _ADDITIONAL for t in doc[max(0, start - 2) : start])


def _merge_same(doc: Doc, encounters: list[Encounter]) -> list[Encounter]:
    """Two tellings of a meeting of the same people, unless time or place part them."""
    kept: list[Encounter] = []
    of: dict[int, list[Encounter]] = defaultdict(list)
    for encounter in encounters:
        principals = _principals(encounter)
        alike = {e.start: e for i in principals for e in of[i][-_LATEST:]}
        target = next(
            (
                e
                for _, e in sorted(alike.items())
                if len(principals) >= 2
                and e.status == encounter.status
                and _is_visit(doc, e) == _is_visit(doc, encounter)
                and (principals <= _principals(e) or _principals(e) <= principals)
                and len(_principals(e)) >= 2
                and not _dates_differ(doc, e, encounter)
                and not _looks_back(doc, e, encounter)
            ),
            None,
        )
        if target is None:
            kept.append(encounter)
            for i in principals:
                of[i].append(encounter)
        else:
            _merge_into(target, encounter, "same sides joined")
    return kept


def _dates_differ(doc: Doc, a: Encounter, b: Encounter) -> bool:
    words_a = {fold(k.span(doc).text) for k in a.dates}
    words_b = {fold(k.span(doc).text) for k in b.dates}
    return bool(words_a and words_b and not words_a & words_b)


def _looks_back(doc: Doc, told: Encounter, other: Encounter) -> bool:
    """Whether `other` is an earlier meeting: «وكان قد اجتمع به … في نوفمبر»."""
    if told.dates or not other.dates:
        return False
    start = other.start
    before = [fold(t.text) for t in doc[max(0, start - 8) : start]]
    pluperfect = any(w in _WAS for w in before) or "سبق" in before
    if pluperfect:
        dates = [fold(k.span(doc).text) for k in other.dates]
        return not any(w in d for d in dates for w in ("اليوم", "امس"))
    return not told.places and bool(other.places) and not any(_is_day(doc, d) for d in other.dates)


def _is_day(doc: Doc, date: SpanKey) -> bool:
    """Whether a date names one day, and not a month or a part of it."""
    words = fold(date.span(doc).text).replace("_", " ").split()
    if any(w.removeprefix("ال") in _PARTS for w in words):
        return False
    return any(w in _DAYS or (w.isdigit() and len(w) <= 2) or "/" in w for w in words)


_DAYS = frozenset(
    map(fold, ("اليوم", "أمس", "غدا", "الأحد", "الاثنين", "الإثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"))
)  # fmt: skip
_PARTS = frozenset(
    map(fold, ("منتصف", "نصف", "مطلع", "نهاية", "بداية", "أواخر", "أوائل", "أواسط", "شهر", "أسبوع", "عام"))
)  # fmt: skip
_WAS = frozenset(("كان", "وكان", "كانت", "وكانت", "كانا", "وكانا"))


def _absorb_visits(doc: Doc, encounters: list[Encounter]) -> list[Encounter]:
    """Drop visits within which an encounter is told, after lending it their place and date."""
    visits = [e for e in encounters if _is_visit(doc, e)]
    others = [e for e in encounters if not _is_visit(doc, e)]
    kept = list(others)
    of: dict[int, list[Encounter]] = defaultdict(list)
    for encounter in others:
        for i in encounter.sides:
            of[i].append(encounter)
    for visit in visits:
        visitors = {i for i, s in visit.sides.items() if s.role == "guest"} or set(visit.sides)
        near = {e.start: e for i in visitors for e in of[i][:_LATEST]}
        within = [
            e
            for _, e in sorted(near.items())
            if _may_be_within(visit, e) and not _is_at_home(visitors, e)
        ]
        for encounter in within:
            visiting = any(s.role == "guest" for i, s in encounter.sides.items() if i in visitors)
            if not encounter.places and visiting:
                encounter.places += [p for p in visit.places if p.label != "FAC"]
            if not encounter.dates:
                encounter.dates += [d for d in visit.dates if len(within) == 1 or _is_day(doc, d)]
        if not within:
            kept.append(visit)
    return sorted(kept, key=lambda e: e.start)


def _is_at_home(visitors: set[int], encounter: Encounter) -> bool:
    """Whether the visitors of a visit are hosts here: then this is no part of it."""
    roles = {s.role for i, s in encounter.sides.items() if i in visitors}
    return roles == {"host"}


def _may_be_within(visit: Encounter, encounter: Encounter) -> bool:
    if visit.status == encounter.status:
        return True
    return (
        visit.status == "planned"
        and encounter.status == "held"
        and abs(visit.start - encounter.start) < 60
    )


def _is_remote(doc: Doc, trigger: SpanKey, others: Container[int] = ()) -> bool:
    """«هاتفيا», «عبر الفيديو», «عن بعد» in the clause of a verb or noun of meeting."""
    after = [fold(t.text) for t in doc[trigger.end : trigger.end + 5]]
    if any(w.startswith(_REMOTE) for w in after) or ("عن", "بعد") in itertools.pairwise(after):
        return True
    for i in range(trigger.end, min(len(doc), trigger.end + _CLAUSE)):
        word = fold(doc[i].text)
        if i in others or doc[i].text in ".؟!؛" or "\n" in doc[i].text:
            return False
        if word in _REMOTELY or (
            word == "عبر" and i + 1 < len(doc) and fold(doc[i + 1].text) in _MEANS
        ):
            return True
    return False


_CLAUSE = 25
_REMOTELY = frozenset(map(fold, ("هاتفيا", "هاتفيًا", "مرئيا", "افتراضيا")))
_MEANS = frozenset(
    map(fold, ("الهاتف", "تقنية", "الفيديو", "الاتصال", "دائرة", "منصة", "التحاضر", "الإنترنت", "خاصية", "زووم", "تطبيق"))
)  # fmt: skip


def _has_two_sides(encounter: Encounter) -> bool:
    sides = [s for s in encounter.sides.values() if not s.entity.is_both_sides]
    return len(sides) >= 2


def _settle_roles(encounter: Encounter) -> None:
    """Two-sided: where one is host the other is guest, and the reverse."""
    sides = [s for s in encounter.sides.values() if not s.entity.is_both_sides]
    roles = {s.role for s in sides}
    if roles == {"host", "participant"} or roles == {"guest", "participant"}:
        other = "guest" if "host" in roles else "host"
        for side in sides:
            if side.role == "participant":
                side.weights[other] += 0.01


def _kind(doc: Doc, encounter: Encounter, starts: Container[int]) -> Kind:
    if any(_mentions(doc, t, _CALL) or _is_remote(doc, t, starts) for t in encounter.triggers):
        return "call"
    main = next(
        (t for t in encounter.triggers if not _mentions(doc, t, _VISIT)), encounter.triggers[0]
    )
    sides = [s for s in encounter.sides.values() if not s.entity.is_both_sides]
    countries = {s.entity.country for s in sides if s.entity.country}
    table = any(_mentions(doc, t, _CONFERENCE) for t in encounter.triggers)
    several = len(countries) >= 3 and not _mentions(doc, main, _RECEPTION)
    if len(sides) >= 3 and (several or (table and len(countries) < 3)):
        return "conference"
    if any(s.entity.is_assembly and s.entity.country is None for s in sides) and any(
        _mentions(doc, t, (*_CONFERENCE, "اجتماع")) for t in encounter.triggers
    ):
        return "conference"
    if all(_mentions(doc, t, _VISIT) for t in encounter.triggers):
        return "visit"
    if _mentions(doc, main, _RECEPTION):
        return "reception"
    return "talks"
