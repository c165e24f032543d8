"""Taking the attached conjunction or preposition off a mention, by evidence and not blindly."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from liqaa.countries import country_of
from liqaa.language.normalize import fold
from liqaa.language.tokenizer import is_mark

CLITICS = "وفبلك"


@cache
def _lexicon() -> dict[str, frozenset[str]]:
    data = json.loads(resources.files("liqaa.data").joinpath("lexicon.json").read_text("utf-8"))
    return {key: frozenset(map(fold, words)) for key, words in data.items()}


def is_known_word(word: str) -> bool:
    """Whether a folded word is listed as an office, body, rank or group word, or a name."""
    lexicon = _lexicon()
    return word in lexicon["nouns"] or word in lexicon["names"]


def clitic_length(word: str, label: str, known: frozenset[str] | set[str] = frozenset()) -> int:
    """Letters at the start of a mention's first word that are a clitic, 0 to 2.

    Args:
        word: first word of the mention, as written.
        label: label of the mention's span.
        known: folded first words of other mentions in the article that are surely bare.

    Evidence, in this order: the word stands bare elsewhere in the article; it is a listed noun,
    name, country or city; the rest is one; the rest begins with the article «ال».
    """
    if len(word) > 3 and word[1] == "\u0640" and word[0] in CLITICS:
        return 1  # «بـمسعد»: the tatweel sets the clitic apart
    letters = [i for i, c in enumerate(word) if not is_mark(c)]
    for count in (1, 2):
        bare = fold(word)
        if len(letters) - count < 2 or not all(c in CLITICS for c in bare[:count]):
            break
        if count == 1 and _is_whole(bare, label, known):
            return 0
        rest = bare[count:]
        if (
            _is_whole(rest, label, known)
            or rest.startswith("ال")
            or (bare[count - 1] == "ل" and rest.startswith("ل") and len(rest) > 3)
        ):
            return count
    # A conjunction before a rare name or noun; those that begin with و themselves are listed.
    return 1 if label not in ("GPE", "LOC") and fold(word)[:1] == "و" and len(letters) > 3 else 0


def _is_whole(word: str, label: str, known: frozenset[str] | set[str]) -> bool:
    lexicon = _lexicon()
    if word in known:
        return True
    if label == "PERSON":
        return word in lexicon["names"]
    if label in ("GPE", "LOC"):
        return country_of(word, label="GPE") is not None and not _is_clitic_reading(word)
    return word in lexicon["nouns"]


def _is_clitic_reading(word: str) -> bool:
    """Whether a place name is only found by reading its first letter as a clitic."""
    return len(word) > 3 and word[0] in CLITICS and country_of(word[1:], label="GPE") is not None


def strip_clitic(
    text: str, label: str, known: frozenset[str] | set[str] = frozenset()
) -> tuple[str, int]:
    """The mention without its clitic, and how many characters of `text` are gone.

    «للقوات» becomes «القوات» and «للجيش» «الجيش»; there the second ل stands for the article.
    """
    first = text.split(maxsplit=1)[0] if text.split() else text
    count = clitic_length(first, label, known)
    if not count:
        return text, 0
    at = seen = 0
    while seen < count or (at < len(text) and is_mark(text[at])):
        seen += not is_mark(text[at])
        at += 1
    bare = text[at:]
    folded = fold(first)
    if (
        folded[count - 1] == "ل"
        and folded[count : count + 1] == "ل"
        and not is_known_word(folded[count:].split()[0])
    ):
        bare = "ا" + bare
    return bare, at
