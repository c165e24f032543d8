"""`assemble`: the records of one article from its spans and relations."""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import cast

from spacy.tokens import Doc

from liqaa.assembly.codes import cameo_code, plover_code
from liqaa.assembly.encounters import Encounter, Side, find_encounters, settle_kinds
from liqaa.assembly.parties import Entity, PartyIndex, name_words
from liqaa.assembly.topics import collect_topics
from liqaa.countries import country_of, is_country_name
from liqaa.dates import find_dateline, resolve_date
from liqaa.language.normalize import fold
from liqaa.records import (
    ArticleMeetings,
    Evidence,
    Meeting,
    MeetingDate,
    PairRelation,
    Participant,
    Party,
    Place,
    RelationType,
    Role,
    Status,
)
from liqaa.relations import get_relations, span_keys

MAX_EVIDENCE = 4


def assemble(
    doc: Doc, published: datetime.date | None = None, doc_id: str = "doc", links: str = "both"
) -> ArticleMeetings:
    """Records of an article.

    Args:
        doc: with entities, topics and relations.
        published: publication date, against which relative dates are read; else the article's
            own dateline, if it has one.
        doc_id: what to call the article.
        links: which evidence joins mentions: "both", "learned" or "rules" (for ablations).
    """
    published = published or find_dateline(doc.text)
    relations = get_relations(doc)
    spans = span_keys(doc)
    index = PartyIndex(doc, [s for s in spans if s.label != "TOPIC"], relations, links)
    encounters = find_encounters(doc, spans, relations, index)
    _fill_countries(index, encounters)
    _settle_home(index, encounters)
    settle_kinds(doc, encounters)
    names = _Names(index)
    sentences = _Sentences(doc)
    told = [(e, sides) for e in encounters if len(sides := _principals(e)) >= 2]
    meetings = [
        _meeting(doc, sentences, encounter, sides, f"m{number}", index, names, published)
        for number, (encounter, sides) in enumerate(told, 1)
    ]
    pairs = [pair for meeting in meetings for pair in _pair_relations(meeting)]
    pairs += _party_relations(index, names)
    return ArticleMeetings(
        doc_id=doc_id,
        published=published.isoformat() if published else None,
        meetings=tuple(meetings),
        relations=tuple(pairs),
    )


class _Names:
    """Ids of entities, given in the order in which records name them."""

    def __init__(self, index: PartyIndex) -> None:
        self._index = index
        self._ids: dict[int, str] = {}
        self.parties: dict[str, Party] = {}

    def party(self, entity: Entity) -> Party:
        """The record of an entity, the same each time."""
        identifier = self._ids.setdefault(id(entity), f"p{len(self._ids) + 1}")
        if identifier not in self.parties:
            self.parties[identifier] = self._index.party_fields(entity, identifier)
        return self.parties[identifier]

    def known(self, entity: Entity) -> Party | None:
        """The record of an entity that some meeting names."""
        identifier = self._ids.get(id(entity))
        return self.parties.get(identifier) if identifier else None


def _fill_countries(index: PartyIndex, encounters: Sequence[Encounter]) -> None:
    """Give a side whose country is not told the one that an ordinary reader would."""
    counts = Counter(
        code
        for span in index.mentions
        if span.label in ("GPE", "NORP", "ORG", "FAC")
        and (code := country_of(index.bare(span), label=span.label))
    )
    for encounter in encounters:
        place = _country_of_places(encounter, index)
        for side in encounter.sides.values():
            if place is None or side.role != "host" or side.entity.country:
                continue
            if not index.is_international(side.entity):
                side.entity.country = place
                counts[place] += _AT_HOME
    for entity in index.entities:
        if entity.is_known and entity.positions and entity.country:
            counts[entity.country] += _AT_HOME  # an office without a country, of a known person
    opponents: dict[int, set[str]] = {}
    unknown: dict[int, Entity] = {}
    for encounter in encounters:
        for i, side in encounter.sides.items():
            entity = side.entity
            if entity.country or entity.is_both_sides or index.is_international(entity):
                continue
            unknown[i] = entity
            others = opponents.setdefault(i, set())
            for j, other in encounter.sides.items():
                if (
                    j != i
                    and other.entity.country
                    and (side.role != other.role or side.role == "participant")
                ):
                    others.add(other.entity.country)
            place = _country_of_places(encounter, index)
            if side.role == "guest" and place:
                others.add(place)
    told = Counter(counts)
    for i, entity in unknown.items():
        if not (entity.is_named or entity.is_office or entity.is_delegation):
            continue  # a group is of whatever country
        # An office without a country is held at home: in the country most spoken of, but for
        # the countries of those that its holder meets.
        rest = Counter({code: n for code, n in counts.items() if code not in opponents[i]})
        ranked = rest.most_common(2)
        if _is_diplomat(index, entity) and len(counts) > 1:
            home = counts.most_common(1)[0][0]
            ranked = [(code, n) for code, n in rest.most_common(3) if code != home]
        if ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1]) and ranked[0][1] >= 2:
            entity.country = ranked[0][0]
        elif len(told) == 1 and not _is_diplomat(index, entity):
            entity.country = next(iter(told))  # an article about one country only


_AT_HOME = 3
"""Mentions of a country that an official at home there is worth."""

_DIPLOMATS = frozenset(name_words("سفير سفيرة قنصل قائم ملحق مبعوث مبعوثة سفيرا مندوب ممثل ممثلة"))


def _is_diplomat(index: PartyIndex, entity: Entity) -> bool:
    held = [r.tail for m in entity.mentions for r in index.tails[m.key, "HOLDS"]]
    offices = [*held, *(m.key for m in entity.mentions if m.key.label == "POSITION")]
    return any(word in _DIPLOMATS for s in offices for word in index.mentions[s].words[:1])


def _settle_home(index: PartyIndex, encounters: Sequence[Encounter]) -> None:
    """Who meets others in his own country is the host, also where no verb says so."""
    for encounter in encounters:
        sides = [s for s in encounter.sides.values() if not s.entity.is_both_sides]
        place = _country_of_places(encounter, index)
        if encounter.kind in ("call", "conference") or place is None:
            continue
        if len(sides) != 2 or any(s.role != "participant" or not s.entity.country for s in sides):
            continue
        home = [s for s in sides if s.entity.country == place]
        if len(home) == 1:
            for side in sides:
                side.weights["host" if side is home[0] else "guest"] += 0.01


def _is_principal(side: Side, encounter: Encounter) -> bool:
    """Whether a side is a principal: not «الجانبان», not a delegation whose head is named."""
    entity = side.entity
    if entity.is_both_sides:
        return False
    if entity.is_named or entity.is_office:
        return True
    named = [
        s
        for s in encounter.sides.values()
        if s is not side
        and not s.entity.is_both_sides
        and (s.entity.is_named or s.entity.is_office)
        and s.role == side.role
    ]
    return not (entity.is_delegation and named) and not (
        len(named) > 0
        and entity.country is not None
        and any(s.entity.country == entity.country for s in named)
    )


def _principals(encounter: Encounter) -> list[Side]:
    """The sides that a record names as participants, in text order."""
    sides = (s for s in encounter.sides.values() if _is_principal(s, encounter))
    return sorted(sides, key=lambda s: s.entity.first.key)


def _meeting(
    doc: Doc,
    sentences: _Sentences,
    encounter: Encounter,
    sides: Sequence[Side],
    identifier: str,
    index: PartyIndex,
    names: _Names,
    published: datetime.date | None,
) -> Meeting:
    participants = []
    for side in sides:
        party = names.party(side.entity)
        role = "participant" if encounter.kind == "call" else side.role
        participants.append(
            Participant(
                **{f: getattr(party, f) for f in party.__struct_fields__}, role=cast(Role, role)
            )
        )
    attendees = []
    for entity in sorted((index.by_id[i] for i in encounter.attendees), key=lambda e: e.first.key):
        apart = all(entity is not s.entity for s in sides)
        if apart and (entity.is_named or entity.is_office):
            attendees.append(names.party(entity))
    place = None if encounter.kind == "call" else _place(encounter, index, sides)
    evidence = _evidence(sentences, encounter)
    told = " ".join(e.text for e in evidence)
    scores = [min(s.score, 1.0) for s in sides]
    return Meeting(
        id=identifier,
        kind=encounter.kind,
        status=cast(Status, encounter.status),
        participants=tuple(participants),
        attendees=tuple(attendees),
        place=place,
        date=_date(encounter, index, published),
        topics=collect_topics(
            (doc[k.start : k.end].text, doc[k.start].idx) for k in sorted(set(encounter.topics))
        ),
        evidence=evidence,
        score=round(min(scores), 4),
        plover=plover_code(encounter.kind, cast(Status, encounter.status)),
        cameo=cameo_code(encounter.kind, participants, place, told),
    )


def _country_of_places(encounter: Encounter, index: PartyIndex) -> str | None:
    for span in encounter.places:
        text = index.wording(span) if span.label == "FAC" else index.bare(span)
        code = country_of(text, label=span.label)
        if code:
            return code
    return None


def _place(encounter: Encounter, index: PartyIndex, sides: Sequence[Side]) -> Place | None:
    city = facility = country = region = None
    for span in dict.fromkeys(encounter.places):
        if span.label == "FAC":
            facility = facility or index.wording(span)
        elif span.label == "GPE":
            name = index.bare(span).replace("_", " ")
            if is_country_name(name):
                country = country or country_of(name, label="GPE")
            else:
                city = city or name
        elif span.label == "LOC":
            region = region or index.bare(span).replace("_", " ")
    if city is None and facility and fold(facility).startswith("مطار"):
        words = fold(facility).split()
        told = (index.bare(s) for s in index.mentions if s.label == "GPE")
        city = next((g for g in told if fold(g) in words and not is_country_name(g)), None)
    city = city or region
    country = country or _country_of_places(encounter, index)
    if country is None:
        hosts = {s.entity.country for s in sides if s.role == "host"} - {None}
        if not hosts and (city or facility):
            hosts = {s.entity.country for s in sides}  # a meeting of one country's own people
        if len(hosts) == 1:
            country = hosts.pop()
    return Place(city, facility, country) if city or facility or country else None


def _date(
    encounter: Encounter, index: PartyIndex, published: datetime.date | None
) -> MeetingDate | None:
    best: MeetingDate | None = None
    for span in dict.fromkeys(encounter.dates):
        text = index.bare(span)
        resolved = resolve_date(text, published)
        value = resolved.value
        if encounter.status == "planned" and published and resolved.source == "relative":
            value = _coming(text, value, published)
        date = MeetingDate(text, value, resolved.source)
        if best is None or len(date.value or "") > len(best.value or ""):
            best = date
    return best


def _coming(text: str, value: str | None, published: datetime.date) -> str | None:
    """The next day or month of that name, where a planned meeting's date was read backwards."""
    if value is None or any(w in fold(text) for w in ("ماضي", "امس", "اليوم")):
        return value
    if len(value) == 10:
        day = datetime.date.fromisoformat(value)
        if 0 < (published - day).days <= 7 and not any(c.isdigit() for c in text):
            return (day + datetime.timedelta(days=7)).isoformat()
        if day < published - datetime.timedelta(days=60) and (day.month, day.day) != (2, 29):
            return day.replace(year=day.year + 1).isoformat()
    elif len(value) == 7 and value < published.isoformat()[:7]:
        return f"{published.year + (value[5:] < published.isoformat()[5:7])}-{value[5:]}"
    return value


class _Sentences:
    """Sentences of a doc, else its lines, found by token without walking the doc again."""

    def __init__(self, doc: Doc) -> None:
        self.text = doc.text
        by_mark = doc.has_annotation("SENT_START")
        self._first: list[int] = []
        self._start: list[int] = []
        new = True
        for token in doc:
            if token.is_sent_start if by_mark else new:
                self._first.append(token.i)
                self._start.append(token.idx)
            new = "\n" in token.text

    def around(self, token: int) -> tuple[int, int]:
        """[start, end) in code points of the sentence that holds a token, without its edges."""
        i = max(bisect_right(self._first, token) - 1, 0)
        start = self._start[i]
        end = self._start[i + 1] if i + 1 < len(self._start) else len(self.text)
        sentence = self.text[start:end]
        start += len(sentence) - len(sentence.lstrip())
        return start, start + len(sentence.strip())


def _evidence(sentences: _Sentences, encounter: Encounter) -> tuple[Evidence, ...]:
    """The sentences of the triggers, each wording once."""
    found: dict[str, tuple[int, int]] = {}
    for trigger in encounter.triggers:
        start, end = sentences.around(trigger.start)
        found.setdefault(sentences.text[start:end], (start, end))
    told = sorted((span, text) for text, span in found.items() if text)
    return tuple(Evidence(text, span) for span, text in told)[:MAX_EVIDENCE]


def _pair_relations(meeting: Meeting) -> list[PairRelation]:
    pairs: list[PairRelation] = []

    def add(subject: str, kind: RelationType, target: str) -> None:
        pairs.append(PairRelation(subject, kind, target, meeting.id, meeting.score))

    if meeting.status == "held":
        for a in meeting.participants:
            for b in meeting.participants:
                if a.id == b.id or _same_side(a, b, len(meeting.participants)):
                    continue
                if meeting.kind == "call":
                    add(a.id, "called", b.id)
                else:
                    add(a.id, "met_with", b.id)
                    if a.role == "host" and b.role == "guest":
                        add(a.id, "received", b.id)
        where = meeting.place and (
            meeting.place.city or meeting.place.facility or meeting.place.country
        )
        for guest in meeting.participants:
            if guest.role == "guest" and where and meeting.kind != "call":
                add(guest.id, "visited", where)
        for attendee in meeting.attendees:
            add(attendee.id, "attended", meeting.id)
    return pairs


def _same_side(a: Participant, b: Participant, count: int) -> bool:
    """Two principals of one side: of three or more, those who share host or guest role."""
    if count == 2:
        return False
    if a.role == b.role and a.role in ("host", "guest"):
        return True
    return a.role == b.role and a.country is not None and a.country == b.country


def _party_relations(index: PartyIndex, names: _Names) -> list[PairRelation]:
    pairs: list[PairRelation] = []
    for entity in index.entities:
        party = names.known(entity)
        if party is None:
            continue
        for position in party.positions:
            pairs.append(PairRelation(party.id, "held_position", position.text, None, 1.0))
        if party.country:
            pairs.append(PairRelation(party.id, "represented", party.country, None, 1.0))
        elif party.positions and party.positions[0].organization:
            pairs.append(
                PairRelation(party.id, "represented", party.positions[0].organization, None, 1.0)
            )
        for key in entity.on_behalf_of:
            principal = index.of.get(key)
            if principal is None or principal is entity:
                continue
            known = names.known(principal)  # else no record explains his id
            target = known.id if known else principal.name or index.wording(principal.first.key)
            pairs.append(PairRelation(party.id, "on_behalf_of", target, None, 1.0))
    return list(dict.fromkeys(pairs))
