"""`liqaa.OrthographicNoise.v1`: training articles in the spellings that newsrooms use.

The noise changes letters inside tokens and never the number of tokens, so every annotation stays
where it is.
"""

import random
from collections.abc import Callable, Iterator

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry

from liqaa.ontology import TOPICS_KEY

_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_MARKS = "\u064b\u064c\u064e\u064f\u0650\u0651\u0652"


def _final_yeh(word: str, rng: random.Random) -> str:
    return word[:-1] + "ى" if len(word) > 1 and word[-1] == "ي" else word


def _final_teh(word: str, rng: random.Random) -> str:
    return word[:-1] + "ه" if len(word) > 2 and word[-1] == "ة" else word


def _hamza(word: str, rng: random.Random) -> str:
    return word.translate(str.maketrans("أإآ", "ااا"))


def _digits(word: str, rng: random.Random) -> str:
    return word.translate(_ARABIC_DIGITS)


def _tatweel(word: str, rng: random.Random) -> str:
    if (
        len(word) < 4
        or rng.random() > 0.1
        or not word.isalpha()
        or not "\u0620" <= word[1] <= "\u064a"
    ):
        return word
    return word[:2] + "ـ" + word[2:] if word[1] not in "اأإآدذرزوؤى" else word


def _diacritics(word: str, rng: random.Random) -> str:
    if len(word) < 3 or rng.random() > 0.15 or not "\u0620" <= word[1] <= "\u064a":
        return word
    return word[:2] + rng.choice(_MARKS) + word[2:]


_NOISES = (_final_yeh, _final_teh, _hamza, _digits, _tatweel, _diacritics)


@registry.augmenters("liqaa.OrthographicNoise.v1")
def create_orthographic_noise(
    level: float, seed: int = 0
) -> Callable[[Language, Example], Iterator[Example]]:
    """Augmenter that respells an article now and then, instead of the plain one.

    Args:
        level: share of articles that are respelled.
        seed: seed of the choices.
    """
    rng = random.Random(seed)

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        if rng.random() >= level:
            yield example
            return
        chosen = rng.sample(_NOISES, k=rng.randint(1, 3))
        words = []
        for token in example.reference:
            word = token.text
            for noise in chosen:
                word = noise(word, rng)
            words.append(word)
        yield respell(nlp, example, words)

    return augment


def respell(nlp: Language, example: Example, words: list[str]) -> Example:
    """The example with other token texts, one for each token, and the same annotation."""
    old = example.reference
    spaces = [bool(token.whitespace_) for token in old]
    doc = Doc(nlp.vocab, words=words, spaces=spaces)
    doc.set_ents([Span(doc, e.start, e.end, label=e.label_) for e in old.ents])
    if TOPICS_KEY in old.spans:
        doc.spans[TOPICS_KEY] = [
            Span(doc, s.start, s.end, label=s.label_) for s in old.spans[TOPICS_KEY]
        ]
    doc.user_data.update(old.user_data)
    return Example(Doc(nlp.vocab, words=words, spaces=spaces), doc)
