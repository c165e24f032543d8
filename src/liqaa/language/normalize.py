"""Folding: one spelling for the many that newsrooms use, for comparing and never for display.

Folding works on each character by itself, so that folded text maps back to the original.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LETTERS = {
    "\u0671": "ا",  # alef wasla
    "ى": "ي",
    "ة": "ه",
    # Persian and Urdu keyboards
    "\u06cc": "ي",
    "\u06a9": "ك",
    "\u06be": "ه",
    "\u06c1": "ه",
    "\u06c3": "ه",
    "\u06d5": "ه",
    "\u06cd": "ي",
    "\u06d2": "ي",
}
_SMALL_LETTERS = frozenset("\u0640\u06e5\u06e6")  # tatweel, small waw and yeh


def fold(text: str) -> str:
    """`text` without diacritics, tatweel and invisible characters, and with one form a letter.

    أ إ آ ٱ become ا, ؤ و, ئ and ى ي, and ة ه; presentation forms become plain letters. Latin
    letters lose their accents and keep their case; digits of other scripts stay.
    """
    return "".join(_fold_char(char) for char in text)


def fold_with_map(text: str) -> tuple[str, list[int]]:
    """`fold(text)`, and for each of its characters the index in `text` that it comes from."""
    pieces: list[str] = []
    origins: list[int] = []
    for index, char in enumerate(text):
        piece = _fold_char(char)
        pieces.append(piece)
        origins.extend([index] * len(piece))
    return "".join(pieces), origins


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    """What one character folds to: usually one character, sometimes none or several."""
    decomposed = unicodedata.normalize("NFKD", char)
    kept = [
        _LETTERS.get(part, part)
        for part in decomposed
        if part not in _SMALL_LETTERS and unicodedata.category(part) not in {"Mn", "Cf"}
    ]
    if kept == [" "] and len(decomposed) > 1:
        # A diacritic that has a code point of its own (U+FE70 and its like): no space is meant.
        return ""
    return unicodedata.normalize("NFC", "".join(kept))  # Hangul was taken apart above
