"""From annotated articles to spaCy docs and back."""

from __future__ import annotations

from spacy.language import Language
from spacy.tokens import Doc, Span

from liqaa.corpus.article import AnnotatedArticle, RelationAnnotation, SpanAnnotation
from liqaa.errors import AnnotationError
from liqaa.ontology import TOPIC_LABEL, TOPICS_KEY
from liqaa.relations import (
    Relation,
    SpanKey,
    chained,
    get_relations,
    get_status,
    set_relations,
    set_status,
    span_key,
    span_keys,
)


def article_to_doc(article: AnnotatedArticle, nlp: Language) -> Doc:
    """A doc with the article's entities, topics, relations, statuses and metadata.

    Raises:
        AnnotationError: a span cuts a token, entities overlap or a relation dangles; names the
            article and the words.
    """
    doc = nlp.make_doc(article.text)
    by_id: dict[int, SpanKey] = {}
    entities: list[Span] = []
    topics: list[Span] = []
    for annotation in article.spans:
        span = doc.char_span(annotation.start, annotation.end, label=annotation.label)
        if span is None:
            raise AnnotationError(
                f"{article.id} [{annotation.start}:{annotation.end}]: {annotation.label} "
                f"«{article.text[annotation.start : annotation.end]}» cuts a token; "
                "run `liqaa corpus check`."
            )
        by_id[annotation.id] = span_key(span)
        (topics if annotation.label == TOPIC_LABEL else entities).append(span)
    try:
        doc.set_ents(entities)
    except ValueError as error:
        raise AnnotationError(
            f"{article.id}: entities overlap; run `liqaa corpus check`."
        ) from error
    for relation in article.relations:
        if not {relation.head, relation.tail} <= by_id.keys():
            raise AnnotationError(
                f"{article.id}: {relation.label} names a span that is not there; "
                "run `liqaa corpus check`."
            )
    doc.spans[TOPICS_KEY] = topics
    set_relations(
        doc,
        chained(Relation(by_id[r.head], by_id[r.tail], r.label) for r in article.relations),
    )
    set_status(doc, {by_id[i]: status for i, status in article.status.items()})
    doc.user_data["liqaa.article"] = {"id": article.id, **article.meta}
    return doc


def doc_to_article(
    doc: Doc, article_id: str, meta: dict[str, object] | None = None
) -> AnnotatedArticle:
    """An annotated article from a doc's entities, topics and relations."""
    keys = span_keys(doc)
    ids = {key: i for i, key in enumerate(keys, 1)}
    return AnnotatedArticle(
        id=article_id,
        text=doc.text,
        spans=[
            SpanAnnotation(i, key.label, key.span(doc).start_char, key.span(doc).end_char)
            for key, i in ids.items()
        ],
        relations=[
            RelationAnnotation(ids[r.head], ids[r.tail], r.label) for r in get_relations(doc)
        ],
        status={ids[key]: status for key, status in get_status(doc).items()},
        meta=dict(meta or {}),
    )
