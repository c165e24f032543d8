"""`meetings`: the records of an article, in `doc._.meetings`.

Records are stored on the doc as plain data, so they survive `to_bytes`, `DocBin` and processes.
The article's id and publication date are read from `doc.user_data["liqaa.article"]`, where
`liqaa.extract` puts them.
"""

import datetime
from collections.abc import Callable
from typing import Any

from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

from liqaa.assembly.assemble import assemble
from liqaa.records import ArticleMeetings, Meeting
from liqaa.scoring import score_records

ARTICLE_KEY = "liqaa.article"
_KEY = "liqaa.meetings"


def get_article_meetings(doc: Doc) -> ArticleMeetings:
    """All records of a doc; empty where the `meetings` component has not run."""
    data = doc.user_data.get(_KEY)
    if data is None:
        return ArticleMeetings(doc_id="doc", published=None, meetings=(), relations=())
    return ArticleMeetings.from_dict(data)


def get_meetings(doc: Doc) -> tuple[Meeting, ...]:
    """Meetings of a doc."""
    return get_article_meetings(doc).meetings


if not Doc.has_extension("meetings"):
    Doc.set_extension("meetings", getter=get_meetings)
if not Doc.has_extension("article_meetings"):
    Doc.set_extension("article_meetings", getter=get_article_meetings)


@registry.scorers("liqaa.record_scorer.v1")
def create_record_scorer() -> Callable[..., dict[str, Any]]:
    """Scorer of records against those that the reference's gold spans give."""

    def score(examples: list[Example], **kwargs: Any) -> dict[str, Any]:
        pairs = []
        for example in examples:
            article = example.reference.user_data.get(ARTICLE_KEY, {})
            gold = assemble(example.reference, _published(article), str(article.get("id", "doc")))
            pairs.append((gold, get_article_meetings(example.predicted)))
        scores = score_records(pairs)
        return {"meetings_f": scores["who_met_whom"]["f"]}

    return score


def _published(article: dict[str, Any]) -> datetime.date | None:
    value = article.get("published")
    return datetime.date.fromisoformat(value) if value else None


@Language.factory(
    "meetings",
    assigns=["doc._.meetings", "doc._.article_meetings"],
    requires=["doc._.relations", "doc.ents"],
    default_config={"scorer": {"@scorers": "liqaa.record_scorer.v1"}},
    default_score_weights={"meetings_f": 0.0},
)
def create_meetings(nlp: Language, name: str, scorer: Callable[..., dict[str, Any]]) -> "Meetings":
    """Factory of the record assembly."""
    return Meetings(name, scorer)


class Meetings(Pipe):
    """Assembles records from entities, topics and relations."""

    def __init__(self, name: str, scorer: Callable[..., dict[str, Any]] | None = None) -> None:
        self.name = name
        self.scorer = scorer

    def __call__(self, doc: Doc) -> Doc:
        """Set the doc's records."""
        article = doc.user_data.get(ARTICLE_KEY, {})
        records = assemble(doc, _published(article), str(article.get("id", "doc")))
        doc.user_data[_KEY] = records.to_dict()
        return doc
