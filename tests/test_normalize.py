"""Folding of Arabic spelling, and the way back to the original characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liqaa.language.normalize import fold, fold_with_map


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("أحمد", "احمد"),
        ("إيران", "ايران"),
        ("آسيا", "اسيا"),
        ("ٱلقاهرة", "القاهره"),
        ("مصطفى", "مصطفي"),
        ("فى", "في"),
        ("القاهرة", "القاهره"),
        ("مؤتمر", "موتمر"),
        ("رئيس", "رييس"),
        ("سماء", "سماء"),
        ("قوّات", "قوات"),
        ("منْع", "منع"),
        ("اليومَ", "اليوم"),
        ("شكرًا", "شكرا"),
        ("هٰذا", "هذا"),
        ("اقــرأ", "اقرا"),
        ("ا\u0654حمد", "احمد"),  # hamza as a mark of its own
        ("\u200fمصر\u200e", "مصر"),
        ("\u202bمصر\u202c", "مصر"),
        ("\u2067مصر\u2069", "مصر"),
        ("مصر\ufeff", "مصر"),
        ("مي\u200cخواهم", "ميخواهم"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("ﻻ", "لا"),
        ("ﷲ", "الله"),
        ("ﹰا", "ا"),
        ("مدرسـﹹة", "مدرسه"),
        ("کابل", "كابل"),
        ("علی", "علي"),
        ("#رئيس_أركان", "#رييس_اركان"),
        ("١٢/٥/٢٠٢٥", "١٢/٥/٢٠٢٥"),
        ("Ankara é e\u0301", "Ankara e e"),
        ("ｌｉｑａａ", "liqaa"),
        ("a\u00a0b\nc", "a b\nc"),
        ("서울", "서울"),
        ("🇪🇬", "🇪🇬"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_map_points_at_the_original() -> None:
    text = "قـوّات ﷲ"
    folded, origins = fold_with_map(text)
    assert folded == "قوات الله"
    assert origins == [0, 2, 4, 5, 6, 7, 7, 7, 7]


@given(st.text())
def test_fold_is_stable_and_mapped(text: str) -> None:
    folded, origins = fold_with_map(text)
    assert folded == fold(text)
    assert fold(folded) == folded
    assert len(origins) == len(folded)
    assert origins == sorted(origins)
    assert all(0 <= origin < len(text) for origin in origins)


@given(st.text(), st.text())
def test_fold_needs_no_neighbours(left: str, right: str) -> None:
    assert fold(left + right) == fold(left) + fold(right)
