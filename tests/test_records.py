"""Typed records: strict reading, JSON, and a light import."""

import json
import subprocess
import sys

import msgspec
import pytest

import liqaa
from liqaa.records import ArticleMeetings, Meeting, Participant, Place

PARTY = {
    "name": "خليفة حفتر",
    "titles": ("المشير",),
    "positions": (),
    "country": "LY",
    "mentions": ((0, 5),),
}


def meeting() -> Meeting:
    """A small meeting."""
    return Meeting(
        id="m1",
        kind="talks",
        status="held",
        participants=(
            Participant(id="p1", role="host", **PARTY),
            Participant(id="p2", role="guest", **PARTY),
        ),
        attendees=(),
        place=Place("بنغازي", None, "LY"),
        date=None,
        topics=(),
        evidence=(),
        score=0.5,
        plover=None,
        cameo="040",
    )


def test_round_trip() -> None:
    records = ArticleMeetings("a", "2026-01-14", (meeting(),), ())
    assert ArticleMeetings.from_json(records.to_json()) == records
    assert ArticleMeetings.from_dict(records.to_dict()) == records
    assert "بنغازي" in records.to_json()
    assert json.loads(records.to_json())["meetings"][0]["place"]["country"] == "LY"


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"doc_id": 1, "published": null, "meetings": [], "relations": []}',
        '{"doc_id": "a", "published": null, "meetings": [{"id": "m1"}], "relations": []}',
        '{"doc_id": "a", "published": null, "meetings": [], "relations": [], "more": 1}',
    ],
)
def test_strict(line: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        ArticleMeetings.from_json(line)


def test_frozen() -> None:
    with pytest.raises(AttributeError):
        meeting().kind = "visit"


def test_import_is_light() -> None:
    """`import liqaa` takes under 0.3 s and loads neither torch nor spaCy."""
    code = (
        "import sys, time; t = time.perf_counter(); import liqaa; "
        "t = time.perf_counter() - t; print(t, 'torch' in sys.modules, 'spacy' in sys.modules)"
    )
    best = min(
        (subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(3)),
        key=lambda words: float(words[0]),
    )  # fmt: skip
    assert float(best[0]) < 0.3
    assert best[1:] == ["False", "False"]


def test_public_names() -> None:
    assert all(getattr(liqaa, name) for name in liqaa.__all__)
    with pytest.raises(AttributeError):
        _ = liqaa.nothing
