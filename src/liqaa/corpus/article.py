"""An annotated article, independent of spaCy, and its Doccano relation JSONL form."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liqaa.api import parse_published
from liqaa.errors import InputError
from liqaa.files import read_text, write_atomically

META_KEYS = ("origin", "genre", "countries", "style", "published", "split")
"""Metadata that every article of the corpus carries."""


@dataclass(frozen=True, slots=True)
class SpanAnnotation:
    """A labelled stretch of text; `start` and `end` are code points, end exclusive."""

    id: int
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RelationAnnotation:
    """A typed link between two spans of one article, by span id."""

    head: int
    tail: int
    label: str


@dataclass(slots=True)
class AnnotatedArticle:
    """Text, spans, relations and metadata of one article.

    `status` maps the id of a MEETING span to planned, cancelled or denied (held is not stored);
    `furniture` lists [start, end) of menus, bylines and captions, where nothing is marked.
    """

    id: str
    text: str
    spans: list[SpanAnnotation] = field(default_factory=list)
    relations: list[RelationAnnotation] = field(default_factory=list)
    status: dict[int, str] = field(default_factory=dict)
    furniture: list[tuple[int, int]] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    def to_doccano(self) -> dict[str, Any]:
        """The article as a line of Doccano's relation JSONL; metadata lies at the top level."""
        by_id = {span.id: span for span in self.spans}
        return {
            "id": self.id,
            "text": self.text,
            **self.meta,
            "status": [
                [by_id[i].start, by_id[i].end, status] for i, status in sorted(self.status.items())
            ],
            "furniture": [list(pair) for pair in self.furniture],
            "entities": [
                {"id": s.id, "label": s.label, "start_offset": s.start, "end_offset": s.end}
                for s in self.spans
            ],
            "relations": [
                {"id": i, "from_id": r.head, "to_id": r.tail, "type": r.label}
                for i, r in enumerate(self.relations, 1)
            ],
        }

    @classmethod
    def from_doccano(cls, line: dict[str, Any], where: str = "article") -> AnnotatedArticle:
        """Read one object of Doccano's relation JSONL.

        Raises:
            InputError: a field is missing, of the wrong type or out of range; names `where`.
        """
        published = parse_published(line.get("published"), where)
        try:
            if not isinstance(line["text"], str):
                raise TypeError("text is no string")
            spans = [
                SpanAnnotation(
                    operator.index(e["id"]),
                    str(e["label"]),
                    operator.index(e["start_offset"]),
                    operator.index(e["end_offset"]),
                )
                for e in line.get("entities", [])
            ]
            relations = [
                RelationAnnotation(
                    operator.index(r["from_id"]), operator.index(r["to_id"]), str(r["type"])
                )
                for r in line.get("relations", [])
            ]
            furniture = [
                (operator.index(start), operator.index(end))
                for start, end in line.get("furniture", [])
            ]
            for start, end in [*((s.start, s.end) for s in spans), *furniture]:
                if not 0 <= start <= end <= len(line["text"]):
                    raise ValueError(f"[{start}:{end}] lies outside the text")
            meetings = {(s.start, s.end): s.id for s in spans if s.label == "MEETING"}
            status = {
                meetings[start, end]: value
                for start, end, value in line.get("status", [])
                if (start, end) in meetings and value != "held"
            }
            return cls(
                id=str(line["id"]),
                text=line["text"],
                spans=spans,
                relations=relations,
                status=status,
                furniture=furniture,
                meta={key: line[key] for key in META_KEYS if key in line}
                | ({"published": published.isoformat()} if published else {}),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{where}: not a Doccano relation record ({type(error).__name__}: {error}); "
                "export the project as JSONL with relations."
            ) from error


def read_jsonl(path: Path) -> Iterator[AnnotatedArticle]:
    """Articles of a Doccano relation JSONL file, in file order.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object; names file and line.
    """
    for number, line in enumerate(read_text(path, "JSONL").split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: not JSON ({error}); one object a line.") from error
        if not isinstance(data, dict):
            raise InputError(f"{where}: not a JSON object; one object a line.")
        yield AnnotatedArticle.from_doccano(data, where)


def write_jsonl(path: Path, articles: Iterable[AnnotatedArticle]) -> None:
    """Write articles as Doccano relation JSONL, atomically."""
    lines = [json.dumps(article.to_doccano(), ensure_ascii=False) for article in articles]
    write_atomically(path, "".join(line + "\n" for line in lines))
