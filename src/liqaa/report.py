"""The HTML report: who met whom, beside the text that tells it, as one self-contained page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from liqaa.countries import country_name
from liqaa.errors import InputError
from liqaa.language.normalize import fold
from liqaa.records import ArticleMeetings, CharSpan, Meeting, Party

_GOLDEN_ANGLE: Final = 137.508  # degrees; hues of neighbours in a list stay far apart

Layer = Literal["party", "topic", "evidence"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("من التقى من", "Who met whom"),
    "subtitle": ("لقاءات استخرجها liqaa من نصوص الأخبار", "Meetings that liqaa read in news articles"),
    "articles": ("المقالات", "Articles"),
    "meetings": ("اللقاءات", "Meetings"),
    "people": ("الأشخاص", "People"),
    "filter": ("تصفية", "Filter"),
    "search": ("شخص أو موضوع", "Person or subject"),
    "any_kind": ("كل الأنواع", "Any kind"),
    "any_status": ("كل الحالات", "Any status"),
    "shown": ("اللقاءات المعروضة:", "Meetings shown:"),
    "table": ("كل اللقاءات", "All meetings"),
    "date": ("التاريخ", "Date"),
    "hosts": ("المضيف / المشاركون", "Host / participants"),
    "guests": ("الضيف", "Guest"),
    "place": ("المكان", "Place"),
    "kind": ("النوع", "Kind"),
    "status": ("الحالة", "Status"),
    "score": ("الدرجة", "Score"),
    "article": ("المقال", "Article"),
    "role.host": ("المضيف", "Host"),
    "role.guest": ("الضيف", "Guest"),
    "role.participant": ("المشاركون", "Participants"),
    "attendees": ("الحضور", "Also present"),
    "topics": ("المواضيع", "Topics"),
    "codes": ("الرموز", "Codes"),
    "published": ("نُشر في", "Published"),
    "group": ("مجموعة", "A group"),
    "unresolved": ("غير محدد", "unresolved"),
    "show": ("أظهر في النص", "Show in the text"),
    "text": ("نص المقال", "Text of the article"),
    "missing": ("نص المقال غير متاح؛ هذه الجمل الدالة فقط.", "The article's text was not given; these are the sentences that tell of the meetings."),
    "mismatch": ("النص المعطى ليس النص الذي استُخرجت منه السجلات؛ هذه الجمل الدالة فقط.", "The text given is not the one that the records come from; these are the sentences that tell of the meetings."),
    "no_meeting": ("لا لقاء في هذا المقال.", "This article tells of no meeting."),
    "no_articles": ("لا مقالات.", "No articles."),
    "legend": ("مفتاح الألوان", "Legend"),
    "legend.party": ("شخص، لون لكل شخص", "a person, one colour each"),
    "legend.topic": ("موضوع", "a topic"),
    "legend.evidence": ("جملة دالة", "a sentence that tells of a meeting"),
    "kind.talks": ("مباحثات", "talks"),
    "kind.visit": ("زيارة", "visit"),
    "kind.reception": ("استقبال", "reception"),
    "kind.call": ("اتصال", "call"),
    "kind.conference": ("مؤتمر", "conference"),
    "kind.ceremony": ("مراسم", "ceremony"),
    "status.held": ("عُقد", "held"),
    "status.planned": ("مقرر", "planned"),
    "status.cancelled": ("أُلغي", "cancelled"),
    "source.text": ("كما في النص", "as written"),
    "source.relative": ("نسبة إلى تاريخ النشر", "relative to publication"),
    "source.hijri": ("من الهجري", "from the Hijri calendar"),
    "topic.border_security": ("أمن الحدود", "border security"),
    "topic.counter_terrorism": ("مكافحة الإرهاب", "counter-terrorism"),
    "topic.military_cooperation": ("تعاون عسكري", "military cooperation"),
    "topic.training_exercises": ("تدريب ومناورات", "training and exercises"),
    "topic.arms": ("تسليح", "arms"),
    "topic.security_cooperation": ("تعاون أمني", "security cooperation"),
    "topic.elections": ("انتخابات", "elections"),
    "topic.migration": ("هجرة", "migration"),
    "topic.energy": ("طاقة", "energy"),
    "topic.trade": ("تجارة", "trade"),
    "topic.investment": ("استثمار", "investment"),
    "topic.economy_finance": ("اقتصاد ومال", "economy and finance"),
    "topic.reconstruction": ("إعادة إعمار", "reconstruction"),
    "topic.mediation_peace": ("وساطة وسلام", "mediation and peace"),
    "topic.humanitarian_aid": ("مساعدات إنسانية", "humanitarian aid"),
    "topic.gaza_palestine": ("غزة وفلسطين", "Gaza and Palestine"),
    "topic.sudan": ("السودان", "Sudan"),
    "topic.libya": ("ليبيا", "Libya"),
    "topic.syria": ("سوريا", "Syria"),
    "topic.lebanon": ("لبنان", "Lebanon"),
    "topic.yemen_red_sea": ("اليمن والبحر الأحمر", "Yemen and the Red Sea"),
    "topic.iraq": ("العراق", "Iraq"),
    "topic.ukraine": ("أوكرانيا", "Ukraine"),
    "topic.iran": ("إيران", "Iran"),
    "topic.water": ("مياه", "water"),
    "topic.agriculture_food": ("زراعة وغذاء", "agriculture and food"),
    "topic.transport": ("نقل", "transport"),
    "topic.health": ("صحة", "health"),
    "topic.education_culture": ("تعليم وثقافة", "education and culture"),
    "topic.technology": ("تكنولوجيا", "technology"),
    "topic.climate_environment": ("مناخ وبيئة", "climate and environment"),
    "topic.justice_human_rights": ("عدالة وحقوق إنسان", "justice and human rights"),
    "topic.tourism_sport": ("سياحة ورياضة", "tourism and sport"),
    "topic.religion_society": ("دين ومجتمع", "religion and society"),
    "topic.domestic_politics": ("سياسة داخلية", "domestic politics"),
    "topic.regional_international_affairs": ("شؤون إقليمية ودولية", "regional and international affairs"),
    "topic.bilateral_relations": ("علاقات ثنائية", "bilateral relations"),
}  # fmt: skip
"""Words of the page by key, in Arabic and English."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of the article that the page marks; `key` is the party's or meeting's."""

    start: int
    end: int
    layer: Layer
    key: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text between two neighbouring borders of marks; `parties` with the shortest mention first."""

    text: str
    parties: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    @property
    def classes(self) -> str:
        """CSS classes of what a piece is besides a mention."""
        return " ".join(["evidence"] * bool(self.evidence) + ["topic"] * bool(self.topics))


@dataclass(frozen=True, slots=True)
class _Person:
    """A party with its colour and what to call it; an empty label is a group without words."""

    record: Party
    key: str
    hue: int
    label: str


@dataclass(frozen=True, slots=True)
class _Card:
    """A meeting as the page shows it."""

    anchor: str
    key: str
    record: Meeting
    sides: tuple[tuple[str, tuple[_Person, ...]], ...]
    attendees: tuple[_Person, ...]
    search: str

    @property
    def hosts(self) -> list[_Person]:
        """Hosts, and those whose role the article does not tell."""
        return [p for role, people in self.sides if role != "guest" for p in people]

    @property
    def guests(self) -> list[_Person]:
        """Those who are received or visit."""
        return [p for role, people in self.sides if role == "guest" for p in people]

    @property
    def people(self) -> list[_Person]:
        """Everyone whom the card names."""
        return [*self.hosts, *self.guests, *self.attendees]


@dataclass(frozen=True, slots=True)
class _Article:
    """An article as the page shows it; `notice` is the word that says why its text is not whole."""

    anchor: str
    record: ArticleMeetings
    notice: str | None
    blocks: tuple[tuple[_Piece, ...], ...]
    cards: tuple[_Card, ...]
    people: dict[str, _Person]


def read_records(path: Path) -> list[ArticleMeetings]:
    """Read a JSONL file as `liqaa extract` writes it.

    Raises:
        InputError: the file cannot be read, or a line is no such record.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    records = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            records.append(ArticleMeetings.from_json(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"{path}:{number}: not a record of liqaa ({error}); give the file that `liqaa extract` wrote."
            ) from error
    return records


def render_report(records: Sequence[ArticleMeetings], texts: Mapping[str, str]) -> str:
    """One HTML page of the meetings of all articles.

    Args:
        records: what was extracted.
        texts: text of an article by its `doc_id`; an article without one is shown by its evidence.
    """
    articles = [
        _article(n, record, texts.get(record.doc_id)) for n, record in enumerate(records, 1)
    ]
    cards = [card for article in articles for card in article.cards]
    words = WORDS | _country_words(cards)
    data = {"words": words, "search": {card.anchor: card.search for card in cards}}
    page = (
        _template_environment()
        .get_template("report.html.j2")
        .render(
            articles=articles,
            words=words,
            data=data,
            # Only the page's own script may run; the nonce depends on the data, so none can guess it.
            nonce=sha256(repr(data).encode("utf-8", "replace")).hexdigest()[:32],
            meeting_count=len(cards),
            people_count=len(
                {name for card in cards for p in card.people if (name := _identity(p))}
            ),
        )
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # JSON may hold half a surrogate pair


@cache
def _template_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("liqaa"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["flag"] = _flag
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment


def _flag(code: str) -> str:
    """The emoji of a country's flag, from its ISO 3166-1 alpha-2 code."""
    if len(code) != 2 or not (code.isascii() and code.isupper()):
        return ""
    return "".join(chr(ord("🇦") + ord(letter) - ord("A")) for letter in code)


def _country_words(cards: Iterable[_Card]) -> dict[str, tuple[str, str]]:
    codes = {p.record.country for card in cards for p in card.people}
    codes |= {card.record.place.country for card in cards if card.record.place}
    words = {}
    for code in sorted(filter(None, codes)):
        try:
            words[f"country.{code}"] = (country_name(code, "ar"), country_name(code, "en"))
        except InputError:  # a code that CLDR does not name stands for itself
            words[f"country.{code}"] = (code, code)
    return words


def _identity(person: _Person) -> str:
    """What tells a person from others in all articles; empty for a group."""
    party = person.record
    if party.name:
        return fold(party.name)
    return fold(party.positions[0].text) if party.positions else ""


def _article(number: int, record: ArticleMeetings, text: str | None) -> _Article:
    evidence = {e.span: e.text for m in record.meetings for e in m.evidence}
    notice = None
    if text is None:
        notice = "missing"
    elif any(text[max(start, 0) : max(end, 0)] != told for (start, end), told in evidence.items()):
        notice = "mismatch"
    sources = [(0, text)] if text is not None and notice is None else [
        (start, told) for (start, _), told in sorted(evidence.items())
    ]  # fmt: skip
    people = _people(record, sources)
    marks = _marks(record, people)
    return _Article(
        anchor=f"a{number}",
        record=record,
        notice=notice,
        blocks=tuple(tuple(_cut(told, start, marks)) for start, told in sources),
        cards=tuple(
            _card(f"a{number}-m{n}", str(n), m, people) for n, m in enumerate(record.meetings, 1)
        ),
        people={p.key: p for p in people.values()},
    )


def _parties(record: ArticleMeetings) -> Iterator[Party]:
    for meeting in record.meetings:
        yield from meeting.participants
        yield from meeting.attendees


def _people(record: ArticleMeetings, sources: Sequence[tuple[int, str]]) -> dict[str, _Person]:
    """The parties of an article by id."""
    people: dict[str, _Person] = {}
    for party in _parties(record):
        if party.id in people:
            continue
        label = party.name or (party.positions[0].text if party.positions else "")
        if not label:
            label = max((_slice(span, sources) for span in party.mentions), key=len, default="")
        hue = round(len(people) * _GOLDEN_ANGLE) % 360
        # In the page, keys are words of an attribute that lists several.
        people[party.id] = _Person(party, "_".join(party.id.split()), hue, label)
    return people


def _slice(span: CharSpan, sources: Sequence[tuple[int, str]]) -> str:
    """What stands at a span, where the sources of the text hold it."""
    start, end = span
    for offset, text in sources:
        if offset <= start < end <= offset + len(text):
            return text[start - offset : end - offset]
    return ""


def _marks(record: ArticleMeetings, people: Mapping[str, _Person]) -> list[_Mark]:
    marks: dict[_Mark, None] = {}
    for party in _parties(record):
        for start, end in party.mentions:
            marks[_Mark(start, end, "party", people[party.id].key)] = None
    for number, meeting in enumerate(record.meetings, 1):
        for topic in meeting.topics:
            marks[_Mark(*topic.span, "topic", str(number))] = None
        for evidence in meeting.evidence:
            marks[_Mark(*evidence.span, "evidence", str(number))] = None
    return list(marks)


def _cut(text: str, offset: int, marks: Iterable[_Mark]) -> Iterator[_Piece]:
    """Cut a text at the borders of all marks, which may nest and overlap.

    Args:
        text: what to cut.
        offset: where the text begins in the article, to which the marks point.
        marks: those outside the text, or partly so, are cut off.
    """
    opening: dict[int, list[_Mark]] = {}
    borders = {0, len(text)}
    for mark in marks:
        start, end = max(mark.start - offset, 0), min(mark.end - offset, len(text))
        if start < end:
            opening.setdefault(start, []).append(mark)
            borders |= {start, end}
    ordered = sorted(borders)
    active: list[_Mark] = []
    for start, end in pairwise(ordered):
        active = [m for m in active if m.end - offset > start] + opening.get(start, [])
        active.sort(key=lambda m: m.end - m.start)
        keys: dict[Layer, dict[str, None]] = {"party": {}, "topic": {}, "evidence": {}}
        for mark in active:
            keys[mark.layer][mark.key] = None
        yield _Piece(
            text[start:end], tuple(keys["party"]), tuple(keys["topic"]), tuple(keys["evidence"])
        )


def _card(anchor: str, key: str, meeting: Meeting, people: Mapping[str, _Person]) -> _Card:
    roles: dict[str, list[_Person]] = {"host": [], "participant": [], "guest": []}
    for participant in meeting.participants:
        roles[participant.role].append(people[participant.id])
    attendees = tuple(people[a.id] for a in meeting.attendees)
    search = [t.text for t in meeting.topics]
    for topic in meeting.topics:
        search += WORDS.get(f"topic.{topic.category}", ())
    for person in (*(p for group in roles.values() for p in group), *attendees):
        search += [*person.record.titles, person.label, *(o.text for o in person.record.positions)]
    return _Card(
        anchor=anchor,
        key=key,
        record=meeting,
        sides=tuple((role, tuple(group)) for role, group in roles.items() if group),
        attendees=attendees,
        search=" ".join(search),
    )
