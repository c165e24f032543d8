"""Whether a meeting mention tells of a meeting held, planned, cancelled or denied."""

from __future__ import annotations

from spacy.tokens import Doc

from liqaa.language.normalize import fold
from liqaa.relations import SpanKey

_REACH = 14
"""Tokens before the mention that are read, up to the border of its clause."""

_BORDERS = frozenset(".؟!\n؛")

_CANCELLED = (
    "الغي",
    "الغيت",
    "الغاء",
    "الغت",
    "يلغي",
    "تلغي",
    "الغاءه",
    "الغائها",
    "ملغي",
    "ملغاه",
    "والغي",
    "والغت",
    "بالغاء",
)
_POSTPONED = (
    "تاجل", "تاجلت", "تاجيل", "ارجا", "ارجات", "ارجاء", "ارجيء", "ارجيت", "ارجئ", "اجل", "اجلت", "موجل", "الموجل", "الموجله", "موجله",
    "يوجل", "بتاجيل", "بارجاء", "تاجيله", "تاجيلها", "ارجاؤه", "ارجاوه", "ارجاؤها",
)  # fmt: skip
_PLANNED = (
    "سوف", "المقرر", "مقررا", "مقرره", "المقرره", "المنتظر", "المتوقع", "المرتقب", "المرتقبه", "مرتقب", "مرتقبه", "المزمع", "يعتزم", "تعتزم", "اعتزام",
    "ينوي", "تنوي", "يستعد", "تستعد", "يتوقع", "ينتظر", "لعقد", "تمهيدا", "تحضيرا", "موعد", "المرجح", "المفترض", "تحضيرات", "استعدادات", "التحضير",
    "الاعداد", "لترتيب", "ترتيب", "ترتيبات", "دعوه", "دعا", "اقترح", "تقرر", "يعد", "بحثا", "مقترح", "يخطط", "تخطط", "يامل", "متوقعا", "مرجحا", "المقترح", "المقترحه",
)  # fmt: skip
_AFTER_PLANNED = (
    "المقبل",
    "المقبله",
    "القادم",
    "القادمه",
    "المرتقب",
    "المرتقبه",
    "غدا",
    "المزمع",
    "المقرر",
    "المقرره",
    "المنتظر",
    "المنتظره",
)
_NEGATIONS = (
    "لم",
    "لن",
    "نفي",
    "نفت",
    "ونفي",
    "ونفت",
    "تنفي",
    "ينفي",
    "نفيا",
    "نافيا",
    "دون",
    "رفض",
    "رفضت",
    "ولم",
    "ولن",
    "نافيه",
    "كذب",
    "نفوا",
    "نفيه",
)
_NOT_YET = ("بعد", "حتي", "يحدد", "تحدد", "ينعقد", "يعقد")


def mention_status(doc: Doc, span: SpanKey) -> str:
    """Status of one MEETING mention from the words of its clause.

    Returns:
        "held", "planned", "cancelled" or "denied".
    """
    start = span.start
    while (
        start > max(0, span.start - _REACH)
        and doc[start - 1].text not in _BORDERS
        and "\n" not in doc[start - 1].text
    ):
        start -= 1
    end = span.end
    while (
        end < min(len(doc), span.end + _REACH)
        and doc[end].text not in _BORDERS
        and "\n" not in doc[end].text
    ):
        end += 1
    before = [fold(t.text) for t in doc[start : span.start]]
    after = [fold(t.text) for t in doc[span.end : end]]
    near = [w.lstrip("و") if len(w) > 3 else w for w in before[-8:]]
    word = fold(doc[span.start].text)
    if any(w in _CANCELLED for w in (*near[-6:], *after[:3])):
        return "cancelled"
    if any(w in _POSTPONED for w in (*near[-6:], *after[:8])):
        return "planned"
    negated = [i for i, w in enumerate(near) if w in _NEGATIONS]
    if negated and len(near) - negated[-1] <= 4:
        waiting = any(w in _NOT_YET for w in (*near[negated[-1] :], *after[:8])) and near[
            negated[-1]
        ] in ("لم", "ولم")
        return "planned" if waiting and "حتي" in after[:8] else "denied"
    if _is_future_verb(word) or any(_is_future_verb(w) for w in near[-4:]):
        return "planned"
    if any(w in _PLANNED for w in near):
        return "planned"
    if any(w in _AFTER_PLANNED for w in after[:2]):
        return "planned"
    return "held"


def _is_future_verb(word: str) -> bool:
    """«سيلتقي», «وستعقد»: the future prefix before an imperfect verb."""
    word = word[1:] if word[:1] in "وف" and len(word) > 5 else word
    return len(word) > 4 and word[0] == "س" and word[1] in "يتن" and word not in _NOT_FUTURE


_NOT_FUTURE = frozenset(
    (
        "ستين",
        "سيناء",
        "سياسه",
        "سياسي",
        "سياسيه",
        "سيدات",
        "سياده",
        "سيسي",
        "سيطره",
        "ستراتيجي",
        "سينما",
        "سيرغي",
        "سيول",
        "سيره",
        "ستيفان",
        "ستيفاني",
        "سيلفا",
        "ستارمر",
        "سيارات",
        "سياره",
        "سياحه",
        "سياحي",
        "سياق",
        "سيدني",
        "ستوكهولم",
        "سيرجي",
        "سيناتور",
        "سيمون",
    )
)
