"""Agreement between two annotations of the same articles: exact-span F1 per label."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from liqaa.corpus.article import AnnotatedArticle
from liqaa.scoring import prf

Item = tuple[str, tuple[object, ...]]


def _spans(article: AnnotatedArticle) -> set[Item]:
    return {(s.label, (s.start, s.end)) for s in article.spans}


def _relations(article: AnnotatedArticle) -> set[Item]:
    """Relations by offsets and labels of both spans; SAME_AS in canonical form."""
    spans = {s.id: (s.start, s.end, s.label) for s in article.spans}
    items: set[Item] = set()
    parent: dict[tuple[int, int, str], tuple[int, int, str]] = {}

    def find(key: tuple[int, int, str]) -> tuple[int, int, str]:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for r in article.relations:
        head, tail = spans[r.head], spans[r.tail]
        if r.label == "SAME_AS":
            a, b = find(head), find(tail)
            parent[max(a, b)] = min(a, b)
        else:
            items.add((r.label, (head, tail)))
    clusters: dict[tuple[int, int, str], list[tuple[int, int, str]]] = defaultdict(list)
    for key in parent:
        clusters[find(key)].append(key)
    for keys in clusters.values():
        keys.sort()
        items |= {("SAME_AS", (b, a)) for a, b in itertools.pairwise(keys)}
    return items


def agreement(
    pairs: Iterable[tuple[AnnotatedArticle, AnnotatedArticle]],
) -> dict[str, dict[str, Any]]:
    """F1 of one annotation against the other.

    Args:
        pairs: two annotations of each article.

    Returns:
        "entities" (without TOPIC), "topics", "relations" (strict: both spans must agree too),
        "relations_on_agreed_spans" and "per_label"; each with p, r, f and counts.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def count(name: str, first: set[Item], second: set[Item]) -> None:
        for i, part in enumerate((first & second, second - first, first - second)):
            counts[name][i] += len(part)

    for first, second in pairs:
        spans = [_spans(first), _spans(second)]
        relations = [_relations(first), _relations(second)]
        count("entities", *({s for s in side if s[0] != "TOPIC"} for side in spans))
        count("topics", *({s for s in side if s[0] == "TOPIC"} for side in spans))
        count("relations", *relations)
        agreed = {(start, end, label) for label, (start, end) in spans[0] & spans[1]}
        count(
            "relations_on_agreed_spans",
            *({r for r in side if set(r[1]) <= agreed} for side in relations),
        )
        for label in {label for side in (*spans, *relations) for label, _ in side}:
            for sides in (spans, relations):
                count(label, *({s for s in side if s[0] == label} for side in sides))
    totals = ("entities", "topics", "relations", "relations_on_agreed_spans")
    result: dict[str, Any] = {name: prf(*counts[name]) for name in totals}
    result["per_label"] = {k: prf(*c) for k, c in sorted(counts.items()) if k not in totals}
    return result
