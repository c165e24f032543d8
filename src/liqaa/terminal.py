"""Meetings as tables in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from liqaa.records import ArticleMeetings, Meeting, Party

_ISOLATE = "\u2068{}\u2069"
"""First-strong isolate: a name keeps its direction whatever stands beside it."""


def isolate(text: str) -> str:
    """Text between Unicode isolates."""
    return _ISOLATE.format(text)


def describe(party: Party) -> str:
    """One party with ranks, name, offices and country."""
    parts = [isolate(" ".join((*party.titles, party.name)))] if party.name else []
    parts += [isolate(p.text) for p in party.positions]
    if party.country:
        parts.append(party.country)
    return " · ".join(parts) or "(group)"


def meeting_table(meeting: Meeting) -> Table:
    """A meeting as a two-column table."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for participant in meeting.participants:
        table.add_row(participant.role, Text(describe(participant)))
    for attendee in meeting.attendees:
        table.add_row("attendee", Text(describe(attendee)))
    if meeting.place:
        place = (meeting.place.facility, meeting.place.city, meeting.place.country)
        table.add_row("place", Text(" · ".join(isolate(p) for p in place if p)))
    if meeting.date:
        table.add_row(
            "date", Text(f"{isolate(meeting.date.text)} · {meeting.date.value or 'unresolved'}")
        )
    for topic in meeting.topics:
        table.add_row("topic", Text(f"{isolate(topic.text)} · {topic.category or '-'}"))
    return table


def print_meetings(records: ArticleMeetings, console: Console | None = None) -> None:
    """Print the meetings of an article."""
    console = console or Console()
    console.print(
        Text(f"{records.doc_id} · published {records.published or 'unknown'}", style="bold")
    )
    if not records.meetings:
        console.print("No meeting.")
    for meeting in records.meetings:
        title = f"{meeting.id} · {meeting.kind} · {meeting.status} · {meeting.score:.2f}"
        console.print(Panel(meeting_table(meeting), title=title, title_align="left"))
