"""The Python API: load a pipeline, extract meetings."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from liqaa.errors import InputError, ModelError
from liqaa.records import ArticleMeetings

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

PIPELINES = ("ar_liqaa_news_trf", "ar_liqaa_news_sm")
"""Packaged pipelines, best first; `load()` takes the first that is installed."""

REQUIRED_COMPONENTS = ("transformer", "ner", "topic_recognizer", "relation_extractor", "meetings")

MAX_LENGTH = 100_000_000
"""Characters of one text; spaCy's own limit is for parsers that need memory by length."""

_HALF_PAIR = re.compile(r"[\ud800-\udfff]")
_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3\ufb50-\ufdff\ufe70-\ufefc]")


def load(name: str | Path | None = None) -> Language:
    """Load a liqaa pipeline.

    Args:
        name: an installed package or a folder; None takes `LIQAA_MODEL` from the environment,
            else the best installed pipeline.

    Raises:
        ModelError: there is no such pipeline, it is damaged, or it lacks liqaa's components.
    """
    import spacy

    chosen = name or os.environ.get("LIQAA_MODEL") or _installed()
    if not (spacy.util.is_package(str(chosen)) or Path(chosen).is_dir()):
        raise ModelError(
            f"No pipeline {chosen}: give an installed package ({', '.join(PIPELINES)}) or the folder of "
            "a trained pipeline, such as training/model-last."
        )
    try:
        nlp = spacy.load(chosen)
    except Exception as error:  # whatever the loaders of its parts raise on damaged data
        raise ModelError(
            f"Pipeline {chosen} cannot be loaded ({type(error).__name__}: {str(error)[:200]}); "
            "install it again or train it anew."
        ) from error
    missing = [component for component in REQUIRED_COMPONENTS if component not in nlp.pipe_names]
    if missing:
        raise ModelError(
            f"Pipeline {chosen} is no liqaa pipeline: it lacks {', '.join(missing)}; "
            f"use {PIPELINES[-1]} or a pipeline trained by this project."
        )
    nlp.max_length = MAX_LENGTH
    return nlp


def _installed() -> str:
    import spacy.util

    for name in PIPELINES:
        if spacy.util.is_package(name):
            return name
    raise ModelError(
        f"No liqaa pipeline is installed: install the {PIPELINES[-1]} wheel, or train one with "
        "`python -m spacy project run all` and pass its folder (training/model-last)."
    )


@cache
def _default() -> Language:
    return load()


def extract(
    text: str,
    published: datetime.date | str | None = None,
    doc_id: str | None = None,
    *,
    nlp: Language | None = None,
) -> ArticleMeetings:
    """Meetings of one article.

    Args:
        text: the article as it is; offsets in the records point into it.
        published: publication date (a date or YYYY-MM-DD), against which «اليوم» and the like
            are read.
        doc_id: what to call the article; "article" if not given.
        nlp: a pipeline from `load`; None loads the default one once.

    Raises:
        InputError: the text is empty, broken or has no Arabic, or the date is none.
        ModelError: no pipeline can be loaded.
    """
    article = (text, published, doc_id or "article")
    return next(iter(extract_all([article], nlp=nlp)))


def extract_all(
    articles: Iterable[tuple[str, datetime.date | str | None, str]],
    *,
    nlp: Language | None = None,
    batch_size: int = 64,
) -> Iterator[ArticleMeetings]:
    """Meetings of many articles, in order, read in batches.

    Args:
        articles: (text, published, doc_id) of each.
        nlp: a pipeline from `load`; None loads the default one once.
        batch_size: articles that are read together.

    Raises:
        InputError: an article is empty, broken or has no Arabic, or its date is none; names its id.
        ModelError: no pipeline can be loaded.
    """
    if nlp is None:
        nlp = _default()
    docs = (make_doc(nlp, text, published, doc_id) for text, published, doc_id in articles)
    for doc in nlp.pipe(docs, batch_size=batch_size):
        yield doc._.article_meetings


def check_text(text: str, doc_id: str) -> None:
    """Refuse what is no Arabic article.

    Raises:
        InputError: the text is empty, broken or has no Arabic letter; names the article.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{doc_id}: the text is empty; give an article.")
    if not _ARABIC.search(text):
        raise InputError(f"{doc_id}: the text has no Arabic letter; liqaa reads Arabic news.")
    if half := _HALF_PAIR.search(text):
        raise InputError(
            f"{doc_id}: the text has half a surrogate pair at {half.start()}; mend its encoding."
        )


def parse_published(value: datetime.date | str | None, doc_id: str) -> datetime.date | None:
    """Read a publication date.

    Raises:
        InputError: the value is no ISO date; names the article.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.datetime.fromisoformat(value).date()
    except (ValueError, TypeError) as error:
        raise InputError(f"{doc_id}: published {value!r} is no date; write YYYY-MM-DD.") from error


def make_doc(nlp: Language, text: str, published: datetime.date | str | None, doc_id: str) -> Doc:
    """A doc that carries its article's id and publication date to the `meetings` component."""
    check_text(text, doc_id)
    date = parse_published(published, doc_id)
    doc = nlp.make_doc(text)
    doc.user_data["liqaa.article"] = {"id": doc_id, "published": date.isoformat() if date else None}
    return doc
