"""Who is who in an article: mentions gathered into people and groups, with ranks and offices."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources

from spacy.tokens import Doc

from liqaa.assembly.clitics import CLITICS, strip_clitic
from liqaa.countries import country_of
from liqaa.language.normalize import fold
from liqaa.records import CharSpan, Party, Position
from liqaa.relations import Relation, SpanKey

_FORMER = frozenset(
    map(
        fold,
        (
            "السابق",
            "السابقة",
            "الأسبق",
            "الاسبق",
            "سابقا",
            "سابقاً",
            "الراحل",
            "المخلوع",
            "المعزول",
            "السابقين",
        ),
    )
)
_COUNTERPART = frozenset(
    map(fold, ("نظيره", "نظيرته", "نظيرها", "نظيريه", "نظيرتها", "نظراؤه", "نظرائه"))
)
_BOTH_SIDES = frozenset(
    map(fold, ("الجانبان", "الجانبين", "الطرفان", "الطرفين", "الوزيران", "الوزيرين", "الرئيسان", "الرئيسين",
               "الزعيمان", "الزعيمين", "المسؤولان", "المسؤولين", "القائدان", "القائدين", "الوفدان", "الوفدين",
               "البلدان", "البلدين", "الأطراف", "المجتمعون", "المجتمعين", "الحاضرون", "المشاركون", "المشاركين",
               "كلاهما", "الرجلان", "الرجلين", "الفريقان", "المتباحثان", "الزعماء", "الوزراء", "الحضور", "العاهلان", "الملكان"))
)  # fmt: skip
_RANK = re.compile(r"(\w+)[\s/]+")
_RANKS = frozenset(
    map(fold, ("المشير", "الفريق", "اللواء", "العميد", "العقيد", "المقدم", "الرائد", "النقيب", "الجنرال", "الأدميرال", "ركن", "الركن", "أول",
               "الرئيس", "الوزير", "السفير", "الدكتور", "السيد", "السيدة", "المستشار", "المهندس", "النائب"))
)  # fmt: skip
_SURE = 0.97
"""A learned link of this score is believed whatever office and country say."""

_DELEGATION = ("وفد", "مرافق")
_LEADS = frozenset(
    map(fold, ("برئاسة", "برئاسه", "بقيادة", "يرأسه", "يترأسه", "ترأسه", "ترأسها", "رأسه", "يقوده", "تقوده", "تترأسه", "ترؤسه", "بزعامة"))
)  # fmt: skip
_SENTENCE_ENDS = frozenset(".؟!؛")
_INTERNATIONAL = tuple(
    map(fold, ("الأمم المتحدة", "الأممي", "الاتحاد الأوروبي", "الأوروبي", "الناتو", "الأطلسي", "جامعة الدول العربية", "صندوق النقد",
               "البنك الدولي", "الاتحاد الأفريقي", "الاتحاد الإفريقي", "مجلس التعاون", "إيغاد", "اليونسكو", "أوبك", "اليونيسف",
               "منظمة", "الصليب الأحمر", "المفوضية", "البرلمان العربي", "محكمة العدل", "اليونيفيل", "يونيفيل", "الآلية الثلاثية",
               "الهلال الأحمر الدولي", "مجموعة العشرين", "الجامعة العربية", "برنامج الأغذية", "الإنتربول", "البنك الإسلامي للتنمية"))
)  # fmt: skip


@dataclass(slots=True)
class Mention:
    """A span with its bare text and offsets, clitic left out."""

    key: SpanKey
    text: str
    start: int
    end: int
    words: tuple[str, ...]
    """Folded words without clitic and article, to compare names."""


@dataclass(slots=True)
class Entity:
    """A person, office-holder or group with everything that the article says of it."""

    mentions: list[Mention] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    name: str | None = None
    country: str | None = None
    on_behalf_of: list[SpanKey] = field(default_factory=list)
    is_known: bool = False
    """Whether the country is told by nothing but the name."""

    @property
    def first(self) -> Mention:
        """The first mention in the text."""
        return self.mentions[0]

    @property
    def is_named(self) -> bool:
        """Whether the article names the person."""
        return self.name is not None

    @property
    def is_office(self) -> bool:
        """Whether somebody is known by office only."""
        return self.name is None and any(m.key.label == "POSITION" for m in self.mentions)

    @property
    def is_both_sides(self) -> bool:
        """Whether this is a word for all sides together («الجانبان»)."""
        return all(
            m.key.label in ("PARTY", "POSITION") and fold(m.text.split()[0]) in _BOTH_SIDES
            for m in self.mentions
        )

    @property
    def is_delegation(self) -> bool:
        """Whether this is an unnamed delegation."""
        return self.name is None and any(word in fold(self.first.text) for word in _DELEGATION)

    @property
    def is_assembly(self) -> bool:
        """Whether these are the leaders or ministers of a group of countries."""
        return (
            self.name is None
            and not self.is_both_sides
            and any(m.words[:1] and m.words[0] in _ASSEMBLY for m in self.mentions)
        )


_ASSEMBLY = frozenset(map(fold, ("قادة", "القادة", "زعماء", "رؤساء", "ملوك", "وزراء")))
_NEAR = 100
"""How many mentions of a surname before and after one are looked at."""
_WORD = re.compile(r"\w+")
_HASHTAG = re.compile(r"[#_]+")


def plain(text: str) -> str:
    """A mention as running text: hashtag marks and doubled white space gone."""
    return " ".join(_HASHTAG.sub(" ", text).split())


def _without_article(word: str) -> str:
    return word[2:] if word.startswith("ال") and len(word) > 4 else word


def name_words(text: str) -> tuple[str, ...]:
    """Folded words of a name: article cut, «عبد» joined, so that spellings of a name meet."""
    words = [_without_article(w) for w in _WORD.findall(fold(text).replace("_", " "))]
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in ("عبد", "ابو", "بن", "ابن", "ال"):
            joined[-1] += word
        else:
            if word.startswith("عبدال"):
                word = "عبد" + word[5:]
            joined.append(word)
    return tuple(joined)


@cache
def _known_people() -> dict[tuple[str, ...], str]:
    """Names whose country an ordinary reader knows; see `data/people.json`."""
    data = json.loads(resources.files("liqaa.data").joinpath("people.json").read_text("utf-8"))
    return {name_words(name): code for name, code in data.items()}


@cache
def _known_by_word() -> dict[str, list[tuple[str, ...]]]:
    """Known names of two words and more by their first word."""
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name in _known_people():
        if len(name) > 1:
            found[name[0]].append(name)
    return found


def known_country(name: str) -> str | None:
    """Country that an ordinary reader knows of a name, given in full or in a fuller form."""
    words = name_words(name)
    exact = _known_people().get(words)
    if exact or len(words) < 3:
        return exact
    fitting = (n for n in _known_by_word().get(words[0], ()) if len(n) < len(words))
    codes = {_known_people()[n] for n in fitting if compatible_names(n, words)}
    return codes.pop() if len(codes) == 1 else None


def compatible_names(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether two wordings may name one person: one holds all words of the other, in order."""
    short, long = sorted((a, b), key=len)
    at = 0
    for word in short:
        while at < len(long) and not _similar(word, long[at]):
            at += 1
        if at == len(long):
            return False
        at += 1
    return bool(short)


def _similar(a: str, b: str) -> bool:
    """Equal, or a foreign name's other spelling: one letter of six or more differs."""
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1 or min(len(a), len(b)) < 6 or a[0] != b[0]:
        return False
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i]:
        i += 1
    return a[i + 1 :] == b[i + 1 :] or a[i:] == b[i + 1 :] or a[i + 1 :] == b[i:]


class PartyIndex:
    """Mentions of an article and the entities they belong to.

    Args:
        doc: the article.
        spans: its entities.
        relations: its relations.
        links: which SAME_AS evidence to use: "both", "learned" or "rules".
    """

    def __init__(
        self, doc: Doc, spans: Sequence[SpanKey], relations: Iterable[Relation], links: str = "both"
    ) -> None:
        self.doc = doc
        self._text = doc.text  # spaCy puts it together anew at each call
        self._international: dict[int, bool] = {}
        self.links = links
        self.relations = list(relations)
        self.tails: dict[tuple[SpanKey, str], list[Relation]] = defaultdict(list)
        self.holders: dict[SpanKey, SpanKey] = {}
        for relation in self.relations:
            self.tails[relation.head, relation.label].append(relation)
            if relation.label == "HOLDS":
                self.holders.setdefault(relation.tail, relation.head)
        self._known = self._bare_words(spans)
        self._person_starts = {s.start for s in spans if s.label in ("PERSON", "TITLE", "MEETING")}
        self._position_starts = {s.start: s for s in spans if s.label == "POSITION"}
        self._ranks: dict[SpanKey, str] = {}
        self.mentions = {span: self._mention(span) for span in spans}
        self.entities: list[Entity] = []
        self.of: dict[SpanKey, Entity] = {}
        self._gather(spans)
        for entity in self.entities:
            self._describe(entity)

    def _bare_words(self, spans: Sequence[SpanKey]) -> dict[str, set[str]]:
        """First words that no clitic begins, of each label, and all later words of names.

        A word left over from two different clitics («بباسل», «لباسل») is bare as well.
        """
        known: dict[str, set[str]] = defaultdict(set)
        rests: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for span in spans:
            first = fold(self.doc[span.start].text)
            if first[:1] not in tuple(CLITICS):
                known[span.label].add(first)
            elif len(first) > 3:
                rests[span.label][first[1:]].add(first[0])
            if span.label == "PERSON":
                words = (fold(self.doc[i].text) for i in range(span.start + 1, span.end))
                known[span.label].update(w for w in words if len(w) > 1)
        for label, found in rests.items():
            known[label].update(rest for rest, clitics in found.items() if len(clitics) > 1)
        return known

    def _mention(self, span: SpanKey) -> Mention:
        first, last = self.doc[span.start], self.doc[span.end - 1]
        start, end = first.idx, last.idx + len(last)
        text, cut = strip_clitic(self._text[start:end], span.label, self._known[span.label])
        if span.label == "PERSON":
            rank = self._rank_length(text)
            if rank:
                self._ranks[span] = text[:rank].strip(" /")
                text, cut = text[rank:], cut + rank
        return Mention(span, text, start + cut, end, name_words(text))

    @staticmethod
    def _rank_length(name: str) -> int:
        """Characters of ranks that a model took into a name («المشير خليفة حفتر»)."""
        length = 0
        while True:
            word = _RANK.match(name, length)
            if word is None or fold(word[1]) not in _RANKS or not name[word.end() :].strip():
                return length
            length = word.end()

    def bare(self, span: SpanKey) -> str:
        """Text of a span without its clitic."""
        return self.mentions[span].text

    # -- gathering mentions into entities ------------------------------------------------

    def _gather(self, spans: Sequence[SpanKey]) -> None:
        parent: dict[SpanKey, SpanKey] = {}
        names: dict[SpanKey, set[tuple[str, ...]]] = {}
        members = [
            s
            for s in spans
            if s.label in ("PERSON", "PARTY", "ORG")
            or (s.label == "POSITION" and s not in self.holders)
        ]
        for s in members:
            parent[s] = s
            names[s] = {self.mentions[s].words} if s.label == "PERSON" else set()

        def find(s: SpanKey) -> SpanKey:
            while parent[s] != s:
                parent[s] = parent[parent[s]]
                s = parent[s]
            return s

        # Two arguments of one trigger are two parties.
        triggers: dict[SpanKey, set[SpanKey]] = defaultdict(set)
        for relation in self.relations:
            if relation.label in ("HOST", "GUEST", "PARTICIPANT", "ATTENDEE"):
                triggers[relation.tail].add(relation.head)

        def join(a: SpanKey, b: SpanKey, *, certain: bool = False) -> bool:
            a, b = find(a), find(b)
            if a == b:
                return True
            if not certain and triggers[a] & triggers[b]:
                return False
            if any(not compatible_names(x, y) for x in names[a] for y in names[b]):
                return False
            a, b = max(a, b), min(a, b)
            parent[a] = b
            names[b] |= names[a]
            triggers[b] |= triggers[a]
            return True

        facts = {s: self._office_facts(s) for s in members}

        def holder(s: SpanKey) -> SpanKey | None:
            s = self.holders.get(s, s)
            return s if s in parent else None

        persons = [s for s in members if s.label == "PERSON"]
        by_word: dict[str, list[SpanKey]] = defaultdict(list)
        exact: dict[tuple[str, ...], SpanKey] = {}
        for s in persons:
            words = self.mentions[s].words
            if words in exact and len(words) > 1:
                join(s, exact[words], certain=True)
            exact[words] = s
            for word in set(words):
                by_word[word].append(s)
        if self.links != "rules":
            learned = [r for r in self.relations if r.label == "SAME_AS"]
            for relation in sorted(learned, key=lambda r: -r.score):
                a, b = holder(relation.head), holder(relation.tail)
                if (
                    a
                    and b
                    and a.label != "MEETING"
                    and b.label != "MEETING"
                    and (
                        a.label == b.label == "PERSON"
                        or relation.score >= _SURE
                        or not self._conflict(facts[find(a)], facts[find(b)])
                    )
                    and join(a, b)
                ):
                    facts[find(a)] |= facts[a] | facts[b]
        if self.links != "learned":
            for s in persons:
                if find(s) == s:
                    self._join_name(s, by_word, join)
            self._join_offices(members, find, join)
        groups: dict[SpanKey, Entity] = {}
        for s in sorted(members):
            entity = groups.setdefault(find(s), Entity())
            entity.mentions.append(self.mentions[s])
            self.of[s] = entity
        self.entities = list(groups.values())
        self.by_id = {id(entity): entity for entity in self.entities}
        for position, person in self.holders.items():
            if person in self.of:
                self.of.setdefault(position, self.of[person])

    def _join_name(
        self,
        s: SpanKey,
        by_word: dict[str, list[SpanKey]],
        join: Callable[[SpanKey, SpanKey], bool],
    ) -> None:
        """Join a name with the nearest earlier, else the nearest later, fuller form of it."""
        words = self.mentions[s].words
        if not words:
            return
        alike = by_word.get(words[-1], [])
        at = bisect_left(alike, s)
        others = [o for o in alike[max(0, at - _NEAR) : at + _NEAR] if o != s]
        others = [o for o in others if compatible_names(words, self.mentions[o].words)]
        full = [o for o in others if len(self.mentions[o].words) > len(words)]
        if len({self.mentions[o].words for o in full}) > 1 and len(words) == 1:
            # The surname of two people: the one named last before it.
            before = [o for o in full if o < s]
            full = before[-1:] or full[:1]
        for o in [
            *sorted((o for o in full if o < s), reverse=True),
            *[o for o in full if o > s],
            *others,
        ]:
            if join(s, o):
                return

    def _join_offices(
        self,
        members: Sequence[SpanKey],
        find: Callable[[SpanKey], SpanKey],
        join: Callable[[SpanKey, SpanKey], bool],
    ) -> None:
        """Join an office that stands alone with whoever holds that office."""
        held: dict[str, dict[tuple[tuple[str, ...], str | None, SpanKey], None]] = defaultdict(dict)
        for position, person in self.holders.items():
            office = self.mentions[position].words
            if office and person.label == "PERSON" and person in self.mentions:
                held[office[0]][office, self.office_country(position), find(person)] = None
        first_of: dict[tuple[tuple[str, ...], str | None], SpanKey] = {}
        for s in members:
            if s.label != "POSITION" or find(s) != s:
                continue
            words = self.mentions[s].words
            if not words or words[0] in _COUNTERPART or self._is_former(s):
                continue
            country = self.office_country(s)
            matching = {
                find(person): person
                for office, office_country, person in held[words[0]]
                if self._same_office(words, office)
                and (country == office_country or None in (country, office_country))
                # «الوزير اللبناني» is not just any minister whose country is not told.
                and (country is None or office_country == country or words == office)
            }
            if len(matching) == 1:
                join(s, next(iter(matching.values())))
            elif (words, country) in first_of and country:
                join(s, first_of[words, country])
            first_of.setdefault((words, country), s)

    def _office_facts(self, s: SpanKey) -> set[tuple[str, str | None]]:
        """First word and country of each office of a mention, and the words of its ranks."""
        offices = [s] if s.label == "POSITION" else [r.tail for r in self.tails[s, "HOLDS"]]
        facts: set[tuple[str, str | None]] = {
            (self.mentions[o].words[0], self.office_country(o))
            for o in offices
            if self.mentions[o].words
        }
        for relation in self.tails[s, "HAS_TITLE"]:
            facts |= {(word, None) for word in self.mentions[relation.tail].words}
        if s.label == "PARTY":
            facts.add(("", self.office_country(s)))
        return facts

    @staticmethod
    def _conflict(a: set[tuple[str, str | None]], b: set[tuple[str, str | None]]) -> bool:
        """Whether a learned link joins people of different countries or of unlike offices."""
        countries = [{country for _, country in facts if country} for facts in (a, b)]
        if countries[0] and countries[1] and not countries[0] & countries[1]:
            return True
        words = [{word for word, _ in facts if word} for facts in (a, b)]
        if not words[0] or not words[1] or (words[0] | words[1]) & _COUNTERPART:
            return False
        return not words[0] & words[1]

    @staticmethod
    def _same_office(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
        short, long = sorted((a, b), key=len)
        return bool(short) and short[0] == long[0] and set(short) <= set(long)

    # -- describing an entity -------------------------------------------------------------

    def _is_former(self, position: SpanKey) -> bool:
        end = position.end
        for relation in self.tails[position, "OF"]:
            if 0 <= relation.tail.start - end <= 2:
                end = relation.tail.end
        after = [fold(t.text) for t in self.doc[end : end + 2]]
        inside = [fold(t.text) for t in self.doc[position.start : end]]
        return any(w in _FORMER for w in (*inside, *after[:1]))

    def bodies(self, span: SpanKey) -> list[SpanKey]:
        """What a span is OF, and what that is OF, nearest first."""
        found: list[SpanKey] = []
        frontier = [span]
        while frontier and len(found) < 6:
            tails = sorted({r.tail for s in frontier for r in self.tails[s, "OF"]} - set(found))
            found += tails
            frontier = [t for t in tails if t.label == "ORG"]
        return found

    def office_country(self, position: SpanKey) -> str | None:
        """Country of an office or group: by its body, country or adjective."""
        bodies = self.bodies(position)
        for labels in (("NORP",), ("ORG",), ("GPE",)):
            for body in bodies:
                if body.label in labels:
                    code = self._body_country(position, body)
                    if code:
                        return code
        code = country_of(self.bare(position), label=position.label)
        if code is None and self.doc[position.end - 1 : position.end + 1].text.endswith(" لدى"):
            # «مستشار الأمن القومي لدى رئيس الوزراء الإثيوبي»
            served = self._position_starts.get(position.end + 1)
            if served is not None:
                return self.office_country(served)
        if code is None and not any(b.label == "ORG" for b in bodies):
            # «المبعوث الخاص للرئيس الأمريكي»: the words that complete the office.
            end = position.end
            while (
                end < min(len(self.doc), position.end + 5)
                and fold(self.doc[end].text).startswith(("ال", "لل", "ل", "باسم", "شؤون", "شئون"))
                and end not in self._person_starts
            ):
                end += 1
            if end > position.end:
                code = country_of(self.doc[position.start : end].text, label=position.label)
        return code

    def _body_country(self, position: SpanKey, body: SpanKey) -> str | None:
        text = self.bare(body)
        code = country_of(text, label=body.label)
        if body.label == "GPE" and position.label == "POSITION":
            # «سلطان عمان» tells which «عمان» is meant.
            return country_of(self.wording(position), label="POSITION") or code
        if code is None and body.label == "NORP" and text.endswith("ا"):
            return country_of(text[:-1], label="NORP")  # «رجال أعمال أتراكا»
        if code is None and body.label == "ORG":
            return self._org_countries.get(self.mentions[body].words)
        return code

    @cached_property
    def _org_countries(self) -> dict[tuple[str, ...], str]:
        """Countries of bodies that some mention gives a nationality: «شركة ليماك التركية»."""
        found: dict[tuple[str, ...], str] = {}
        for span, mention in self.mentions.items():
            if span.label == "ORG":
                for relation in self.tails[span, "OF"]:
                    code = country_of(self.bare(relation.tail), label=relation.tail.label)
                    if code:
                        found.setdefault(mention.words, code)
        return found

    @cached_property
    def _led(self) -> dict[SpanKey, str]:
        """Heads of delegations («وفد إيراني يرأسه …») and the delegation's country."""
        starts = {s.start: s for s in self.mentions if s.label == "PERSON"}
        found: dict[SpanKey, str] = {}
        for span, mention in self.mentions.items():
            if span.label != "PARTY" or not any(w in fold(mention.text) for w in _DELEGATION):
                continue
            code = self.office_country(span)
            led = False
            for i in range(span.end, min(len(self.doc), span.end + 18)):
                if self.doc[i].text in _SENTENCE_ENDS or "\n" in self.doc[i].text:
                    break
                led = led or fold(self.doc[i].text) in _LEADS
                if led and i in starts:
                    if code:
                        found.setdefault(starts[i], code)
                    break
        return found

    def wording(self, span: SpanKey) -> str:
        """A span with the bodies that follow it, as the article words it, without its clitic."""
        end = span.end
        for body in sorted(self.bodies(span)):
            if 0 <= body.start - end <= 2 and all(
                (not self.doc[i].is_punct and "\n" not in self.doc[i].text)
                or self.doc[i].text in '_#"«»'
                for i in range(end, body.start)
            ):
                end = body.end
        mention = self.mentions[span]
        last = self.doc[end - 1]
        text = mention.text + self._text[mention.end : last.idx + len(last)]
        return plain(text)

    def _position(self, span: SpanKey) -> Position:
        organization = next((self.wording(b) for b in self.bodies(span) if b.label == "ORG"), None)
        if organization:
            organization, _ = strip_clitic(organization, "ORG")
        return Position(plain(self.bare(span)), organization, self.wording(span))

    def _describe(self, entity: Entity) -> None:
        persons = [m for m in entity.mentions if m.key.label == "PERSON"]
        if persons:
            # The fullest name; among equals the spelling that is most frequent, then the first.
            texts = Counter(plain(m.text) for m in persons)
            entity.name = max(texts, key=lambda t: (len(name_words(t)), texts[t]))
        offices: list[SpanKey] = []
        titles: list[str] = []
        for mention in entity.mentions:
            key = mention.key
            if key.label == "POSITION":
                offices.append(key)
            offices += sorted(r.tail for r in self.tails[key, "HOLDS"])
            titles += [plain(self.bare(r.tail)) for r in sorted(self.tails[key, "HAS_TITLE"])]
            if key in self._ranks:
                titles.append(plain(self._ranks[key]))
            for relation in self.tails[key, "ON_BEHALF_OF"]:
                entity.on_behalf_of.append(relation.tail)
        entity.titles = _fullest(titles)
        present = [s for s in dict.fromkeys(offices) if not self._is_former(s)]
        countries = Counter[str]()
        for span in [
            *present,
            *(m.key for m in entity.mentions if m.key.label in ("PARTY", "ORG", "POSITION")),
        ]:
            code = self.office_country(span)
            if code:
                countries[code] += 1
        entity.country = countries.most_common(1)[0][0] if countries else None
        entity.positions = self._offices(present, entity)
        if self.is_international(entity):
            if not any(self.office_country(s) for s in present):
                entity.country = None  # «الضيفة الكرواتية», where she is of the European Union
        elif entity.country is None:
            led = (self._led[m.key] for m in persons if m.key in self._led)
            former = (self.office_country(s) for s in dict.fromkeys(offices) if s not in present)
            known = known_country(entity.name) if entity.name else None
            entity.is_known = known is not None
            entity.country = known or next((c for c in (*led, *former) if c), None)

    def is_international(self, entity: Entity) -> bool:
        """Whether somebody speaks for an international body, and so for no country."""
        if id(entity) not in self._international:
            self._international[id(entity)] = self._is_international(entity)
        return self._international[id(entity)]

    def _is_international(self, entity: Entity) -> bool:
        texts = [self.wording(m.key) for m in entity.mentions if m.key.label != "PERSON"]
        held = [r.tail for m in entity.mentions for r in self.tails[m.key, "HOLDS"]]
        keys = [*held, *(m.key for m in entity.mentions)]
        texts += [self.bare(b) for key in keys for b in self.bodies(key)]
        words = fold(" ".join([*texts, *(p.text for p in entity.positions)]))
        return any(name in words for name in _INTERNATIONAL)

    def _offices(self, spans: list[SpanKey], entity: Entity) -> list[Position]:
        counterpart = [
            s
            for s in spans
            if self.mentions[s].words[:1] and self.mentions[s].words[0] in _COUNTERPART
        ]
        fuller = [s for s in spans if s not in counterpart]
        kept: list[tuple[tuple[str, ...], Position]] = []
        for span in sorted(fuller, key=lambda s: -len(self.wording(s))):
            words = self.mentions[span].words
            position = self._position(span)
            lone = len(words) == 1 and not self.tails[span, "OF"]
            if any(self._same_office(words, other) for other, _ in kept) or (
                lone
                and entity.titles
                and words[0] in {w for t in entity.titles for w in name_words(t)}
            ):
                continue
            kept.append((words, position))
        order = {s: i for i, s in enumerate(fuller)}
        positions = [p for _, p in kept]
        positions.sort(
            key=lambda p: next((i for s, i in order.items() if self.wording(s) == p.text), 99)
        )
        return positions or [self._position(s) for s in counterpart[:1]]

    def party_fields(self, entity: Entity, identifier: str) -> Party:
        """The record of an entity."""
        mentions: list[CharSpan] = [(m.start, m.end) for m in entity.mentions]
        return Party(
            id=identifier,
            name=entity.name,
            titles=tuple(entity.titles),
            positions=tuple(entity.positions),
            country=entity.country,
            mentions=tuple(dict.fromkeys(mentions)),
        )


def _fullest(titles: Sequence[str]) -> list[str]:
    """Titles without repeats and without shorter variants of another."""
    kept: list[str] = []
    for title in sorted(dict.fromkeys(titles), key=lambda t: -len(t.split())):
        words = set(name_words(title))
        if not any(words <= set(name_words(other)) for other in kept):
            kept.append(title)
    order = list(titles)
    return sorted(kept, key=order.index)


__all__ = ["Entity", "Mention", "PartyIndex", "compatible_names", "name_words"]
