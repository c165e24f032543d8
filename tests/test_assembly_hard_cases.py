"""Hard cases: one paragraph of liqaa markup each, and the records that it must give.

A case's metadata holds a line `expect:` for each meeting, in text order of no account:

    expect: KIND STATUS host=PARTY guest=PARTY … place=CITY/FACILITY/COUNTRY date=VALUE topic=TEXT

PARTY is `NAME/CC`, `@OFFICE/CC` where only an office is told, `~WORDS/CC` for a group; attendees
need no country. `-` is null, and `date=?` a date without a value. What is not told is expected
to be absent, except topics: `topic=none` says that there are none. `positions: NAME = A; B` and
`titles: NAME = A; B` state what the record says of a person. `expect: none` is no meeting.
`published` is 2026-01-14 unless the case says otherwise.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from spacy.language import Language

from liqaa.assembly.assemble import assemble
from liqaa.corpus.article import AnnotatedArticle
from liqaa.corpus.check import blank_pipeline, check_article
from liqaa.corpus.docs import article_to_doc
from liqaa.corpus.markup import parse
from liqaa.records import ArticleMeetings, Meeting, Party

FOLDER = Path(__file__).parent / "hard_cases"
PUBLISHED = "2026-01-14"
LEAST_CASES, LEAST_PHENOMENA = 120, 20
_KEYS = "host|guest|participant|attendee|place|date|topic"
_FIELD = re.compile(rf"\b({_KEYS})=(.*?)(?=\s(?:{_KEYS})=|$)")


@dataclass
class Case:
    """A paragraph and what it must give."""

    phenomenon: str
    article: AnnotatedArticle
    expected: list[str] = field(default_factory=list)
    said: list[tuple[str, str, list[str]]] = field(default_factory=list)


def read_cases() -> Iterator[Case]:
    """All cases, file by file; a file is a phenomenon."""
    for path in sorted(FOLDER.glob("*.txt")):
        source = path.read_text(encoding="utf-8")
        blocks = re.split(r"^=== ", source, flags=re.MULTILINE)[1:]
        for article, block in zip(parse(source, path.name), blocks, strict=True):
            case = Case(path.stem, article)
            for line in block.split("\n---\n", 1)[0].split("\n")[1:]:
                key, _, value = line.partition(":")
                if key == "expect" and value.strip() != "none":
                    case.expected.append(value.strip())
                elif key in ("positions", "titles"):
                    name, _, values = value.partition("=")
                    listed = [v.strip() for v in values.split(";") if v.strip()]
                    case.said.append((key, name.strip(), listed))
            yield case


CASES = list(read_cases())


def records(case: Case, nlp: Language) -> ArticleMeetings:
    """What the assembly makes of a case."""
    doc = nlp.get_pipe("liqaa_sentence_splitter")(article_to_doc(case.article, nlp))
    told = str(case.article.meta.get("published", PUBLISHED))
    published = None if told == "none" else datetime.date.fromisoformat(told)
    return assemble(doc, published, case.article.id)


def written_party(party: Party, text: str, *, country: bool = True) -> str:
    """A party in the notation of the cases."""
    if party.name:
        words = party.name
    elif party.positions:
        words = "@" + party.positions[0].text
    else:
        start, end = party.mentions[0]
        words = "~" + text[start:end]
    return f"{words}/{party.country or '-'}" if country else words


def written(meeting: Meeting, text: str, *, topics: bool) -> tuple[str, ...]:
    """A meeting in the notation of the cases, fields sorted."""
    fields = [f"{p.role}={written_party(p, text)}" for p in meeting.participants]
    fields += [f"attendee={written_party(p, text, country=False)}" for p in meeting.attendees]
    if meeting.place:
        place = (meeting.place.city, meeting.place.facility, meeting.place.country)
        fields.append("place=" + "/".join(part or "-" for part in place))
    if meeting.date:
        fields.append(f"date={meeting.date.value or '?'}")
    if topics:
        fields += [f"topic={t.text}" for t in meeting.topics] or ["topic=none"]
    return (meeting.kind, meeting.status, *sorted(fields))


def expected(line: str) -> tuple[str, ...]:
    """An `expect:` line, fields sorted."""
    kind, status, rest = (line + " ").split(" ", 2)
    fields = [f"{key}={value.strip()}" for key, value in _FIELD.findall(rest.strip())]
    return (kind, status, *sorted(fields))


def faults(case: Case, nlp: Language) -> list[str]:
    """How the records of a case differ from what it expects; empty where they do not."""
    result = records(case, nlp)
    wanted = sorted(expected(line) for line in case.expected)
    topics = any("topic=" in line for line in case.expected)
    found = sorted(written(m, case.article.text, topics=topics) for m in result.meetings)
    if topics:  # only of meetings whose topics are told
        told = {w[:2] for w in wanted if any(f.startswith("topic=") for f in w)}
        found = [f if f[:2] in told else tuple(x for x in f if "topic=" not in x) for f in found]
    lines = [f"missing  {' '.join(w)}" for w in wanted if w not in found]
    lines += [f"invented {' '.join(f)}" for f in found if f not in wanted]
    if not lines and len(wanted) != len(found):
        lines.append(f"{len(found)} meetings, not {len(wanted)}")
    parties = {p.name: p for m in result.meetings for p in (*m.participants, *m.attendees)}
    for key, name, values in case.said:
        party = parties.get(name)
        if party is None:
            lines.append(f"nobody called {name}")
            continue
        said = [p.text for p in party.positions] if key == "positions" else list(party.titles)
        if sorted(said) != sorted(values):
            lines.append(f"{name}: {key} {said}, not {values}")
    return lines


@pytest.fixture(scope="module")
def nlp() -> Language:
    nlp = blank_pipeline()
    nlp.add_pipe("liqaa_sentence_splitter")
    return nlp


@pytest.mark.parametrize("case", CASES, ids=[case.article.id for case in CASES])
def test_hard_case(case: Case, nlp: Language) -> None:
    assert faults(case, nlp) == []


@pytest.mark.parametrize("case", CASES, ids=[case.article.id for case in CASES])
def test_hard_case_keeps_the_guideline(case: Case, nlp: Language) -> None:
    assert [str(fault) for fault in check_article(case.article, nlp)] == []


def test_pass_rate_of_each_phenomenon(nlp: Language, capsys: pytest.CaptureFixture[str]) -> None:
    right: dict[str, list[bool]] = defaultdict(list)
    for case in CASES:
        right[case.phenomenon].append(not faults(case, nlp))
    with capsys.disabled():
        print()
        for phenomenon, passed in sorted(right.items()):
            print(f"  {phenomenon:24} {sum(passed):3} of {len(passed):3}")
        print(f"  {'all':24} {sum(map(sum, right.values())):3} of {len(CASES):3}")
    assert len(CASES) >= LEAST_CASES
    assert len(right) >= LEAST_PHENOMENA
    assert all(all(passed) for passed in right.values())
    assert len({case.article.id for case in CASES}) == len(CASES)
