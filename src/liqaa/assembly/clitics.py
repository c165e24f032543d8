"""Taking the attached conjunction or preposition off a mention, by evidence and not blindly."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

from liqaa.countries import country_of
from liqaa.language.normalize import fold
from liqaa.language.tokenizer import is_mark

CLITICS = "وفبلك"
_FIRST = re.compile(r"[^\s_/]+")


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
    bare = fold(word)
    letters = sum(not is_mark(c) for c in word)
    if (
        label in ("GPE", "LOC")
        and bare.startswith("لل")
        and _is_whole("ال" + bare[2:], label, known)
    ):
        return 1
    if bare[:1] not in tuple(CLITICS) or _is_whole(bare, label, known):
        return 0
    for count in (1, 2):
        if letters - count < 2 or (count == 2 and not _PAIR.match(bare)):
            break
        rest, last = bare[count:], bare[count - 1]
        if last == "ك" and label == "PERSON" and rest not in known:
            continue  # «كوسرت», «كالاس»: nobody is likened to people so often
        if _is_whole(rest, label, known) or (last == "ل" and rest[0] == "ل" and len(rest) > 3):
            return count
        if rest.startswith("ال") and (last in "وب" or label not in ("PERSON", "GPE")):
            return count
    # A conjunction before a rare name or noun; those that begin with و themselves are listed.
    return 1 if bare[0] == "و" and letters > 3 else 0


_PAIR = re.compile("[وف][بلك]")
_SUFFIX = re.compile("(?:هما|هم|ها|ه|نا|ان|ين|ون|ا|ات)$")


def _is_whole(word: str, label: str, known: frozenset[str] | set[str]) -> bool:
    lexicon = _lexicon()
    if word in known:
        return True
    if label == "PERSON":
        return word in lexicon["names"]
    if label in ("GPE", "LOC"):
        if word in lexicon["places"] or _is_noun(word):
            return True
        return country_of(word, label="GPE") is not None and not _is_clitic_reading(word)
    return _is_noun(word)


def _is_noun(word: str) -> bool:
    """Whether a word is a listed noun, bare or with a suffix («وكيلا», «رئيسها», «ضيوفه»)."""
    nouns = _lexicon()["nouns"]
    stem = _SUFFIX.sub("", word)
    return word in nouns or (len(stem) > 2 and (stem in nouns or stem + "ه" in nouns))


def _is_clitic_reading(word: str) -> bool:
    """Whether a place name is only found by reading its first letter as a clitic."""
    return len(word) > 3 and word[0] in CLITICS and country_of(word[1:], label="GPE") is not None


def strip_clitic(
    text: str, label: str, known: frozenset[str] | set[str] = frozenset()
) -> tuple[str, int]:
    """The mention without its clitic, and how many characters of `text` are gone.

    «للقوات» becomes «القوات» and «للجيش» «الجيش»; there the second ل stands for the article.
    """
    first = next(iter(_FIRST.findall(text)), text)
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
        and not _is_whole(folded[count:], label, known)
        and not is_known_word(folded[count:])
    ):
        bare = "ا" + bare
    return bare, at
