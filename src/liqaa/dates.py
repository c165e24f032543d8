"""Dates as Arabic newsrooms write them, resolved to ISO 8601 or left open: never guessed.

The words of an expression become symbols («الأحد 8 كانون الأول/ديسمبر الماضي» is
`W6 8 M12 M12 PAST`), and a handful of patterns over symbols say what they mean. Each pattern is
bounded and tried from left to right, so that the time grows with the length of the text only.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from hijridate import Hijri

from liqaa.language.normalize import fold

DateSource = Literal["text", "relative", "hijri"]

_FIRST_YEAR, _LAST_YEAR = 1500, 2100  # Gregorian years that an article may spell out
_HIJRI_YEARS: Final = range(1343, 1501)  # what hijridate's Umm al-Qura tables cover
_SOON: Final = dt.timedelta(days=30)
_MOST_UNITS: Final = 400  # «قبل 400 يوم»; beyond it no newsroom counts in days


@dataclass(frozen=True)
class ResolvedDate:
    """A date expression and what it stands for."""

    text: str  # as given
    value: str | None  # YYYY, YYYY-MM or YYYY-MM-DD; None where it cannot be resolved
    source: DateSource  # what it was resolved from: itself, the publication date, a Hijri date


def resolve_date(text: str, published: dt.date | None = None) -> ResolvedDate:
    """Resolve an expression such as «أمس الأحد» against the day on which it was published.

    - A weekday is the latest such day on or before `published`, with الماضي the latest before
      it, with المقبل the first after it. «أمس الأحد» on another day than a Monday is None, but
      for one day's slip over midnight.
    - A day and month without a year is the latest such day up to 30 days after `published`; a
      weekday that fits one of the years around decides instead. الماضي, المقبل, الجاري and
      «من العام الماضي» say it themselves.
    - Of a range the first day. Of a Hijri and a Gregorian date the Gregorian. What stands right
      after «قبل», «بعد» or «عشية» is not the day, and None.
    - «الأسبوع الماضي», «قبل أيام», «اليوم نفسه» and all that needs `published` without it: None.
    """
    symbols = _symbols(text)
    for rule, source in _RULES:
        try:
            found = rule(symbols, published)
        except (ValueError, OverflowError):  # 30 February, or a day outside the calendar
            return ResolvedDate(text, None, source)
        if found is not None:
            return ResolvedDate(text, found.value, found.source or source)
    return ResolvedDate(text, None, "text")


def find_dateline(text: str) -> dt.date | None:
    """The publication date that an article carries at its very beginning: « date 2026-01-14».

    Only a full Gregorian date right after «date», «published» or «تاريخ النشر», or after
    «نشر في:» with its colon, is one; a date next to a byline belongs to the page.
    """
    opening = _DATELINE.match(fold(text[:200]))
    if opening is None:
        return None
    symbols = _symbols(opening["rest"])
    match = _DATELINE_DATE.match(symbols)
    if match is None:
        return None
    try:
        found = _numeric(symbols, None) if match["numeric"] else _day_month(symbols, None)
        value = found.value if found is not None else None
        return dt.date.fromisoformat(value) if value is not None else None
    except ValueError:
        return None


# --- Words ------------------------------------------------------------------------------------

_MONTHS: Final = (
    ("يناير", "كانون الثاني", "كانون ثاني", "كانون ثان", "جانفي", "جانفييه"),
    ("فبراير", "شباط", "فيفري", "فيفرييه"),
    ("مارس", "آذار"),
    ("أبريل", "نيسان", "أفريل", "ابرير"),
    ("مايو", "أيار", "مايس", "ماي"),
    ("يونيو", "يونيه", "حزيران", "جوان"),
    ("يوليو", "يوليه", "تموز", "جويلية", "جويليا", "يوليوز"),
    ("أغسطس", "أغسطوس", "آب", "أوت", "غشت"),
    ("سبتمبر", "أيلول", "شتنبر", "شتمبر", "سيبتمبر"),
    ("أكتوبر", "أوكتوبر", "تشرين الأول", "تشرين أول"),
    ("نوفمبر", "تشرين الثاني", "تشرين ثاني", "تشرين ثان", "نونبر", "نونمبر"),
    ("ديسمبر", "كانون الأول", "كانون أول", "دجنبر", "دجمبر", "ديسامبر"),
)
_HIJRI_MONTHS: Final = (
    ("محرم", "المحرم"),
    ("صفر",),
    ("ربيع الأول", "ربيع أول"),
    ("ربيع الآخر", "ربيع الثاني", "ربيع ثاني", "ربيع آخر"),
    ("جمادى الأولى", "جمادى الأول", "جماد الأول", "جماد أول", "جمادي أول"),
    ("جمادى الآخرة", "جمادى الثانية", "جمادى الآخر", "جمادى الثاني", "جماد الآخر", "جماد الثاني"),
    ("رجب",),
    ("شعبان",),
    ("رمضان",),
    ("شوال",),
    ("ذو القعدة", "ذي القعدة", "ذو قعدة", "ذي قعدة", "ذوالقعدة", "ذيالقعدة"),
    ("ذو الحجة", "ذي الحجة", "ذو حجة", "ذي حجة", "ذوالحجة", "ذيالحجة"),
)
_WEEKDAYS: Final = (  # as in datetime.date.weekday()
    ("الاثنين", "الاتنين", "الأثنين"),
    ("الثلاثاء", "الثلاثا", "الثلثاء"),
    ("الأربعاء", "الأربعا"),
    ("الخميس",),
    ("الجمعة",),
    ("السبت",),
    ("الأحد",),
)
_ORDINALS: Final = (
    *("الأول", "الثاني", "الثالث", "الرابع", "الخامس"),
    *("السادس", "السابع", "الثامن", "التاسع", "العاشر"),
)
_CARDINALS: Final = (
    ("واحد", "واحدة"),
    ("اثنين", "اثنان", "اثنتين"),
    ("ثلاثة", "ثلاث"),
    ("أربعة", "أربع"),
    ("خمسة", "خمس"),
    ("ستة", "ست"),
    ("سبعة", "سبع"),
    ("ثمانية", "ثماني", "ثمان"),
    ("تسعة", "تسع"),
    ("عشرة", "عشر"),
)
# Symbols: R day relative to published, U a unit with its number, D a unit with the article, and
# words that bear on what they stand next to. An empty symbol leaves the words out.
_OTHER_WORDS: Final = {
    "R-2": "أول من أمس|أول أمس|الأول من أمس|أمس الأول|قبل أمس|أول البارحة",
    "R-1": "أمس|الأمس|البارحة|الليلة الماضية|ليلة البارحة|يوم أمس",
    "R0": "اليوم|الليلة|هذا اليوم|هذه الليلة",
    "R1": "غدا|غد|الغد|بكرة",
    "R2": "بعد غد|بعد الغد|بعد غدا",
    "PAST": "الفارط|الفارطة|الماضي|الماضية|المنصرم|المنصرمة|الفائت|الفائتة|المنقضي|المنقضية",
    "PAST2": "قبل الماضي|قبل الماضية|ما قبل الماضي|ما قبل الماضية",
    "NEXT": "المقبل|المقبلة|القادم|القادمة",
    "NEXT2": "بعد المقبل|بعد المقبلة|بعد القادم|بعد القادمة",
    "THIS": "الجاري|الجارية|الحالي|الحالية|هذا|هذه|الراهن",
    "OTHER": "التالي|التالية|السابق|السابقة|نفسه|نفسها|ذاته|ذاتها|الموالي|نفس|ذات|ذلك|تلك|الأخير"
    "|المذكور|العالمي|الوطني|القومي",
    "Ud1": "يوم",
    "Ud2": "يومين|يومان",
    "Ud": "أيام|يوما|الأيام",
    "Uw1": "أسبوع",
    "Uw2": "أسبوعين|أسبوعان",
    "Uw": "أسابيع|أسبوعا",
    "Um1": "شهر",
    "Um2": "شهرين|شهران",
    "Um": "أشهر|شهور|شهرا",
    "Uy1": "عام|سنة",
    "Uy2": "عامين|عامان|سنتين|سنتان|عامي|سنتي",
    "Uy": "أعوام|سنوات|سنين|عاما",
    "Dw": "الأسبوع",
    "Dm": "الشهر",
    "Dy": "العام|السنة",
    "BEFORE": "قبل|قبيل",
    "SINCE": "منذ",
    "AFTER": "بعد|عقب|بعيد",
    "EVE": "عشية",
    "EVERY": "كل",
    "NAMED": "ثورة|حرب|أحداث|هجمات|هجوم|انتفاضة|مدينة|شارع|ميدان|كوبري|جسر|قاعة|جامعة|مستشفى"
    "|محور|حركة|صحيفة|جريدة|مجلة|ذكرى",
    "of": "من",
    "to": "إلى|حتى|لغاية",
    "AD": "م|ميلادي|ميلادية|الميلادي|الميلادية",
    "AH": "ه|هجري|هجرية|الهجري|الهجرية|للهجرة",
    "BC": "ق",
    "PART": "النصف|الثلث|الربع|العشر",
    "": "في|خلال|بتاريخ|تاريخ|الموافق|الموافقة|ب|ف|ل|ال|لل|بال|لليوم الموافق|صباح|مساء|ظهر|فجر|عصر"
    "|ليل|ليلة|صيف|خريف|شتاء|ربيع|ظهيرة|عشاء|نهار|أمسية|ضحى|بعد ظهر|بعد عصر|قبل ظهر|بعد الظهر|قبل الظهر|بعد منتصف ليل"
    "|بعد منتصف الليل|منتصف ليل|منتصف الليل|بين|ما بين|مطلع|أوائل|بداية|منتصف|أواسط|أواخر|نهاية"
    "|ختام|المبارك|المعظم|المكرم|الحرام|الكريم|الفضيل|المرجب|المصادف|وذلك",
}


def _vocabulary() -> dict[str, str]:
    """Folded phrase to symbol."""
    table: dict[str, str] = {}
    for letter, groups in (("M", _MONTHS), ("H", _HIJRI_MONTHS)):
        for number, names in enumerate(groups, start=1):
            table.update({fold(name): f"{letter}{number}" for name in names})
    for number, names in enumerate(_WEEKDAYS):
        table.update({fold(name): f"W{number}" for name in names})
    for number, names in enumerate(_CARDINALS, start=1):
        for name in names:
            table[fold(name)] = f"C{number}"
            if 3 <= number <= 9:
                table[fold(name) + " عشر"] = table[fold(name) + " عشره"] = f"C{number + 10}"
    for number, name in enumerate(map(fold, _ORDINALS), start=1):
        table[name] = f"O{number}"
        if number < 10:
            unit = "الحادي" if number == 1 else name
            table[f"{unit} عشر"] = f"O{number + 10}"
            for tens, word in ((20, "العشر"), (30, "الثلاث")):
                for ending in ("ين", "ون"):
                    table[f"{word}{ending}"] = f"O{tens}"
                    for first in {unit, "الواحد"} if number == 1 else {unit}:
                        table[f"{first} و{word}{ending}"] = f"O{tens + number}"
                        table[f"{first} و {word}{ending}"] = f"O{tens + number}"
    table.update({fold("أول"): "O1", fold("غرة"): "O1"})
    for words, number in (("أحد عشر", 11), ("اثني عشر", 12), ("اثنا عشر", 12)):
        table[fold(words)] = f"C{number}"
    for words, number in (("عشرين", 20), ("عشرون", 20), ("ثلاثين", 30), ("ثلاثون", 30)):
        table[words] = f"C{number}"
    for symbol, phrases in _OTHER_WORDS.items():
        table.update({fold(phrase): symbol for phrase in phrases.split("|")})
    return table


_SYMBOL_OF: Final = _vocabulary()
_LONGEST: Final = max(len(phrase.split()) for phrase in _SYMBOL_OF)
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+|[-/.]")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


def _symbols(text: str) -> str:
    """The symbols of a text, each with a space after it."""
    folded = fold(text).translate(_DASHES)
    folded = "".join(
        char if char.isascii() or not char.isdecimal() else str(unicodedata.decimal(char))
        for char in folded
    )
    matches = list(_TOKEN.finditer(folded))
    tokens = [match.group() for match in matches]
    symbols: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token in "-/.":
            spaced = token == "-" and folded[max(matches[at].start() - 1, 0)].isspace()
            inside = 0 < at < len(tokens) - 1
            if inside and (spaced or (tokens[at - 1].isdigit() and tokens[at + 1].isdigit())):
                symbols.append(token)
            at += 1
        elif token.isdigit():
            symbols.append(token if len(token) <= 4 else "x")
            at += 1
        else:
            found, length = _look_up(tokens, at)
            symbols.extend(found)
            at += length
    # «يوم» before a date adds nothing; after «قبل» it is a number of days.
    kept = [
        symbol
        for index, symbol in enumerate(symbols)
        if symbol != "Ud1" or (index and symbols[index - 1] in {"BEFORE", "SINCE", "AFTER"})
    ]
    return "".join(symbol + " " for symbol in kept)


def _look_up(tokens: list[str], at: int) -> tuple[list[str], int]:
    """Symbols of the longest phrase that starts at a token, and how many tokens it takes."""
    if tokens[at] == "و":
        return ["&"], 1
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        rest = tokens[at + 1 : at + length]
        for joined, first in _without_clitics(tokens[at]):
            symbol = _SYMBOL_OF.get(" ".join([first, *rest]))
            if symbol is not None:
                return ["&"] * joined + [symbol] * bool(symbol), length
    return ["x"], 1


def _without_clitics(word: str) -> Iterator[tuple[bool, str]]:
    """(whether an «and» was taken off, the rest) for each way to read a folded word."""
    yield False, word
    bases = [(False, word)]
    if len(word) > 2 and word[0] in "وف":
        bases.append((True, word[1:]))
        yield bases[1]
    for joined, base in bases:
        if len(base) > 2 and base[0] in "بل":
            yield joined, base[1:]
        if base.startswith("لل"):
            yield joined, "ال" + base[2:]


# --- Patterns over symbols --------------------------------------------------------------------

_START = r"(?<!\S)"
_DAY = r"(?:O?(?P<day>\d{1,2})) "
_MONTH = r"M(?P<month>\d+) (?:(?:- )?M(?P<again>\d+) )?"
_MODIFIER = r"(?:(?P<of_year>(?:of )?Dy )?(?P<modifier>PAST2?|NEXT2?|THIS) )"
_YEAR = r"(?:(?:- |of )?(?:[UD]y1? )?(?P<year>\d{4}) (?!AH |BC ))"
_RANGE = r"(?:O?(?P<from>\d{1,2}) (?:of )?(?:- |to |& |& to )(?:of )?)?"

_DATELINE = re.compile(
    r"[\s\W]*(?:(?:date|published(?: on)?|تاريخ ال?نشر)\s*:?|(?:نشر|نشرت)(?: في| بتاريخ)?\s*:)"
    r"\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DATELINE_DATE = re.compile(r"(?:W\d )?(?:(?P<numeric>\d{1,4} [-/.] \d)|O?\d{1,2} (?:of )?M\d)")
_NUMERIC = re.compile(
    _START
    + r"(?:(?P<y1>\d{4}) (?P<s1>[-/.]) (?P<m1>\d{1,2}) (?P=s1) (?P<d1>\d{1,2}) (?!(?P=s1) \d)"
    r"|(?P<d2>\d{1,2}) (?P<s2>[-/.]) (?P<m2>\d{1,2}) (?P=s2) (?P<y2>\d{4}) (?!(?P=s2) \d))"
    r"(?P<era>AH |AD )?"
)
_DAY_MONTH = re.compile(
    _START + _RANGE + _DAY + r"(?:- |of )?(?:Um1 )?" + _MONTH + rf"(?:{_YEAR}|{_MODIFIER})?"
)
_OTHER_YEAR = re.compile(r"(?:of )?(?:Dy|EVERY|OTHER) ")  # «8 ديسمبر من العام نفسه»
_MONTH_DAY = re.compile(_START + r"M(?P<month>\d+) (?P<day>\d{1,2}) (?P<year>\d{4}) ")
_DAY_OF_THIS = re.compile(
    _START + _RANGE + _DAY + r"(?:of )?(?:Dm )?(?P<modifier>PAST2?|NEXT2?|THIS) (?P<unit>Dm )?"
)
_HIJRI = re.compile(
    _START
    + _RANGE
    + _DAY
    + r"(?:of )?(?:Um1 )?H(?P<month>\d+) (?:(?:of )?(?:[UD]y1? )?(?P<year>\d{4}) )?"
)
_HIJRI_MONTH = re.compile(_START + r"H(?P<month>\d+) (?:(?:of )?[UD]y1? )?(?P<year>\d{4}) ")
_HIJRI_YEAR = re.compile(_START + r"(?:[UD]y1? )?\d{4} AH ")
_RELATIVE_DAY = re.compile(
    _START + r"(?:W(?P<before>\d) )?R(?P<offset>-?\d) (?P<other>O\d+ |OTHER )?(?:W(?P<after>\d) )?"
)
_WEEKDAY = re.compile(
    _START + r"(?P<every>EVERY |Ud )?W(?P<weekday>\d) (?P<week>(?:of )?(?:THIS )?Dw )?"
    r"(?P<modifier>PAST2?|NEXT2?|OTHER)?(?P<number>\d{1,2} (?![CUx-]))?"
)
_AGO = re.compile(
    _START + r"(?:BEFORE|SINCE) (?:C?(?P<count>\d{1,3}) )?U(?P<unit>[dwmy])(?P<fixed>[12]?) "
    r"(?P<of>of |\d)?"
)
_MONTH_YEAR = re.compile(_START + _MONTH + rf"(?:{_YEAR}|{_MODIFIER})")
_UNIT = re.compile(
    _START
    + r"(?:(?P<this>THIS )D(?P<unit1>[wmy]) |D(?P<unit2>[wmy]) (?P<modifier>PAST2?|NEXT2?|THIS) )"
)
_YEAR_ALONE = re.compile(_START + r"(?:Uy[12]?|Dy) (?P<year>\d{4}) (?!AH |BC )")
_WHOLE_MONTH = re.compile(r"(?:& )?(?:Um1 )?" + _MONTH)
_WHOLE_DIGITS = re.compile(
    r"(?:& )?(?:W(?P<weekday>\d) )?(?:(?P<year>\d{4}) (?:AD )?(?:[-&] \d{4} )?"
    r"|SINCE (?P<since>\d{4}) |(?P<y1>\d{4}) [-/] (?P<m1>\d{1,2}) |(?P<m2>\d{1,2}) / (?P<y2>\d{4}) "
    r"|(?P<day>\d{1,2}) / (?P<month>\d{1,2}) )"
)
_STEPS: Final = {"PAST2": -2, "PAST": -1, "THIS": 0, "NEXT": 1, "NEXT2": 2}


@dataclass(frozen=True)
class _Found:
    """What a rule made of the symbols; a source of its own where it differs from the rule's."""

    value: str | None
    source: DateSource | None = None


_NOTHING: Final = _Found(None)


def _numeric(symbols: str, published: dt.date | None) -> _Found | None:
    """12/5/2025 (day first) and 2026-01-14."""
    match = next((found for found in _NUMERIC.finditer(symbols) if not _is_hijri(found)), None)
    if match is None:
        return None
    if _not_that_day(symbols, match.start()):
        return _NOTHING
    year, month, day = _numbers(match)
    return _Found(_full(year, month, day))


def _day_month(symbols: str, published: dt.date | None) -> _Found | None:
    """«8 كانون الأول/ديسمبر 2024», «الثامن من ديسمبر الماضي», «من 3 إلى 5 مايو»."""
    match = _DAY_MONTH.search(symbols)
    if match is None:
        return _month_day(symbols)
    found = _day_month_of(match, symbols, published)
    before = _before(symbols, match.start())
    if found.value and symbols[match.start()] == "O" and before[:1] in {"W", "D", "P"}:
        # «الأحد الأول من مايو» may be the month's first Sunday, «الأسبوع الأول» is no day.
        fits = before == f"W{dt.date.fromisoformat(found.value).weekday()}"
        return found if fits else _Found(None, found.source)
    return found


def _day_month_of(match: re.Match[str], symbols: str, published: dt.date | None) -> _Found:
    """What a match of `_DAY_MONTH` stands for."""
    day, month = int(match["day"]), int(match["month"])
    if match["from"] and int(match["from"]) < day:
        day = int(match["from"])
    elif match["from"]:
        return _NOTHING  # «30 - 2 مايو»
    if (match["again"] and int(match["again"]) != month) or _not_that_day(symbols, match.start()):
        return _NOTHING
    if match["year"]:
        return _Found(_full(int(match["year"]), month, day))
    if match["modifier"]:
        return _Found(
            _modified(day, month, match["modifier"], bool(match["of_year"]), published),
            "relative",
        )
    year = _year_of_range(symbols, match.end(), month)
    if year is not None:
        return _Found(_full(year, month, day))
    hijri = _hijri_day(symbols)
    if hijri is not None:
        fitting = [date for date in _years_of(day, month, hijri) if abs((date - hijri).days) <= 3]
        return _Found(fitting[0].isoformat() if fitting else None)
    if _before(symbols, match.start()) == "NAMED" or _OTHER_YEAR.match(symbols, match.end()):
        return _Found(None, "relative")
    weekday = _WEEKDAY.search(symbols)
    if weekday and weekday["modifier"] in {"PAST", "NEXT"}:  # «الأحد الماضي 8 ديسمبر»
        value = _modified(day, month, weekday["modifier"], False, published)
        return _Found(value, "relative")
    day_of_week = int(weekday["weekday"]) if weekday else None
    return _Found(_nearest(day, month, day_of_week, published), "relative")


def _month_day(symbols: str) -> _Found | None:
    """«يناير 14، 2026»."""
    match = _MONTH_DAY.search(symbols)
    if match is None:
        return None
    if _not_that_day(symbols, match.start()):
        return _NOTHING
    return _Found(_full(int(match["year"]), int(match["month"]), int(match["day"])))


def _hijri(symbols: str, published: dt.date | None) -> _Found | None:
    """«15 رمضان 1446هـ», 15/9/1446هـ, «رمضان 1446»; a Hijri year alone spans two of ours."""
    match = _HIJRI.search(symbols) or next(filter(_is_hijri, _NUMERIC.finditer(symbols)), None)
    if match is not None:
        before = _before(symbols, match.start())
        if _not_that_day(symbols, match.start()) or before in {"NAMED", "PART", "Dw"}:
            return _NOTHING
        day = _hijri_day(symbols)
        if day is None and "year" in match.re.groupindex and match["year"] is None and published:
            number, month = int(match["from"] or match["day"]), int(match["month"])
            about = published.year - 579  # never after the Hijri year that begins in it
            years = [_from_hijri(year, month, number) for year in range(about - 3, about + 3)]
            fitting = [date for date in years if date and date <= published + _SOON]
            day = max(fitting, default=None)
        return _Found(day.isoformat() if day else None)
    match = _HIJRI_MONTH.search(symbols)
    if match is not None and int(match["year"]) in _HIJRI_YEARS:
        first = Hijri(int(match["year"]), int(match["month"]), 1)
        start, end = first.to_gregorian(), first.to_gregorian()
        end += dt.timedelta(days=first.month_length() - 1)
        if (start.year, start.month) == (end.year, end.month):
            return _Found(f"{start.year:04}-{start.month:02}")
        return _Found(f"{start.year:04}" if start.year == end.year else None)
    if match is not None or _HIJRI_YEAR.search(symbols) or _START_OF_HIJRI.search(symbols):
        return _NOTHING
    return None


_START_OF_HIJRI = re.compile(_START + r"H\d+ (?:PAST|NEXT|THIS|\Z)")


def _day_of_this_month(symbols: str, published: dt.date | None) -> _Found | None:
    """«8 الجاري», «الثامن من الشهر الماضي»."""
    match = _DAY_OF_THIS.search(symbols)
    if match is None:
        return None
    before = _before(symbols, match.start())
    if published is None or _not_that_day(symbols, match.start()) or before in {"Dw", "PART"}:
        return _NOTHING
    if match["modifier"] != "THIS" and "Dm" not in match.group():
        return _NOTHING  # «8 الماضي»
    year, month = _month_away(published, _STEPS[match["modifier"]])
    return _Found(_full(year, month, int(match["from"] or match["day"])))


def _relative_day(symbols: str, published: dt.date | None) -> _Found | None:
    """«أمس الأحد», «مساء اليوم», «بعد غد»."""
    match = _RELATIVE_DAY.search(symbols)
    if match is None:
        return None
    if (
        published is None
        or match["other"]
        or _not_that_day(symbols, match.start())
        or _before(symbols, match.start()) == "OTHER"
    ):
        return _NOTHING
    day = published + dt.timedelta(days=int(match["offset"]))
    weekday = match["after"] or match["before"]
    if weekday is not None and day.weekday() != int(weekday):
        # Written before midnight and published after it, or the other way round.
        around = [day + dt.timedelta(days=step) for step in (-1, 1)]
        near = [other for other in around if other.weekday() == int(weekday)]
        return _Found(near[0].isoformat() if near else None)
    return _Found(day.isoformat())


def _weekday(symbols: str, published: dt.date | None) -> _Found | None:
    """«الأحد», «الإثنين الماضي», «الخميس المقبل»."""
    match = _WEEKDAY.search(symbols)
    if match is None:
        return None
    blocked = match["every"] or match["week"] or match["modifier"] == "OTHER"
    if published is None or blocked or _not_that_day(symbols, match.start()):
        return _NOTHING
    ahead = (int(match["weekday"]) - published.weekday()) % 7
    if match["modifier"] in {"NEXT", "NEXT2"}:
        ahead = (ahead or 7) + (7 if match["modifier"] == "NEXT2" else 0)
    elif match["modifier"]:
        ahead -= 7 if match["modifier"] == "PAST" else 14
    elif ahead:
        ahead -= 7
    date = published + dt.timedelta(days=ahead)
    if match["number"] and int(match["number"]) != date.day:
        return _NOTHING  # «الأحد 14» of another month, or an hour
    return _Found(date.isoformat())


def _ago(symbols: str, published: dt.date | None) -> _Found | None:
    """«قبل يومين», «منذ ثلاثة أيام», «قبل ثلاثة أشهر»; weeks and «قبل أيام» stay open."""
    match = _AGO.search(symbols)
    if match is None or (match["of"] or "").isdigit():  # «منذ عام 2011»
        return None
    count = int(match["count"] or match["fixed"] or 0)
    if published is None or match["of"] or not 0 < count <= _MOST_UNITS:
        return _NOTHING
    if match["unit"] == "d":
        return _Found((published - dt.timedelta(days=count)).isoformat())
    if match["unit"] == "m":
        return _Found("{:04}-{:02}".format(*_month_away(published, -count)))
    if match["unit"] == "y" and published.year > count:
        return _Found(f"{published.year - count:04}")
    return _NOTHING


def _month(symbols: str, published: dt.date | None) -> _Found | None:
    """«مايو 2024», «ديسمبر الماضي», «مايو من العام الماضي»."""
    match = _MONTH_YEAR.search(symbols)
    if match is None:
        return None
    month = int(match["month"])
    if (match["again"] and int(match["again"]) != month) or _not_that_day(symbols, match.start()):
        return _NOTHING
    if match["year"]:
        return _Found(f"{match['year']}-{month:02}" if _in_range(int(match["year"])) else None)
    if published is None:
        return _Found(None, "relative")
    step = _STEPS[match["modifier"]]
    year: int | None = published.year
    if match["of_year"]:
        year = published.year + step
    elif step == -1:
        year = published.year - (month >= published.month)
    elif step == 1:
        year = published.year + (month <= published.month)
    elif step or month != published.month:
        year = None  # «ديسمبر الجاري» in another month
    return _Found(f"{year:04}-{month:02}" if year else None, "relative")


def _unit(symbols: str, published: dt.date | None) -> _Found | None:
    """«الشهر الماضي», «هذا العام», «العام المقبل»; a week has no value of its own."""
    match = _UNIT.search(symbols)
    if match is None:
        return None
    unit = match["unit1"] or match["unit2"]
    if published is None or unit == "w" or _not_that_day(symbols, match.start()):
        return _NOTHING
    step = _STEPS[match["modifier"] or "THIS"]
    if unit == "m":
        return _Found("{:04}-{:02}".format(*_month_away(published, step)))
    return _Found(f"{dt.date(published.year + step, 1, 1).year:04}")


def _year(symbols: str, published: dt.date | None) -> _Found | None:
    """«عام 2019», «العام 2019»."""
    match = _YEAR_ALONE.search(symbols)
    if match is None or _not_that_day(symbols, match.start()):
        return None if match is None else _NOTHING
    return _Found(match["year"] if _in_range(int(match["year"])) else None)


def _whole(symbols: str, published: dt.date | None) -> _Found | None:
    """What is a date only if nothing else is said: 2019, 5/2024, 8/12, «ديسمبر»."""
    match = _WHOLE_DIGITS.fullmatch(symbols)
    if match is not None:
        if match["day"]:
            weekday = int(match["weekday"]) if match["weekday"] else None
            value = _nearest(int(match["day"]), int(match["month"]), weekday, published)
            return _Found(value, "relative")
        year = int(match["year"] or match["since"] or match["y1"] or match["y2"])
        if match["weekday"] or not _in_range(year):
            return _NOTHING
        month = match["m1"] or match["m2"]
        if month is None:
            return _Found(f"{year:04}")
        return _Found(f"{year:04}-{int(month):02}" if 1 <= int(month) <= 12 else None)
    match = _WHOLE_MONTH.fullmatch(symbols)
    if match is None or (match["again"] and match["again"] != match["month"]):
        return None
    value = _nearest(1, int(match["month"]), None, published)
    return _Found(value[:7] if value else None, "relative")


_RULES: Final[tuple[tuple[Callable[[str, dt.date | None], _Found | None], DateSource], ...]] = (
    (_numeric, "text"),
    (_day_month, "text"),
    (_hijri, "hijri"),
    (_whole, "text"),
    (_day_of_this_month, "relative"),
    (_relative_day, "relative"),
    (_weekday, "relative"),
    (_ago, "relative"),
    (_month, "text"),
    (_unit, "relative"),
    (_year, "text"),
)


# --- Calendar ---------------------------------------------------------------------------------


def _in_range(year: int) -> bool:
    return _FIRST_YEAR <= year <= _LAST_YEAR


def _full(year: int, month: int, day: int) -> str | None:
    """ISO date; None outside the years that articles name. Raises ValueError for 30 February."""
    return dt.date(year, month, day).isoformat() if _in_range(year) else None


def _before(symbols: str, start: int) -> str:
    """The symbol that ends before `start`; empty at the beginning."""
    return symbols[max(0, start - 12) : start].rstrip().rpartition(" ")[2]


def _not_that_day(symbols: str, start: int) -> bool:
    """Whether the words before say another day: «قبل 8 ديسمبر», «عشية الأحد»."""
    return _before(symbols, start) in {"BEFORE", "AFTER", "EVE"}


def _month_away(date: dt.date, months: int) -> tuple[int, int]:
    """Year and month so many months from a date's. Raises ValueError outside the calendar."""
    years, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return dt.date(years, month + 1, 1).year, month + 1


def _years_of(day: int, month: int, about: dt.date) -> list[dt.date]:
    """This day in the years around a date; wide enough for 29 February."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return []
    years = range(max(about.year - 8, dt.MINYEAR), min(about.year + 8, dt.MAXYEAR) + 1)
    return [
        dt.date(year, month, day) for year in years if day <= calendar.monthrange(year, month)[1]
    ]


def _nearest(day: int, month: int, weekday: int | None, published: dt.date | None) -> str | None:
    """A day and month without a year, as `resolve_date` says."""
    if published is None:
        return None
    dates = _years_of(day, month, published)
    around = [date for date in dates if abs(date.year - published.year) <= 1]
    fitting = [date for date in around if date.weekday() == weekday]
    if len(fitting) == 1:
        return fitting[0].isoformat()
    known = [date for date in dates if date - published <= _SOON]
    return max(known).isoformat() if known else None


def _modified(
    day: int, month: int, modifier: str, of_year: bool, published: dt.date | None
) -> str | None:
    """«8 ديسمبر» with الماضي, المقبل, الجاري, or with one of them said of the year."""
    if published is None:
        return None
    if of_year:
        return dt.date(published.year + _STEPS[modifier], month, day).isoformat()
    dates = _years_of(day, month, published)
    if modifier == "PAST":
        dates = [date for date in dates if date < published][-1:]
    elif modifier == "NEXT":
        dates = [date for date in dates if date > published][:1]
    elif modifier == "THIS":
        dates = [date for date in dates if abs(date - published) <= dt.timedelta(days=45)]
    else:
        dates = []
    return dates[0].isoformat() if dates else None


def _year_of_range(symbols: str, end: int, month: int) -> int | None:
    """The year of «30 أبريل» in «30 أبريل إلى 2 مايو 2024»."""
    match = _RANGE_END.match(symbols, end)
    if match is None:
        return None
    return int(match["year"]) - (int(match["month"]) < month)


_RANGE_END = re.compile(r"(?:- |to |& |& to )" + _DAY + r"(?:of )?(?:Um1 )?" + _MONTH + _YEAR)


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    """Year, month and day of a match of `_NUMERIC`."""
    if match["y1"]:
        return int(match["y1"]), int(match["m1"]), int(match["d1"])
    return int(match["y2"]), int(match["m2"]), int(match["d2"])


def _is_hijri(match: re.Match[str]) -> bool:
    """Whether a match of `_NUMERIC` is a Hijri date: its year tells, or هـ does."""
    return match["era"] == "AH " or (match["era"] is None and _numbers(match)[0] in _HIJRI_YEARS)


def _hijri_day(symbols: str) -> dt.date | None:
    """The first Hijri date with a year, as a Gregorian one."""
    match = _HIJRI.search(symbols)
    if match is not None:
        if match["year"] is None:
            return None
        day = int(match["from"] or match["day"])
        return _from_hijri(int(match["year"]), int(match["month"]), day)
    numeric = next(filter(_is_hijri, _NUMERIC.finditer(symbols)), None)
    return _from_hijri(*_numbers(numeric)) if numeric is not None else None


def _from_hijri(year: int, month: int, day: int) -> dt.date | None:
    """Umm al-Qura date as a Gregorian one; None where there is no such day."""
    try:
        date = Hijri(year, month, day).to_gregorian()
    except (ValueError, OverflowError):
        return None
    return dt.date(date.year, date.month, date.day)
