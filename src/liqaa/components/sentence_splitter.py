"""`liqaa_sentence_splitter`: sentence starts in Arabic news."""

from collections.abc import Callable
from typing import Any

from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

_STOPS = frozenset(".!?؟…。")
_CLOSERS = frozenset("\"'»”’)]}﴾.!?؟…,")
_ABBREVIATIONS = frozenset({"د", "أ", "م", "ص", "ت", "ه", "هـ", "ق", "ج", "ل"})


@registry.scorers("liqaa.sentence_scorer.v1")
def create_sentence_scorer() -> Callable[..., dict[str, Any]]:
    """Scorer of sentence borders."""

    def score(examples: list[Example], **kwargs: Any) -> dict[str, Any]:
        return Scorer.score_spans(
            examples,
            attr="sents",
            has_annotation=lambda d: d.has_annotation("SENT_START"),
            **kwargs,
        )

    return score


@Language.factory(
    "liqaa_sentence_splitter",
    assigns=["token.is_sent_start", "doc.sents"],
    default_config={"scorer": {"@scorers": "liqaa.sentence_scorer.v1"}},
    default_score_weights={"sents_f": 0.0},
)
def create_sentence_splitter(
    nlp: Language, name: str, scorer: Callable[..., dict[str, Any]]
) -> "SentenceSplitter":
    """Factory of the sentence splitter."""
    return SentenceSplitter(name, scorer)


class SentenceSplitter(Pipe):
    """Ends a sentence at full stops, question and exclamation marks, and at every newline.

    Newlines part paragraphs, bylines, captions and headlines in news, which have no full stop.
    A stop after a one-letter abbreviation («د. محمد») ends nothing. Closing quotes and brackets
    stay with the sentence they close.
    """

    def __init__(self, name: str, scorer: Callable[..., dict[str, Any]] | None = None) -> None:
        self.name = name
        self.scorer = scorer

    def __call__(self, doc: Doc) -> Doc:
        """Set `is_sent_start` on every token."""
        start_next = True
        stopped = False
        for i, token in enumerate(doc):
            text = token.text
            newline = "\n" in text or "\r" in text
            if stopped and not newline and not (text[0] in _CLOSERS and not doc[i - 1].whitespace_):
                start_next, stopped = True, False
            token.is_sent_start = start_next
            start_next = False
            if newline:
                start_next, stopped = True, False
            elif text in _STOPS:
                stopped = not (text == "." and i > 0 and doc[i - 1].text in _ABBREVIATIONS)
        return doc
