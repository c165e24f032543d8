"""Tokenizer for Arabic news: splits what newsrooms stick together, and nothing else.

A token is a run of letters with their diacritics and tatweel, a number, or one other character.
Clitics stay in their word; links and @handles stay whole. spaCy's own `ar` rules leave hashtags, `الفريق/`, `قال:«نرحب`,
`١٢/٥/٢٠٢٥` and words with bidi controls whole.
"""

import re
import unicodedata
from collections.abc import Callable

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import registry

_DIGITS = "0-9٠-٩۰-۹"
_IN_WORD = (
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200c\u200d"
)
_LETTER = rf"(?:[^\W\d_]|[{_IN_WORD}])"
# A separator between digits belongs to the number (1,500 · ٢٫٥); a date's / and - do not.
_OTHER = rf"(?:(?<![{_DIGITS}])[.,٫٬]|[.,٫٬](?![{_DIGITS}])|(?:(?![.,٫٬{_IN_WORD}])[\W_])|[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff])"
_BOUNDARY = rf"(?<={_LETTER})(?=[{_DIGITS}])|(?<=[{_DIGITS}])(?={_LETTER})"
_PIECE = rf"{_OTHER}|{_BOUNDARY}"
_HANDLE = r"@[A-Za-z0-9_]+"


@registry.tokenizers("liqaa.ArabicNewsTokenizer.v1")
def create_arabic_news_tokenizer() -> Callable[[Language], Tokenizer]:
    """Tokenizer factory for a config's `[nlp.tokenizer]`."""

    def create(nlp: Language) -> Tokenizer:
        return Tokenizer(
            nlp.vocab,
            rules={},
            prefix_search=re.compile(rf"^(?!@[A-Za-z0-9_]){_OTHER}").search,
            suffix_search=re.compile(rf"{_OTHER}$").search,
            infix_finditer=re.compile(_PIECE).finditer,
            token_match=re.compile(rf"{_HANDLE}\Z").match,
            url_match=re.compile(r"^(?:https?://|www\.)[!-~]+$").match,
        )

    return create


def is_mark(char: str) -> bool:
    """Whether a character is invisible or sits on a letter: no word character of its own."""
    return unicodedata.category(char) in {"Mn", "Cf"} or char == "\u0640"
