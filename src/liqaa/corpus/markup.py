"""liqaa markup: annotated articles as plain text that a person can write and read.

The notation is described in `corpus/GUIDELINE.md`. It converts to and from `AnnotatedArticle`
without loss of text, spans or relations, as long as the text has no square brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqaa.corpus.article import AnnotatedArticle, RelationAnnotation, SpanAnnotation
from liqaa.errors import AnnotationError
from liqaa.ontology import MEETING_STATUSES, RELATION_LABELS, TOPIC_LABEL

LETTERS = {
    "M": "MEETING", "P": "PERSON", "T": "TITLE", "O": "POSITION", "B": "ORG", "G": "GPE", "L": "LOC",
    "F": "FAC", "N": "NORP", "D": "DATE", "E": "EVENT", "Y": "PARTY", "K": TOPIC_LABEL,
}  # fmt: skip
"""First letter of a markup id to the span label."""

_LETTER_OF = {label: letter for letter, label in LETTERS.items()}
_ID = re.compile(r"[A-Z]\d+")
_OPEN = re.compile(r"\[([A-Z]\d+):")
_FURNITURE = "% "
_LIST_META = {"countries"}


def parse(source: str, name: str = "markup") -> Iterator[AnnotatedArticle]:
    """Articles of a markup file.

    Args:
        source: the whole file.
        name: what to call it in errors.

    Raises:
        AnnotationError: the notation is broken; names file, line, article and remedy.
    """
    lines = source.split("\n")
    starts = [i for i, line in enumerate(lines) if line.startswith("=== ")]
    if not starts:
        raise AnnotationError(f"{name}: no article; each begins with a line '=== ID'.")
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _parse_article(lines[start:stop], f"{name}:{start + 1}", start + 1, name)


def _parse_article(block: list[str], where: str, first: int, name: str) -> AnnotatedArticle:
    identifier = block[0][4:].strip()
    rules = [i for i, line in enumerate(block) if line.strip() == "---"]
    if len(rules) != 2:
        raise AnnotationError(
            f"{where}: article {identifier}: {len(rules)} lines '---', need two: "
            "one before the text and one after it."
        )
    meta: dict[str, object] = {}
    for line in block[1 : rules[0]]:
        if line.strip():
            key, _, value = line.partition(":")
            meta[key.strip()] = value.split() if key.strip() in _LIST_META else value.strip()
    article = AnnotatedArticle(id=identifier, text="", meta=meta)
    ids = _parse_text(block[rules[0] + 1 : rules[1]], article, first + rules[0] + 1, name)
    for offset, line in enumerate(block[rules[1] + 1 :]):
        if line.strip():
            at = f"{name}:{first + rules[1] + 1 + offset}: article {identifier}"
            _parse_relations(line.split(), ids, article, at)
    return article


def _parse_text(
    lines: list[str], article: AnnotatedArticle, first: int, name: str
) -> dict[str, int]:
    ids: dict[str, int] = {}
    out: list[str] = []
    length = 0
    for number, line in enumerate(lines, first):
        where = f"{name}:{number}: article {article.id}"
        start = length
        furniture = line.startswith(_FURNITURE)
        if furniture:
            line = line[len(_FURNITURE) :]
        open_spans: list[tuple[str, int]] = []
        at = 0
        while at < len(line):
            match = _OPEN.match(line, at)
            if match:
                if furniture:
                    raise AnnotationError(f"{where}: {match[1]} lies in site furniture; unmark it.")
                open_spans.append((match[1], length))
                at = match.end()
                continue
            if line[at] == "[":
                raise AnnotationError(
                    f"{where}: '{line[at : at + 20]}' opens no span; write [P1:words]."
                )
            if line[at] == "]":
                if not open_spans:
                    raise AnnotationError(
                        f"{where}: ']' closes nothing near "
                        f"'{line[max(0, at - 20) : at]}'; take it out."
                    )
                key, begin = open_spans.pop()
                if key in ids:
                    raise AnnotationError(f"{where}: id {key} is used twice; number it anew.")
                if key[0] not in LETTERS:
                    raise AnnotationError(f"{where}: id {key}: letters are {' '.join(LETTERS)}.")
                ids[key] = len(ids) + 1
                article.spans.append(SpanAnnotation(ids[key], LETTERS[key[0]], begin, length))
                at += 1
                continue
            out.append(line[at])
            length += 1
            at += 1
        if open_spans:
            raise AnnotationError(
                f"{where}: [{open_spans[-1][0]}: is not closed on its line; add ']'."
            )
        if furniture:
            article.furniture.append((start, length))
        out.append("\n")
        length += 1
    article.text = "".join(out)[:-1]
    article.spans.sort(key=lambda span: (span.start, -span.end))
    return ids


def _parse_relations(
    words: list[str], ids: dict[str, int], article: AnnotatedArticle, where: str
) -> None:
    def look_up(key: str) -> int:
        if key not in ids:
            raise AnnotationError(f"{where}: no span {key} in the text; mark it or mend the line.")
        return ids[key]

    head = look_up(words[0])
    label = ""
    if words[-1] == "is" or words[-1] in RELATION_LABELS or len(words) == 1:
        raise AnnotationError(
            f"{where}: '{' '.join(words)}' ends too early; write HEAD RELATION TAIL or M1 is planned."
        )
    for word in words[1:]:
        if word in RELATION_LABELS or word == "is":
            label = word
        elif label == "is":
            if word not in MEETING_STATUSES or words[0][0] != "M":
                raise AnnotationError(
                    f"{where}: '{words[0]} is {word}': only a MEETING is "
                    f"{', '.join(MEETING_STATUSES)}."
                )
            if word != "held":
                article.status[head] = word
        elif _ID.fullmatch(word) and label:
            article.relations.append(RelationAnnotation(head, look_up(word), label))
        else:
            raise AnnotationError(
                f"{where}: '{word}' is neither a relation nor a span id; relations are "
                f"{', '.join(RELATION_LABELS)}."
            )


def render(article: AnnotatedArticle) -> str:
    """The article in markup: the inverse of `parse` up to the numbering of ids.

    Raises:
        AnnotationError: a label is unknown or a relation dangles; names the article.
    """
    keys: dict[int, str] = {}
    count: dict[str, int] = {}
    opens: dict[int, list[str]] = {}
    closes: dict[int, int] = {}
    for span in sorted(article.spans, key=lambda s: (s.start, -s.end, s.label != TOPIC_LABEL)):
        letter = _LETTER_OF.get(span.label)
        if letter is None:
            raise AnnotationError(
                f"{article.id}: no letter for the label {span.label}; run `liqaa corpus check`."
            )
        count[letter] = count.get(letter, 0) + 1
        keys[span.id] = f"{letter}{count[letter]}"
        opens.setdefault(span.start, []).append(f"[{keys[span.id]}:")
        closes[span.end] = closes.get(span.end, 0) + 1
    furniture = {start for start, _ in article.furniture}
    out: list[str] = []
    for at in range(len(article.text) + 1):
        out.append("]" * closes.get(at, 0))
        if at in furniture:
            out.append(_FURNITURE)
        out.extend(opens.get(at, []))
        out.append(article.text[at : at + 1])
    lines = [f"=== {article.id}"]
    for key, value in article.meta.items():
        lines.append(f"{key}: {' '.join(value) if isinstance(value, list) else value}")
    lines += ["---", "".join(out), "---"]
    grouped: dict[int, dict[str, list[str]]] = {}
    for relation in article.relations:
        if not {relation.head, relation.tail} <= keys.keys():
            raise AnnotationError(
                f"{article.id}: {relation.label} names a span that is not there; "
                "run `liqaa corpus check`."
            )
        grouped.setdefault(relation.head, {}).setdefault(relation.label, []).append(
            keys[relation.tail]
        )
    for head, labels in grouped.items():
        parts = [f"{label} {' '.join(tails)}" for label, tails in labels.items()]
        lines.append(f"{keys[head]} {' '.join(parts)}")
    lines += [f"{keys[i]} is {status}" for i, status in article.status.items()]
    return "\n".join(lines) + "\n"
