"""Gold records: what an annotator writes down after reading an article, without offsets.

A line of `*.records.jsonl` is `{"id": …, "meetings": [...]}`; a meeting has the fields of the
record layer that a reader can tell (kind, status, participants, attendees, place, date, topics).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from liqaa.errors import InputError
from liqaa.files import read_text
from liqaa.records import (
    ArticleMeetings,
    Meeting,
    MeetingDate,
    Participant,
    Party,
    Place,
    Position,
    Topic,
)


def read_gold_records(path: Path) -> dict[str, ArticleMeetings]:
    """Gold records by article id.

    Raises:
        InputError: the file cannot be read, or a line is broken; names file and line.
    """
    records = {}
    for number, line in enumerate(read_text(path, "JSONL").split("\n"), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            meetings = tuple(_meeting(m, f"m{i}") for i, m in enumerate(data["meetings"], 1))
            records[data["id"]] = ArticleMeetings(data["id"], None, meetings, ())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"{path}:{number}: broken gold record ({error!r}).") from error
    return records


def _party(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "",
        "name": data.get("name"),
        "titles": tuple(data.get("titles", ())),
        "positions": tuple(
            Position(p["title"], p.get("organization"), p["text"])
            for p in data.get("positions", ())
        ),
        "country": data.get("country"),
        "mentions": (),
    }


def _meeting(data: dict[str, Any], identifier: str) -> Meeting:
    place, date = data.get("place"), data.get("date")
    return Meeting(
        id=identifier,
        kind=data["kind"],
        status=data["status"],
        participants=tuple(Participant(**_party(p), role=p["role"]) for p in data["participants"]),
        attendees=tuple(Party(**_party(p)) for p in data.get("attendees", ())),
        place=Place(place.get("city"), place.get("facility"), place.get("country"))
        if place
        else None,
        date=MeetingDate(date["text"], date.get("value"), "text") if date else None,
        topics=tuple(Topic(t, (0, 0), None) for t in data.get("topics", ())),
        evidence=(),
        score=1.0,
        plover=None,
        cameo=None,
    )
