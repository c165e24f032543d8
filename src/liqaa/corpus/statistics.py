"""Counts of the corpus against its plan of variety (`corpus/plan.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from spacy.language import Language

from liqaa.corpus.article import AnnotatedArticle

ARAB_STATES = frozenset(
    ["DZ", "BH", "KM", "DJ", "EG", "IQ", "JO", "KW", "LB", "LY", "MR", "MA", "OM", "PS", "QA", "SA", "SO", "SD", "SY", "TN", "AE", "YE"]
)  # fmt: skip


def statistics(
    corpus: Mapping[str, Sequence[AnnotatedArticle]], nlp: Language
) -> dict[str, dict[str, int]]:
    """Counts over the authored splits.

    Args:
        corpus: articles by split, as `liqaa.corpus.build.read_corpus` gives them.
        nlp: pipeline whose tokenizer counts.

    Returns:
        Articles and tokens by split; articles by genre, style and kind of country; spans and
        relations by label; how much of the held-out test material training mentions.
    """
    authored = [a for split in ("train", "dev", "test") for a in corpus[split]]
    countries = Counter(c for a in authored for c in set(a.meta.get("countries", ())))
    known = {
        a.text[s.start : s.end] for a in corpus["train"] for s in a.spans if s.label == "PERSON"
    }
    test_people = {
        a.text[s.start : s.end] for a in corpus["test"] for s in a.spans if s.label == "PERSON"
    }
    return {
        "articles": {split: len(articles) for split, articles in corpus.items()},
        "tokens": {
            split: sum(len(nlp.make_doc(a.text)) for a in articles)
            for split, articles in corpus.items()
        },
        "genre": dict(Counter(str(a.meta.get("genre")) for a in authored).most_common()),
        "style": dict(Counter(str(a.meta.get("style")) for a in authored).most_common()),
        "countries": {
            "arab_states": len(set(countries) & ARAB_STATES),
            "others": len(set(countries) - ARAB_STATES),
            "egypt_and_libya_together": sum(
                {"EG", "LY"} <= set(a.meta.get("countries", ())) for a in authored
            ),
        },
        "spans": dict(Counter(s.label for a in authored for s in a.spans).most_common()),
        "relations": dict(Counter(r.label for a in authored for r in a.relations).most_common()),
        "test_against_train": {
            "person_wordings_in_test": len(test_people),
            "person_wordings_also_in_train": len(test_people & known),
            "countries_in_test": len(
                {c for a in corpus["test"] for c in a.meta.get("countries", ())}
            ),
            "countries_also_in_train": len(
                {c for a in corpus["test"] for c in a.meta.get("countries", ())}
                & {c for a in corpus["train"] for c in a.meta.get("countries", ())}
            ),
        },
    }


def compare(counts: Mapping[str, Mapping[str, int]], plan: Mapping[str, Any]) -> list[str]:
    """A Markdown table of counts against plan, line by line."""
    lines = ["| what | plan | is |", "|---|---:|---:|"]
    total = sum(counts["articles"][s] for s in ("train", "dev", "test"))
    tokens = sum(counts["tokens"][s] for s in ("train", "dev", "test"))
    lines.append(f"| authored articles | {plan['articles']['authored']} | {total} |")
    lines.append(f"| their tokens | {plan['articles']['tokens']} | {tokens} |")
    together = counts["countries"]["egypt_and_libya_together"] / total
    most = plan["articles"]["egypt_libya_at_most"]
    lines.append(f"| share on Egypt with Libya, at most | {most} | {together:.3f} |")
    for group in ("genre", "style", "countries"):
        for name, wanted in plan[group].items():
            lines.append(f"| {group}: {name} | {wanted} | {counts[group].get(name, 0)} |")
    return lines
