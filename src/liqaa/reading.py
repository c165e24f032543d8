"""Reading articles from files, folders, JSONL and standard input, one fault at a time."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from liqaa.api import check_text, parse_published
from liqaa.errors import InputError


@dataclass(frozen=True, slots=True)
class InputArticle:
    """An article to read, or why it cannot be."""

    id: str
    text: str = ""
    published: str | None = None
    error: str | None = None


def read_articles(paths: Iterable[str], published: str | None = None) -> Iterator[InputArticle]:
    """Articles of .txt files, folders of them, .jsonl files and "-" (one article on stdin).

    Args:
        paths: what to read; a text file's name is its article's id.
        published: publication date of articles that bring none.

    Yields:
        Articles in order; one that cannot be read carries the error, so that a batch goes on.
    """
    for path in paths:
        if path == "-":
            yield _checked("stdin", sys.stdin.buffer.read(), published)
            continue
        location = Path(path)
        if os.path.isdir(path):  # unlike Path.is_dir, False for any path that cannot be looked at
            found = (p for p in location.rglob("*") if p.suffix in (".txt", ".jsonl"))
            files = sorted(p for p in found if not os.path.isdir(p))
            if not files:
                yield InputArticle(path, error=f"{path}: no .txt or .jsonl file in this folder.")
        else:
            files = [location]
        for file in files:
            try:
                data = file.read_bytes()
            except OSError as error:
                yield InputArticle(
                    _identifier(file.name), error=f"{file}: cannot be read ({error.strerror})."
                )
                continue
            if file.suffix == ".jsonl":
                yield from _read_jsonl(file, data, published)
            else:
                yield _checked(_identifier(file.name), data, published, str(file))


def _identifier(name: object) -> str:
    """A name as an article's id: file names and JSON may hold what UTF-8 cannot."""
    return str(name).encode("utf-8", "replace").decode("utf-8")


def _checked(
    doc_id: str, data: bytes | str, published: str | None, where: str | None = None
) -> InputArticle:
    where = where or doc_id
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        check_text(text, where)
        date = parse_published(published, where)
    except UnicodeDecodeError as error:
        return InputArticle(
            doc_id, error=f"{where}: not UTF-8 (byte {error.start}); save it as UTF-8 first."
        )
    except InputError as error:
        return InputArticle(doc_id, error=str(error))
    return InputArticle(doc_id, text, date.isoformat() if date else None)


def _read_jsonl(file: Path, data: bytes, published: str | None) -> Iterator[InputArticle]:
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        doc_id = _identifier(f"{file.name}:{number}")
        try:
            record = json.loads(line.decode("utf-8-sig"))
        except UnicodeDecodeError:
            yield InputArticle(doc_id, error=f"{where}: not UTF-8; save the file as UTF-8 first.")
            continue
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", error)
            yield InputArticle(doc_id, error=f"{where}: not JSON ({reason}); one object a line.")
            continue
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            yield InputArticle(
                doc_id, error=f'{where}: no text; write {{"id": …, "text": …, "published": …}}.'
            )
            continue
        own = record.get("published")
        if own is not None and not isinstance(own, str):
            yield InputArticle(
                doc_id, error=f"{where}: published {own!r} is no date; write YYYY-MM-DD."
            )
            continue
        own_id = record.get("id")
        if own_id not in (None, ""):
            doc_id = _identifier(own_id)
        yield _checked(doc_id, record["text"], own or published, where)
