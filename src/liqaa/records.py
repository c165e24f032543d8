"""The record layer: typed, frozen records of an article's meetings.

They follow the project's JSON Schema (`liqaa schema` prints the one that these types give).
Every span is [start, end) in code points of the article exactly as it was given.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["talks", "visit", "reception", "call", "conference", "ceremony"]
Status = Literal["held", "planned", "cancelled"]
Role = Literal["host", "guest", "participant"]
DateSource = Literal["text", "relative", "hijri"]
RelationType = Literal[
    "met_with", "received", "visited", "called", "attended", "held_position", "represented", "on_behalf_of"
]  # fmt: skip
CharSpan = tuple[int, int]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    def to_dict(self) -> dict[str, Any]:
        """The record as plain dicts, lists, strings and numbers."""
        result: dict[str, Any] = msgspec.to_builtins(self)
        return result

    def to_json(self) -> str:
        """The record as one line of JSON, Arabic unescaped."""
        return msgspec.json.encode(self).decode("utf-8")


class Position(_Record, frozen=True):
    """An office: its title, the body it is held in, and the whole wording."""

    title: str
    organization: str | None
    text: str


class Party(_Record, frozen=True):
    """A person or group that takes part in a meeting."""

    id: str
    name: str | None
    titles: tuple[str, ...]
    positions: tuple[Position, ...]
    country: str | None
    mentions: tuple[CharSpan, ...]


class Participant(Party, frozen=True):
    """A principal of a meeting with the role that the article gives it."""

    role: Role


class Place(_Record, frozen=True):
    """Where a meeting was held; country is ISO 3166-1 alpha-2."""

    city: str | None
    facility: str | None
    country: str | None


class MeetingDate(_Record, frozen=True):
    """When, as the article words it and as an ISO date of its precision."""

    text: str
    value: str | None
    source: DateSource


class Topic(_Record, frozen=True):
    """What was discussed; `category` is a class of `liqaa.assembly.topics`."""

    text: str
    span: CharSpan
    category: str | None


class Evidence(_Record, frozen=True):
    """A sentence that tells of the meeting."""

    text: str
    span: CharSpan


class PloverCode(_Record, frozen=True):
    """PLOVER event type and mode."""

    event: str
    mode: str


class Meeting(_Record, frozen=True):
    """One real meeting, however often the article tells of it."""

    id: str
    kind: Kind
    status: Status
    participants: tuple[Participant, ...]
    attendees: tuple[Party, ...]
    place: Place | None
    date: MeetingDate | None
    topics: tuple[Topic, ...]
    evidence: tuple[Evidence, ...]
    score: float
    plover: PloverCode | None
    cameo: str | None


class PairRelation(_Record, frozen=True):
    """A relation derived from the records; subject and object are ids, names, places, offices or codes."""

    subject: str
    type: RelationType
    object: str
    meeting: str | None
    score: float


class ArticleMeetings(_Record, frozen=True):
    """Everything that liqaa tells of one article."""

    doc_id: str
    published: str | None
    meetings: tuple[Meeting, ...]
    relations: tuple[PairRelation, ...]

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ArticleMeetings:
        """Read what `to_dict` wrote; strict about types and fields.

        Raises:
            msgspec.ValidationError: the data is not such a record.
        """
        return msgspec.convert(data, cls)

    @classmethod
    def from_json(cls, line: str | bytes) -> ArticleMeetings:
        """Read what `to_json` wrote; strict about types and fields.

        Raises:
            msgspec.ValidationError: the data is not such a record.
        """
        return msgspec.json.decode(line, type=cls)
