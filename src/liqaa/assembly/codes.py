"""Event-data codes of a meeting.

Sources: the PLOVER codebook (CONSULT with its modes; a coming meeting is AGREE) and the CAMEO
codebook 1.1b3, category 04 (040 consult, 041 by telephone, 042 make a visit, 043 host a visit,
044 meet at a third location, 045 mediate, 046 negotiate).
"""

from __future__ import annotations

from collections.abc import Sequence

from liqaa.language.normalize import fold
from liqaa.records import Kind, Participant, Place, PloverCode, Status

_MODES = {
    "talks": "meet",
    "visit": "visit",
    "reception": "host",
    "call": "phone",
    "conference": "multilateral",
}
_MEDIATE = ("وساط", "توسط", "الوسيط", "الوسطاء")
_NEGOTIATE = ("مفاوض", "تفاوض")


def plover_code(kind: Kind, status: Status) -> PloverCode | None:
    """PLOVER event and mode; a ceremony has none, a planned meeting is AGREE."""
    if kind == "ceremony" or status == "cancelled":
        return None
    return PloverCode("AGREE" if status == "planned" else "CONSULT", _MODES[kind])


def cameo_code(
    kind: Kind, participants: Sequence[Participant], place: Place | None, sentence: str
) -> str | None:
    """CAMEO code of a meeting.

    Args:
        kind: kind of the meeting.
        participants: its sides.
        place: where it was held.
        sentence: the sentences that tell of it.
    """
    words = fold(sentence)
    if kind == "ceremony":
        return None
    if kind == "call":
        return "041"
    if any(w in words for w in _MEDIATE):
        return "045"
    if any(w in words for w in _NEGOTIATE):
        return "046"
    if kind == "visit":
        return "042"
    if kind == "reception":
        return "043"
    countries = {p.country for p in participants if p.country}
    if place and place.country and len(countries) >= 2 and place.country not in countries:
        return "044"
    return "040"
