"""Countries that Arabic phrases name: by name, nationality, city, palace or body.

`country_of` looks names up in `data/countries.json`, a list written for this purpose; words that
fit more than one country («القصر الجمهوري», «القدس», «الكونغو») are left out on purpose. The
names of countries that it gives back come from CLDR through Babel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from babel import Locale, UnknownLocaleError

from liqaa.errors import InputError
from liqaa.language.normalize import fold

# Kinds of a form, in the order in which they decide where a place is.
_NAME, _ADJECTIVE, _SEAT, _CITY, _BODY = "name", "adjective", "seat", "city", "body"
_GUARDED_PLACE, _GUARDED_ADJECTIVE = "guarded place", "guarded adjective"
_INTERNATIONAL, _INTERNATIONAL_ADJECTIVE = "international", "international adjective"
_IGNORED = "ignored"

_PLACES: Final = frozenset({_NAME, _CITY, _SEAT})
_ALL: Final = frozenset({_NAME, _ADJECTIVE, _SEAT, _CITY, _BODY})
_KINDS_OF_LABEL: Final[dict[str | None, frozenset[str]]] = {
    None: _ALL,
    "ORG": _ALL,
    "POSITION": _ALL,
    "PARTY": _ALL,
    "FAC": _ALL,
    "LOC": _ALL,
    "GPE": frozenset({_NAME, _CITY, _ADJECTIVE}),
    "NORP": frozenset({_ADJECTIVE, _BODY}),
}
"""What each label of the ontology may be; a label that is not here names no country."""


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


# All of these are folded, and compared with words without clitics and article.
_TOWARDS = _words("لدى إلى مع ضد تجاه نحو زائر الزائر زائرا زيارة")
_AWAY = _TOWARDS - _words("إلى")  # of a place, «الطريق إلى القاهرة» leads there
_WITHIN = _words("في داخل")
_ENVOYS = _words("مبعوث مبعوثة مبعوثو مبعوثي موفد موفدة")
_DIPLOMATS = _ENVOYS | _words(
    "سفير سفيرة سفراء سفارة سفارات قنصل قنصلية مندوب مندوبة قائم قائمة ملحق ملحقية ممثل ممثلة بعثة"
)
_EMBASSIES = _words("سفارة قنصلية ملحقية بعثة سفير قنصل")
_SUBJECTS = _words(
    "ملف شأن شؤون شئون قضية أزمة علاقات تسوية مسألة صراع نزاع حرب حوار مفاوضات صداقة لغة تطورات"
)
_FACILITIES = _words(
    "مقر قصر مطار قاعدة فندق معبر ميناء مدينة محافظة منطقة معسكر مخيم حدود شارع ميدان قاعة ستاد "
    "ملعب مركز مستشفى مبنى عاصمة"
)
# Named after a country more often than not in it: «شارع السودان».
_NAMESAKES = _words("شارع ميدان حي كوبري جسر قاعة مدرسة مستشفى مسجد كنيسة")
_GUARDS = _words(
    "مدينة محافظة دولة جمهورية بلدة منطقة شمال جنوب شرق غرب حكومة سفير سفارة ولاية إمارة عاصمة "
    "رئيس شمالي جنوبي شرقي غربي"
)
_ADJECTIVE_GUARDS = _words("رئيس خارجية دفاع جيش جانب وفد سفير حكومة شعب دبلوماسي قوات عاصمة مجلس")
_KNOWN_STEMS = _DIPLOMATS | _SUBJECTS | _FACILITIES | _GUARDS | _WITHIN | _TOWARDS
_CLITIC_WORDS = frozenset({"و", "ف", "ب", "ك", "ل", "ال", "لل", "بال", "وال"})
_WORD = re.compile(r"[^\W_]+")
# Diacritics tell Oman from Amman; folding would lose them.
_OMAN = re.compile("ع\u064fم\u064e?ان(?![\u0621-\u064a])")
_LONGEST_TEXT: Final = 2000  # characters; no phrase that names a country is longer

# Endings of a folded nationality adjective in -ي, by agreement. An accusative that is the
# country's name as well («ليبيا») is taken for the name.
_ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    "m": ("", "ا"),
    "f": ("ه",),
    "plural": ("ان", "ين", "ون", "ات", "تان", "تين"),
}


@dataclass(frozen=True)
class _Form:
    """What a folded phrase can stand for."""

    code: str  # ISO 3166-1 alpha-2; empty for what belongs to no country
    kinds: frozenset[str]
    agreement: str = ""  # of an adjective: a key of _ENDINGS


@dataclass
class _Match:
    """A form found in a text: words [start, end), with what stood before its first word."""

    start: int
    end: int
    clitics: str
    code: str
    kinds: frozenset[str]
    agreement: str


@dataclass
class _Index:
    """All forms by folded phrase, and the most words that a phrase with this first word has."""

    forms: dict[str, _Form] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)

    def add(self, phrase: str, code: str, kind: str, agreement: str = "") -> None:
        words = _split(phrase)
        key = " ".join(words)
        known = self.forms.get(key)
        kinds = frozenset({kind})
        if known is not None:
            if known.code != code:
                raise ValueError(f"countries.json: «{phrase}» is both {known.code} and {code}")
            kinds |= known.kinds
            agreement = agreement or known.agreement
        self.forms[key] = _Form(code, kinds, agreement)
        self.longest[words[0]] = max(len(words), self.longest.get(words[0], 0))

    def add_adjective(self, adjective: str, code: str, kind: str) -> None:
        words = fold(adjective).split()
        for agreement, endings in _ENDINGS.items():
            for ending in endings:
                if kind == _GUARDED_ADJECTIVE and ending == "ا":
                    continue  # «ماليا», financially
                bare = [word + ending if word.endswith("ي") else word for word in words]
                for phrase in map(" ".join, _with_articles(bare)):
                    known = self.forms.get(phrase)
                    if ending != "ا" or known is None or _NAME not in known.kinds:
                        self.add(phrase, code, kind, agreement)


def _with_articles(words: list[str]) -> Iterator[list[str]]:
    """`words` without and with the article; «الجنوب أفريقي» has it on one word only."""
    yield words
    yield ["ال" + word for word in words]
    if len(words) > 1 and not words[0].endswith("ي"):
        yield ["ال" + words[0], *words[1:]]
        yield [*words[:-1], "ال" + words[-1]]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("liqaa").joinpath("data/countries.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@lru_cache(maxsize=1)
def _index() -> _Index:
    index = _Index()
    data = _data()
    kinds = {
        "names": _NAME,
        "cities": _CITY,
        "seats": _SEAT,
        "bodies": _BODY,
        "guarded_places": _GUARDED_PLACE,
    }
    for code, entry in data["countries"].items():
        for key, kind in kinds.items():
            for phrase in entry.get(key, ()):
                index.add(phrase, code, kind)
        for adjective in entry.get("adjectives", ()):
            index.add_adjective(adjective, code, _ADJECTIVE)
        for adjective in entry.get("guarded_adjectives", ()):
            index.add_adjective(adjective, code, _GUARDED_ADJECTIVE)
        for people in entry.get("peoples", ()):
            index.add(people, code, _ADJECTIVE, "plural")
            index.add("ال" + people, code, _ADJECTIVE, "plural")
    for phrase in data["international"]:
        index.add(phrase, "", _INTERNATIONAL)
    for adjective in data["international_adjectives"]:
        index.add_adjective(adjective, "", _INTERNATIONAL_ADJECTIVE)
    for phrase in data["ignored"]:
        index.add(phrase, "", _IGNORED)
    return index


def country_of(text: str, label: str | None = None) -> str | None:
    """ISO 3166-1 alpha-2 code (and XK) of the country that `text` is, is in, or belongs to.

    `label` is the phrase's label in the ontology. GPE, LOC and FAC ask where the place is;
    POSITION, ORG and PARTY ask whom it stands for, so that «سفير مصر لدى ليبيا» is EG; NORP takes
    nationalities; without a label the phrase itself decides between the two questions. None
    where nothing is named, where two countries are («الجانبان المصري والليبي»), for
    international bodies, and for labels that name no country.
    """
    kinds = _KINDS_OF_LABEL.get(label)
    if kinds is None:
        return None
    text = _OMAN.sub("سلطنة عمان", text[:_LONGEST_TEXT])
    words = _split(text)
    matches = [match for match in _find(words, label) if _may_be(match, kinds, words, label)]
    if not matches:
        return None
    stems = [_stem(word) for word in words]
    is_place = label in {"GPE", "LOC", "FAC"} or (label is None and stems[0] in _FACILITIES)
    return _where(matches, stems, label) if is_place else _whom(matches, stems, label)


def country_name(code: str, locale: str = "ar") -> str:
    """CLDR's name of the country with this ISO 3166-1 alpha-2 code, in a locale such as `ar`."""
    try:
        name = Locale.parse(locale).territories.get(code)
    except (UnknownLocaleError, ValueError, TypeError) as error:
        raise InputError(f"{locale!r} is no locale that CLDR knows; try 'ar' or 'en'.") from error
    # CLDR also names regions by numbers, and the world's unknown parts.
    if name is None or code not in country_codes():
        raise InputError(f"{code!r} is no country code; give ISO 3166-1 alpha-2, as in 'LY'.")
    return str(name)


def country_codes() -> frozenset[str]:
    """The codes that `country_of` can give and `country_name` takes."""
    return frozenset(_data()["countries"])


def _split(text: str) -> list[str]:
    """Folded words; a clitic that stands alone («بـ "القاهرة"») joins the word after it."""
    words: list[str] = []
    pending = ""
    for word in _WORD.findall(fold(text)):
        if word in _CLITIC_WORDS:
            pending += word
            continue
        words.append(pending + word)
        pending = ""
    if pending:
        words.append(pending)
    return words


def _readings(word: str) -> Iterator[tuple[str, str]]:
    """(clitics, rest) for each way to take clitics off a folded word, the whole word first."""
    yield "", word
    bases = [("", word)]
    if len(word) > 2 and word[0] in "وف":
        bases.append((word[0], word[1:]))
        yield bases[1]
    for clitics, base in bases:
        if len(base) < 3:
            continue
        if base[0] in "بل" or base.startswith("كال"):
            yield clitics + base[0], base[1:]
        if base.startswith("لل"):  # «للعراق» is ل + «العراق», «لليبي» is ل + «الليبي»
            yield clitics + "ل", "ال" + base[2:]
            yield clitics + "ل", "ال" + base[1:]


def _stem(word: str) -> str:
    """A folded word without clitics and article, as far as letters tell."""
    for prefix in ("وال", "فال", "بال", "كال", "ولل", "فلل", "لل", "ال"):
        if word.startswith(prefix) and len(word) > len(prefix) + 1:
            return word[len(prefix) :]
    if word not in _KNOWN_STEMS:
        if word[1:] in _KNOWN_STEMS and word[0] in "وفبل":
            return word[1:]
        if word[2:] in _KNOWN_STEMS and word[:2] in {"وب", "ول"}:
            return word[2:]
    return word


def _find(words: list[str], label: str | None) -> Iterator[_Match]:
    """The longest form at each place, from left to right and without overlap."""
    index = _index()
    at = 0
    while at < len(words):
        best: _Match | None = None
        for clitics, rest in _readings(words[at]):
            for length in range(min(index.longest.get(rest, 0), len(words) - at), 0, -1):
                form = index.forms.get(" ".join([rest, *words[at + 1 : at + length]]))
                if form is None:
                    continue
                if best is None or at + length > best.end:
                    best = _Match(at, at + length, clitics, form.code, form.kinds, form.agreement)
                break
        if best is None:
            at += 1
        else:
            yield best
            at = best.end


def _may_be(match: _Match, kinds: frozenset[str], words: list[str], label: str | None) -> bool:
    """Narrow a match to the kinds that the label allows; False where none is left."""
    if not match.code:
        return True
    allowed = match.kinds & kinds
    before = _stem(words[match.start - 1]) if match.start else ""
    if _GUARDED_PLACE in match.kinds and (label == "GPE" or before in _GUARDS):
        allowed |= {_CITY}
    if _GUARDED_ADJECTIVE in match.kinds and (
        label == "NORP" or (before in _ADJECTIVE_GUARDS and "ال" in words[match.start][:3])
    ):
        allowed |= {_ADJECTIVE}
    match.kinds = allowed
    return bool(allowed)


def _joined(first: _Match, second: _Match) -> bool:
    """Whether two countries stand side by side as equals: «المصري والليبي», «مصر، ليبيا»."""
    if first.end != second.start or not second.code or not first.code:
        return False
    both_adjectives = _ADJECTIVE in first.kinds and _ADJECTIVE in second.kinds
    if second.clitics.startswith("و"):
        return both_adjectives or bool(first.kinds & _PLACES and second.kinds & _PLACES)
    if second.clitics:
        return False
    if both_adjectives:
        return first.agreement == second.agreement
    return bool(first.kinds & second.kinds)


def _without_pairs(matches: list[_Match]) -> list[_Match]:
    """`matches` without groups of several countries, which speak for none of them."""
    kept: list[_Match] = []
    at = 0
    while at < len(matches):
        end = at + 1
        while end < len(matches) and _joined(matches[end - 1], matches[end]):
            end += 1
        group = matches[at:end]
        if len({match.code for match in group}) == 1:
            kept.extend(group)
        at = end
    return kept


def _refined(chosen: _Match, matches: list[_Match]) -> str:
    """The chosen country, or that of the adjective right after it: «طرابلس اللبنانية» is LB."""
    if _NAME not in chosen.kinds:
        for match in matches:
            if match.start == chosen.end and _ADJECTIVE in match.kinds and not match.clitics:
                return match.code
    return chosen.code


def _whom(matches: list[_Match], stems: list[str], label: str | None) -> str | None:
    """The country that an office, a body or a side stands for."""
    diplomat = any(stem in _DIPLOMATS for stem in stems)
    envoy = any(stem in _ENVOYS for stem in stems)
    strong: list[_Match] = []
    weak: list[_Match] = []  # where it is, or what it deals with
    european = False  # or of the UN: a mission to where it is
    towards, within = _first(stems, _TOWARDS), _first(stems, _WITHIN)
    for match in _without_pairs(matches):
        if _INTERNATIONAL in match.kinds:
            if not strong:
                return None
            break
        if _INTERNATIONAL_ADJECTIVE in match.kinds:
            european = True
        if not match.code:
            continue
        before = stems[match.start - 1] if match.start else ""
        place = bool(match.kinds & _PLACES)
        aim = place and envoy and "ل" in match.clitics and match.start > 0
        if before in _SUBJECTS and match.agreement == "plural" and not diplomat:
            weak.append(match)  # «شؤون المصريين بالخارج» are its own citizens
        elif match.start > towards or aim or before in _SUBJECTS:
            if label is None and not diplomat:
                weak.append(match)
        elif match.start > within or (place and "ب" in match.clitics and match.start > 0):
            if not diplomat and not european:
                weak.append(match)
        else:
            strong.append(match)
    if strong:
        first = strong[0]
        if _ADJECTIVE not in first.kinds or (_NAME in first.kinds and len(strong) == 1):
            return _refined(first, strong)
        return [match for match in strong if _ADJECTIVE in match.kinds][-1].code
    return _refined(weak[0], weak) if weak else None


def _where(matches: list[_Match], stems: list[str], label: str | None) -> str | None:
    """The country that a place is in."""
    head = stems[0]
    towards, within = _first(stems, _AWAY), _first(stems, _WITHIN)
    found = [match for match in _without_pairs(matches) if match.code and match.start < towards]
    inside = [
        match
        for match in found
        if match.start > within or ("ب" in match.clitics and match.start > 0)
    ]
    if inside:
        return _best_place(inside)
    if any(stem in _EMBASSIES for stem in stems) or any(
        _INTERNATIONAL in match.kinds for match in matches
    ):
        return None  # it stands abroad, we do not know where
    if head in _NAMESAKES and label != "GPE":
        found = [match for match in found if _SEAT in match.kinds]
    return _best_place(found)


def _best_place(found: list[_Match]) -> str | None:
    """The country of the most telling of several matches of one place."""
    for kind in (_NAME, _ADJECTIVE, _SEAT, _CITY, _BODY):
        for match in found:
            if kind in match.kinds:
                return match.code
    return None


def _first(stems: list[str], wanted: frozenset[str]) -> int:
    """Index of the first of `stems` that is in `wanted`; past the end where none is."""
    return next((at for at, stem in enumerate(stems) if stem in wanted), len(stems))


@lru_cache(maxsize=1)
def _country_names() -> frozenset[str]:
    return frozenset(
        fold(name) for entry in _data()["countries"].values() for name in entry.get("names", ())
    )


def is_country_name(text: str) -> bool:
    """Whether a place name, without clitic, names a country rather than a city in it."""
    name = fold(text)
    return name in _country_names() or name.removeprefix("ال") in _country_names()
