"""Rules that every annotated article must keep; each fault names its rule, place and remedy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from liqaa.corpus.article import AnnotatedArticle, SpanAnnotation
from liqaa.language.tokenizer import create_arabic_news_tokenizer
from liqaa.ontology import (
    ENTITY_LABELS,
    LEGAL_PAIRS,
    MEETING_STATUSES,
    PARTICIPANT_RELATIONS,
    SPAN_LABELS,
    TOPIC_LABEL,
    relations_between,
)

LEAKAGE_NGRAM = 8
"""Tokens; two articles of different splits may share no run of this length."""

_PROCLITICS = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "فب", "فل")
_REPEATED_LABELS = {"PERSON", "GPE"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule in one article. `start` and `end` are code points, or None."""

    article: str
    rule: str
    message: str
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        at = "" if self.start is None else f" [{self.start}:{self.end}]"
        return f"{self.article}{at} {self.rule}: {self.message}"


def blank_pipeline() -> Language:
    """An untrained Arabic pipeline with the project's tokenizer."""
    nlp = spacy.blank("ar")
    nlp.tokenizer = create_arabic_news_tokenizer()(nlp)
    return nlp


def check_article(article: AnnotatedArticle, nlp: Language) -> list[Fault]:
    """Faults of one article against the ontology and the guideline."""
    doc = nlp.make_doc(article.text)
    faults = [*_check_spans(article, doc), *_check_relations(article), *_check_meetings(article)]
    faults += _check_repeats(article, doc)
    return faults


def _fault(article: AnnotatedArticle, rule: str, span: SpanAnnotation, message: str) -> Fault:
    return Fault(article.id, rule, message, span.start, span.end)


def _check_spans(article: AnnotatedArticle, doc: Doc) -> list[Fault]:
    faults = []
    seen: set[tuple[str, int, int]] = set()
    last: dict[bool, SpanAnnotation] = {}
    for span in sorted(article.spans, key=lambda s: (s.start, s.end)):
        words = article.text[span.start : span.end]
        if span.label not in SPAN_LABELS:
            faults.append(
                _fault(article, "label", span, f"unknown label {span.label} on «{words}»")
            )
            continue
        if doc.char_span(span.start, span.end) is None or words != words.strip():
            faults.append(
                _fault(
                    article,
                    "token-border",
                    span,
                    f"{span.label} «{words}» cuts a token, or ends in a space",
                )
            )
        key = (span.label, span.start, span.end)
        if key in seen:
            faults.append(
                _fault(article, "duplicate", span, f"{span.label} «{words}» is marked twice")
            )
        seen.add(key)
        is_topic = span.label == TOPIC_LABEL
        before = last.get(is_topic)
        if before and before.end > span.start and (before.label, before.start, before.end) != key:
            other = article.text[before.start : before.end]
            faults.append(
                _fault(article, "overlap", span, f"{span.label} «{words}» overlaps «{other}»")
            )
        last[is_topic] = span if before is None or span.end > before.end else before
        for start, end in article.furniture:
            if span.start < end and start < span.end:
                faults.append(
                    _fault(
                        article, "furniture", span, f"{span.label} «{words}» lies in site furniture"
                    )
                )
    return faults


def _check_relations(article: AnnotatedArticle) -> list[Fault]:
    faults = []
    spans = {span.id: span for span in article.spans}
    seen: set[tuple[int, int, str]] = set()
    for relation in article.relations:
        head, tail = spans.get(relation.head), spans.get(relation.tail)
        if head is None or tail is None:
            missing = relation.head if head is None else relation.tail
            faults.append(
                Fault(
                    article.id, "dangling", f"{relation.label} names span {missing}, there is none"
                )
            )
            continue
        pair = (head.label, tail.label)
        what = f"{head.label} «{_words(article, head)}» {relation.label} {tail.label} «{_words(article, tail)}»"
        if pair not in LEGAL_PAIRS.get(relation.label, frozenset()):
            allowed = ", ".join(relations_between(*pair)) or "no relation"
            faults.append(
                _fault(
                    article,
                    "illegal-pair",
                    head,
                    f"{what}; {head.label} → {tail.label} may be {allowed}",
                )
            )
        if relation.label == "SAME_AS" and head.start <= tail.start:
            faults.append(
                _fault(
                    article, "same-as-order", head, f"{what}; the head must be the later mention"
                )
            )
        if (key := (relation.head, relation.tail, relation.label)) in seen:
            faults.append(_fault(article, "duplicate", head, f"{what} is drawn twice"))
        seen.add(key)
    roles: dict[tuple[int, int], list[str]] = defaultdict(list)
    for relation in article.relations:
        if relation.label in PARTICIPANT_RELATIONS | {"ATTENDEE"}:
            roles[relation.head, relation.tail].append(relation.label)
    for (head_id, tail_id), labels in roles.items():
        if len(set(labels)) > 1 and head_id in spans and tail_id in spans:
            faults.append(
                _fault(
                    article,
                    "two-roles",
                    spans[head_id],
                    f"«{_words(article, spans[tail_id])}» is {' and '.join(labels)} of one meeting",
                )
            )
    return faults


def _words(article: AnnotatedArticle, span: SpanAnnotation) -> str:
    return article.text[span.start : span.end]


def _check_meetings(article: AnnotatedArticle) -> list[Fault]:
    """Every meeting, over all its mentions, has at least one side."""
    group = {span.id: span.id for span in article.spans if span.label == "MEETING"}

    def find(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    for relation in article.relations:
        if relation.label == "SAME_AS" and relation.head in group and relation.tail in group:
            group[find(relation.head)] = find(relation.tail)
    with_sides = {
        find(r.head)
        for r in article.relations
        if r.label in PARTICIPANT_RELATIONS and r.head in group
    }
    unknown = [
        Fault(
            article.id,
            "status",
            f"span {i} is {value}; only a MEETING is {', '.join(MEETING_STATUSES[1:])}",
        )
        for i, value in article.status.items()
        if i not in group or value not in MEETING_STATUSES[1:]
    ]
    return unknown + [
        _fault(
            article,
            "meeting-without-parties",
            span,
            f"«{_words(article, span)}» has no HOST, GUEST or PARTICIPANT, nor has a meeting it is SAME_AS",
        )
        for span in article.spans
        if span.label == "MEETING" and find(span.id) not in with_sides
    ]


def _check_repeats(article: AnnotatedArticle, doc: Doc) -> list[Fault]:
    """A marked name that stands unmarked elsewhere, outside furniture."""
    taken = [False] * (len(article.text) + 1)
    for start, end in article.furniture:
        taken[start:end] = [True] * (end - start)
    names: dict[tuple[str, ...], str] = {}
    for span in article.spans:
        if span.label in ENTITY_LABELS:
            taken[span.start : span.end] = [True] * (span.end - span.start)
        found = doc.char_span(span.start, span.end)
        if span.label in _REPEATED_LABELS and found is not None:
            names[tuple(token.text for token in found)] = span.label
    faults = []
    tokens = [token.text for token in doc]
    by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name in names:
        if len(name) > 1 or len(name[0]) > 3:
            by_first[name[0]].append(name)
    for i, token in enumerate(tokens):
        if taken[doc[i].idx]:
            continue
        for clitic in _PROCLITICS:
            if not token.startswith(clitic):
                continue
            for name in by_first.get(token[len(clitic) :], ()):
                if tuple(tokens[i + 1 : i + len(name)]) == name[1:]:
                    last = doc[i + len(name) - 1]
                    faults.append(
                        Fault(
                            article.id,
                            "unmarked-repeat",
                            f"«{' '.join(name)}» is {names[name]} elsewhere and unmarked here",
                            doc[i].idx,
                            last.idx + len(last),
                        )
                    )
    return faults


def check_leakage(articles: Sequence[AnnotatedArticle], nlp: Language) -> list[Fault]:
    """Runs of `LEAKAGE_NGRAM` word tokens shared by two splits, or by authored text and news."""
    seen: dict[tuple[str, ...], tuple[str, str]] = {}
    faults: dict[tuple[str, str], Fault] = {}
    for article in articles:
        split = (
            "news" if article.meta.get("origin") == "news" else str(article.meta.get("split", ""))
        )
        words = [token.text for token in nlp.make_doc(article.text) if token.text[0].isalnum()]
        for i in range(len(words) - LEAKAGE_NGRAM + 1):
            gram = tuple(words[i : i + LEAKAGE_NGRAM])
            other, other_split = seen.setdefault(gram, (article.id, split))
            if other_split != split and (article.id, other) not in faults:
                faults[article.id, other] = Fault(
                    article.id, "leakage", f"«{' '.join(gram)}» stands in {other} ({other_split})"
                )
    return list(faults.values())


def check_ids(articles: Iterable[AnnotatedArticle]) -> list[Fault]:
    """Article ids that are used more than once."""
    counts = Counter(article.id for article in articles)
    return [
        Fault(i, "duplicate-id", f"{n} articles have this id") for i, n in counts.items() if n > 1
    ]
