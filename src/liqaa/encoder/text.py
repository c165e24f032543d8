"""What the encoder reads: a normalised copy of each token. Offsets never leave the original."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from spacy.util import registry

EncoderText = Callable[[str], str]
"""Maps a token's text to what the encoder's tokenizer gets for it; never empty."""

EMPTY = "."
"""Stands for a token that normalises to nothing, such as a lone direction mark."""

_INVISIBLE = re.compile(
    "[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\xad]"
)
_SPACES = re.compile(r"\s+")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


@lru_cache(maxsize=200_000)
def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = _SPACES.sub("", _INVISIBLE.sub("", text)).translate(_DIGITS)
    text = "".join(char for char in text if not _is_dropped(char))
    return _REPEATED.sub(r"\1\1", text) or EMPTY


def _is_dropped(char: str) -> bool:
    """Whether BERT's own cleaning deletes a character: it would leave a token no wordpiece."""
    return char == "\ufffd" or unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs"}


@registry.misc("liqaa.PlainText.v1")
def create_plain_text() -> EncoderText:
    """No diacritics, tatweel, invisible characters or presentation forms; Western digits."""
    return _plain


@lru_cache(maxsize=200_000)
def _arabert(text: str) -> str:
    if text.startswith(("http://", "https://", "www.")):
        return "[رابط] "
    if text.startswith("@") and len(text) > 1:
        return "[مستخدم] "
    return _plain(text) + " "


@registry.misc("liqaa.AraBertText.v1")
def create_arabert_text() -> EncoderText:
    """AraBERT v02's cleaning, token by token: as plain text, with links and mentions mapped.

    Digits, letters and punctuation are tokens of their own already; the space after each sets
    them apart for the encoder too, as AraBERT's preprocessor does. v2 models would want Farasa segmentation as well.
    Source: Antoun, Baly and Hajj (2020), AraBERT, section 3, and the model cards of v02.
    """
    return _arabert
