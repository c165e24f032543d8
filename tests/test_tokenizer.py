"""What newsrooms stick together is split; the text comes back exactly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from liqaa.corpus.check import blank_pipeline
from liqaa.language.tokenizer import is_mark

NLP = blank_pipeline()
NEWS = "ابتسمق ةىءأ\u064b\u0651\u0640ـ.,،؛؟:!/«»\"'()[]#_@-–0123٠١٢٫٬\u200f\u202b\u200b\u200c\ufeff \n\t\u00a0😀👍🏽ﻣﺤabC"


def words(text: str) -> list[str]:
    return [token.text for token in NLP.make_doc(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("المشير/ خليفة", ["المشير", "/", "خليفة"]),
        ("الفريق/أحمد", ["الفريق", "/", "أحمد"]),
        ("قال:«نرحب", ["قال", ":", "«", "نرحب"]),
        ('بـ"المتطرفة"', ["بـ", '"', "المتطرفة", '"']),
        ('بنغازي".', ["بنغازي", '"', "."]),
        ("رئيس_أركان_الجيش_المصري", ["رئيس", "_", "أركان", "_", "الجيش", "_", "المصري"]),
        ("#حفتر", ["#", "حفتر"]),
        ("١٢/٥/٢٠٢٥", ["١٢", "/", "٥", "/", "٢٠٢٥"]),
        ("2026-01-14", ["2026", "-", "01", "-", "14"]),
        ("\u200fمحمد\u200f", ["\u200f", "محمد", "\u200f"]),
        ("\u202bحفتر\u202c", ["\u202b", "حفتر", "\u202c"]),
        ("\ufeffمصر", ["\ufeff", "مصر"]),
        ("ﻣﺤﻤﺪ", ["ﻣﺤﻤﺪ"]),
        ("اقــرأ أيضاً", ["اقــرأ", "أيضاً"]),
        ("قوّات منْع", ["قوّات", "منْع"]),
        ("1,500 و٢٫٥ مليون", ["1,500", "و", "٢٫٥", "مليون"]),
        ("عام2026م", ["عام", "2026", "م"]),
        ("وليبيا،ومصر", ["وليبيا", "،", "ومصر"]),
        ("محمد..علي", ["محمد", ".", ".", "علي"]),
        ("سنة 2026.", ["سنة", "2026", "."]),
        ("مصر ـ ليبيا", ["مصر", "ـ", "ليبيا"]),
        ("می\u200cشود", ["می\u200cشود"]),
        ("قال😀محمد", ["قال", "😀", "محمد"]),
        ("ثم\n\nقال", ["ثم", "\n", "\n", "قال"]),
        ("انظر https://liqaa.org/a_b?c=1، ثم", ["انظر", "https://liqaa.org/a_b?c=1", "،", "ثم"]),
        ("(www.liqaa.org).", ["(", "www.liqaa.org", ")", "."]),
        ("@MFA_Egypt: قال", ["@MFA_Egypt", ":", "قال"]),
        ("(@mod_eg)", ["(", "@mod_eg", ")"]),
        ("@رئيس_مصر", ["@", "رئيس", "_", "مصر"]),
        ("أ@ب", ["أ", "@", "ب"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert words(text) == tokens


@given(st.text())
@settings(deadline=None)
def test_any_text_comes_back(text: str) -> None:
    assert NLP.make_doc(text).text == text


@given(st.text(alphabet=NEWS, max_size=60))
@settings(deadline=None, max_examples=300)
def test_news_text_comes_back_and_tokens_are_pure(text: str) -> None:
    doc = NLP.make_doc(text)
    assert doc.text == text
    for token in doc:
        assert text[token.idx : token.idx + len(token)] == token.text
        if token.text.startswith("@") and len(token) > 1:
            continue
        kinds = {
            "word" if c.isalpha() or (is_mark(c) and c not in "\u200b\u200f\u202b\ufeff") else
            "number" if c in "0123٠١٢٫٬.," else
            "space" if c.isspace() else c
            for c in token.text
        }  # fmt: skip
        assert len(kinds) == 1, token.text
        assert len(token) == 1 or kinds <= {"word", "number", "space"}


def test_borders_of_names_in_punctuation() -> None:
    text = "«#رئيس_أركان_الجيش_المصري»/الفريق"
    doc = NLP.make_doc(text)
    for name in ("رئيس_أركان", "الجيش_المصري", "الفريق"):
        start = text.index(name)
        span = doc.char_span(start, start + len(name))
        assert span is not None
        assert span.text == name


def test_tokenizer_is_stored_with_the_pipeline(blank: Language) -> None:
    text = 'بـ"المتطرفة" @user_1 https://a.org #رئيس_أركان ١٢/٥'
    copy = blank_pipeline()
    copy.tokenizer.from_bytes(blank.tokenizer.to_bytes())
    assert [t.text for t in copy(text)] == [t.text for t in blank(text)]


@pytest.mark.parametrize(
    ("char", "mark"),
    [
        ("\u0640", True),
        ("\u064e", True),
        ("\u200f", True),
        ("م", False),
        ("1", False),
        (" ", False),
    ],
)
def test_marks(char: str, mark: bool) -> None:
    assert is_mark(char) is mark
