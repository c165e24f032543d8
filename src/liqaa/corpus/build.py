"""Building `.spacy` training files from the annotated articles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import DocBin

from liqaa.corpus.article import AnnotatedArticle, read_jsonl
from liqaa.corpus.docs import article_to_doc
from liqaa.files import write_atomically

REHEARSED = 2
"""One in so many authored training articles goes into the second stage too."""

NEWS_REPEATS = 12
"""How often each news article stands in the second stage."""

SPLITS = ("train", "dev", "test")


def read_corpus(folder: Path) -> dict[str, list[AnnotatedArticle]]:
    """Articles of a corpus folder: the authored splits and "news"."""
    corpus = {split: list(read_jsonl(folder / "authored" / f"{split}.jsonl")) for split in SPLITS}
    corpus["news"] = list(read_jsonl(folder / "news" / "news.jsonl"))
    return corpus


def write_docbin(articles: Sequence[AnnotatedArticle], nlp: Language, path: Path) -> int:
    """Write articles as a `.spacy` file, atomically.

    Returns:
        The number of tokens.
    """
    docs = [article_to_doc(article, nlp) for article in articles]
    write_atomically(path, DocBin(docs=docs, store_user_data=True).to_bytes())
    return sum(len(doc) for doc in docs)


def build(folder: Path, output: Path, nlp: Language) -> dict[str, tuple[int, int]]:
    """Write train, dev, test and news, and for each news article the fold that leaves it out.

    The second training stage reads `stage2.spacy`, or a fold's `loo-ID.spacy`: a part of the
    authored training articles, and each news article several times.

    Returns:
        (articles, tokens) of each file.
    """
    corpus = read_corpus(folder)
    counts = {}
    for split, articles in corpus.items():
        counts[split] = (len(articles), write_docbin(articles, nlp, output / f"{split}.spacy"))
    rehearsal = corpus["train"][::REHEARSED]
    stage2 = [*rehearsal, *(corpus["news"] * NEWS_REPEATS)]
    counts["stage2"] = (len(stage2), write_docbin(stage2, nlp, output / "stage2.spacy"))
    for left_out in corpus["news"]:
        rest = [article for article in corpus["news"] if article.id != left_out.id]
        fold = [*rehearsal, *(rest * NEWS_REPEATS)]
        name = f"loo-{left_out.id}"
        counts[name] = (len(fold), write_docbin(fold, nlp, output / f"{name}.spacy"))
    return counts
