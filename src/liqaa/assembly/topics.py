"""What a meeting was about: topic spans cleaned, deduplicated and put into a taxonomy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from liqaa.assembly.clitics import strip_clitic
from liqaa.language.normalize import fold
from liqaa.ontology import TOPIC_LABEL
from liqaa.records import Topic

_QUANTIFIERS = (
    "عددا من", "عدد من", "مجموعه من", "جمله من", "مجمل", "مختلف", "كافه", "جميع", "عده", "سائر", "كل من", "بعض", "كل",
)  # fmt: skip
_EDGE = " \t\r\n.,،؛:;\"'«»“”()-–—_"


@cache
def _taxonomy() -> list[tuple[str, re.Pattern[str]]]:
    """Category and pattern, in the file's order: special classes before general ones."""
    data = json.loads(resources.files("liqaa.data").joinpath("topics.json").read_text("utf-8"))
    return [
        (category, re.compile(r"(?<!\w)(?:[وفبلك]|لل|ال)?(?:" + "|".join(
            re.escape(re.sub(r"(?<!\w)(?:لل|ال)(?=\w)", "", fold(w))) for w in words) + r")(?!\w)"))
        for category, words in data.items()
    ]  # fmt: skip


def topic_categories() -> tuple[str, ...]:
    """Names of the classes of the taxonomy."""
    return tuple(category for category, _ in _taxonomy())


def categorize(text: str) -> str | None:
    """Class of a topic phrase: the one with most key words; of equals the more special one."""
    folded = re.sub(r"(?<!\w)([وفبك]?)(?:لل|ال)(?=\w)", r"\1", fold(text).replace("_", " "))
    best, most = None, 0
    general = ("regional_international_affairs", "bilateral_relations")
    for category, pattern in _taxonomy():
        hits = len(pattern.findall(folded))
        if category in general:
            hits = min(hits, 1)
        if hits > most:
            best, most = category, hits
    return best


def clean_topic(text: str, start: int) -> tuple[str, int, int]:
    """A topic without edge punctuation, leading conjunction and quantifiers.

    Args:
        text: the span as written.
        start: its first code point in the article.

    Returns:
        The phrase and its [start, end) in the article.
    """
    begin, end = 0, len(text)
    while True:
        while begin < end and text[begin] in _EDGE:
            begin += 1
        rest = text[begin:end]
        cut = next(
            (
                len(q)
                for q in _QUANTIFIERS
                if fold(rest)[: len(q) + 1] == q + " " and len(fold(rest)) == len(rest)
            ),
            0,
        )
        if not cut:
            break
        begin += cut
    first = text[begin:end].split(maxsplit=1)
    if first:
        begin += strip_clitic(text[begin:end], TOPIC_LABEL)[1]
    while end > begin and text[end - 1] in _EDGE:
        end -= 1
    return text[begin:end], start + begin, start + end


def collect_topics(spans: Iterable[tuple[str, int]]) -> tuple[Topic, ...]:
    """Topics of one meeting in text order; of two where one holds the other, the longer stays."""
    topics: list[Topic] = []
    for text, start in spans:
        phrase, begin, end = clean_topic(text, start)
        if phrase:
            topics.append(Topic(phrase, (begin, end), categorize(phrase)))
    kept: list[Topic] = []
    for topic in sorted(topics, key=lambda t: (-len(t.text), t.span)):
        if not any(fold(topic.text) in fold(other.text) for other in kept):
            kept.append(topic)
    return tuple(sorted(kept, key=lambda t: t.span))
