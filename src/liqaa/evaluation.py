"""Evaluation of a pipeline on annotated docs: entities, topics, relations and records.

Relations and records are scored end to end from predicted spans; figures on gold spans stand
beside them under their own names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example

from liqaa.components.meetings import ARTICLE_KEY, get_article_meetings
from liqaa.components.relation_extractor import relation_scores
from liqaa.components.topic_recognizer import topic_scores
from liqaa.language.normalize import fold
from liqaa.ontology import TOPICS_KEY
from liqaa.records import ArticleMeetings
from liqaa.scoring import prf, score_records


@dataclass(slots=True)
class Predictions:
    """Gold docs with what a pipeline makes of their texts, and of their texts and gold spans."""

    gold: list[Doc] = field(default_factory=list)
    end_to_end: list[Doc] = field(default_factory=list)
    on_gold_spans: list[Doc] = field(default_factory=list)

    def extend(self, other: Predictions) -> None:
        """Add the predictions of another pipeline on other docs."""
        self.gold += other.gold
        self.end_to_end += other.end_to_end
        self.on_gold_spans += other.on_gold_spans


def predict(nlp: Language, gold: Sequence[Doc]) -> Predictions:
    """Run a pipeline on the texts of gold docs, and again on their gold spans."""
    end_to_end = list(nlp.pipe([_bare(nlp, doc) for doc in gold]))
    with nlp.select_pipes(disable=["ner", "topic_recognizer"]):
        on_gold = []
        for doc in gold:
            copy = _bare(nlp, doc)
            copy.set_ents([Span(copy, e.start, e.end, label=e.label_) for e in doc.ents])
            copy.spans[TOPICS_KEY] = [
                Span(copy, s.start, s.end, label=s.label_) for s in doc.spans[TOPICS_KEY]
            ]
            on_gold.append(copy)
        on_gold_spans = list(nlp.pipe(on_gold))
    return Predictions(list(gold), end_to_end, on_gold_spans)


def _bare(nlp: Language, doc: Doc) -> Doc:
    copy = nlp.make_doc(doc.text)
    copy.user_data[ARTICLE_KEY] = doc.user_data.get(ARTICLE_KEY, {})
    return copy


def score(predictions: Predictions, gold_records: dict[str, ArticleMeetings]) -> dict[str, Any]:
    """All figures.

    Args:
        predictions: what a pipeline said.
        gold_records: records that annotators wrote, by article id; articles without one are
            left out of the record figures.
    """
    end_to_end = [
        Example(p, g) for p, g in zip(predictions.end_to_end, predictions.gold, strict=True)
    ]
    on_gold = [
        Example(p, g) for p, g in zip(predictions.on_gold_spans, predictions.gold, strict=True)
    ]
    entities = Scorer.score_spans(end_to_end, "ents")
    topics = topic_scores(end_to_end)
    return {
        "articles": len(predictions.gold),
        "tokens": sum(len(doc) for doc in predictions.gold),
        "entities": {
            **{k: entities[f"ents_{k}"] for k in "prf"},
            "per_label": entities["ents_per_type"] or {},
        },
        "topics": {k: topics[f"topics_{k}"] for k in "prf"},
        "relations_end_to_end": _relation_figures(end_to_end),
        "relations_on_gold_spans": _relation_figures(on_gold),
        "records_end_to_end": _record_figures(predictions.end_to_end, gold_records),
        "records_on_gold_spans_with_predicted_relations": _record_figures(
            predictions.on_gold_spans, gold_records
        ),
        "records_from_gold_annotation": _assembly_figures(predictions.gold, gold_records),
    }


def _relation_figures(examples: Iterable[Example]) -> dict[str, Any]:
    scores = relation_scores(examples)
    return {
        **{k: scores[f"rels_{k}"] for k in "prf"},
        "status_f": scores["status_f"],
        "per_label": scores["rels_per_type"],
    }


def _record_figures(
    docs: Iterable[Doc], gold_records: dict[str, ArticleMeetings]
) -> dict[str, Any]:
    pairs = []
    for doc in docs:
        identifier = doc.user_data.get(ARTICLE_KEY, {}).get("id")
        if identifier in gold_records:
            pairs.append((gold_records[identifier], get_article_meetings(doc)))
    scores = score_records(pairs)
    hits = found = wanted = 0
    for gold, predicted in pairs:
        gold_topics = {fold(t.text) for m in gold.meetings for t in m.topics}
        own = {fold(t.text) for m in predicted.meetings for t in m.topics}
        hits += len(gold_topics & own)
        found += len(own - gold_topics)
        wanted += len(gold_topics - own)
    return {**scores, "topics": prf(hits, found, wanted), "articles": len(pairs)}


def _assembly_figures(
    gold: Iterable[Doc], gold_records: dict[str, ArticleMeetings]
) -> dict[str, Any]:
    """The assembly alone: records from the annotators' spans, relations and statuses."""
    from liqaa.components.meetings import Meetings

    component = Meetings("meetings")
    docs = [component(doc) for doc in gold]
    return _record_figures(docs, gold_records)
