"""The HTML report: cutting of the text, escaping, files, and the page in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from liqaa.assembly.topics import topic_categories
from liqaa.errors import InputError
from liqaa.records import ArticleMeetings
from liqaa.report import WORDS, read_records, render_report

TEXT = "استقبل الفريق أحمد خليفة 🤝 المشير خليفة حفتر، وذلك لبحث أمن الحدود.\nورحّب بحفتر."
HOSTILE = "</script><img src=x onerror=\"document.title='broken'\">"


def span(part: str, text: str = TEXT, nth: int = 0) -> list[int]:
    start = -1
    for _ in range(nth + 1):
        start = text.index(part, start + 1)
    return [start, start + len(part)]


def party(
    identifier: str, name: str | None, mentions: Sequence[list[int]], **more: Any
) -> dict[str, Any]:
    return {
        "id": identifier, "name": name, "titles": [], "positions": [], "country": None, "mentions": list(mentions)
    } | more  # fmt: skip


def meeting(**more: Any) -> dict[str, Any]:
    sentence = TEXT.split("\n")[0]
    return {
        "id": "m1",
        "kind": "reception",
        "status": "held",
        "participants": [
            party(
                "p1",
                "أحمد خليفة",
                [span("أحمد خليفة")],
                country="EG",
                role="host",
                titles=["الفريق"],
            ),
            party(
                "p2",
                "خليفة حفتر",
                [span("خليفة حفتر"), span("حفتر", nth=1)],
                country="LY",
                role="guest",
            ),
        ],
        "attendees": [],
        "place": {"city": "القاهرة", "facility": None, "country": "EG"},
        "date": {"text": "اليوم", "value": "2026-01-14", "source": "relative"},
        "topics": [
            {"text": "أمن الحدود", "span": span("أمن الحدود"), "category": "border_security"}
        ],
        "evidence": [{"text": sentence, "span": [0, len(sentence)]}],
        "score": 0.914,
        "plover": {"event": "CONSULT", "mode": "host"},
        "cameo": "043",
    } | more


def article(*meetings: dict[str, Any], doc_id: str = "a.txt") -> ArticleMeetings:
    return ArticleMeetings.from_dict(
        {"doc_id": doc_id, "published": "2026-01-14", "meetings": list(meetings), "relations": []}
    )


class Page(HTMLParser):
    """What the page shows of the articles' texts, and which tags it has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.in_text = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if dict(attrs).get("class") == "text":
            self.in_text = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_text = self.in_text and tag != "div"

    def handle_data(self, data: str) -> None:
        if self.in_text:
            self.texts[-1] += data


def mentions(html: str) -> list[tuple[str, str]]:
    """Marked text with the parties that it names."""
    found = re.findall(r'<mark class="[^"]*" data-party="([^"]*)"[^>]*>([^<]*)</mark>', html)
    return [(unescape(text), parties) for parties, text in found]


def test_text_comes_back_whole() -> None:
    page = Page(render_report([article(meeting())], {"a.txt": TEXT}))
    assert page.texts == [TEXT]


def test_mentions_with_clitics_and_emoji() -> None:
    html = render_report([article(meeting())], {"a.txt": TEXT})
    assert mentions(html) == [("أحمد خليفة", "p1"), ("خليفة حفتر", "p2"), ("حفتر", "p2")]
    assert "ورحّب ب<mark" in html


def test_topics_and_evidence_are_marked() -> None:
    html = render_report([article(meeting())], {"a.txt": TEXT})
    assert '<span class="evidence topic" data-topic="1" data-evidence="1">أمن الحدود</span>' in html
    assert 'data-evidence="1">استقبل الفريق </span>' in html


def test_overlapping_and_nested_spans() -> None:
    text = "abcdefghij"
    people = [
        party("p1", "x", [[0, 6]], role="participant"),
        party("p2", "y", [[4, 8]], role="participant"),
        party("p3", "z", [[1, 2], [1, 2]], role="participant"),
    ]
    m = meeting(
        participants=people,
        topics=[{"text": "fghi", "span": [5, 9], "category": None}],
        evidence=[{"text": "cdefghij", "span": [2, 10]}],
    )
    html = render_report([article(m)], {"a.txt": text})
    assert Page(html).texts == [text]
    assert mentions(html) == [
        ("a", "p1"), ("b", "p3 p1"), ("cd", "p1"), ("e", "p2 p1"), ("f", "p2 p1"), ("gh", "p2"),
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [[-5, 3], [5, 2], [3, 3], [60, 5000], [9000, 9001]])
def test_spans_outside_the_text_are_cut_off(bad: list[int]) -> None:
    m = meeting(participants=[party("p1", "أحمد", [bad], role="host")])
    assert Page(render_report([article(m)], {"a.txt": TEXT})).texts == [TEXT]


def test_hostile_text_is_inert() -> None:
    text = TEXT + HOSTILE
    m = meeting(
        id=HOSTILE,
        participants=[
            party(HOSTILE, HOSTILE, [span(HOSTILE, text)], role="host", titles=[HOSTILE], country=HOSTILE,
                  positions=[{"title": HOSTILE, "organization": HOSTILE, "text": HOSTILE + "2"}])
        ],
        place={"city": HOSTILE, "facility": HOSTILE, "country": HOSTILE},
        date={"text": HOSTILE, "value": HOSTILE, "source": "text"},
        topics=[{"text": HOSTILE, "span": span(HOSTILE, text), "category": HOSTILE}],
        plover={"event": HOSTILE, "mode": HOSTILE},
        cameo=HOSTILE,
    )  # fmt: skip
    html = render_report([article(m, doc_id=HOSTILE)], {HOSTILE: text})
    page = Page(html)
    assert page.texts == [text]
    assert html.count("</script>") == 2
    assert not any(
        tag == "img" or any(a.startswith("on") for a in attrs) for tag, attrs in page.tags
    )


def test_page_needs_nothing_else() -> None:
    page = Page(render_report([article(meeting())], {"a.txt": TEXT}))
    assert not any(tag in ("link", "img", "iframe") or "src" in attrs for tag, attrs in page.tags)
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == ["#a1-m1"]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert set(links) <= {f"#{i}" for i in ids}


def test_counts_people_once_across_articles() -> None:
    html = render_report([article(meeting()), article(meeting(), doc_id="b.txt")], {})
    assert re.findall(r"<strong>(\d+)</strong>", html) == ["2", "2", "2"]


def test_no_articles() -> None:
    html = render_report([], {})
    assert "لا مقالات." in html
    assert "<table" not in html


def test_article_without_meetings() -> None:
    html = render_report([article()], {"a.txt": TEXT})
    assert Page(html).texts == [TEXT]
    assert WORDS["no_meeting"][0] in html.split("<script")[0]


def test_missing_text_is_shown_by_its_evidence() -> None:
    second = {"text": "ورحّب بحفتر.", "span": span("ورحّب بحفتر.")}
    evidence = [*meeting()["evidence"], second]
    html = render_report([article(meeting(evidence=evidence), meeting(id="m2"))], {})
    assert Page(html).texts == TEXT.split("\n")
    assert mentions(html) == [("أحمد خليفة", "p1"), ("خليفة حفتر", "p2"), ("حفتر", "p2")]
    assert WORDS["missing"][0] in html.split("<script")[0]


def test_text_of_another_article_is_not_marked() -> None:
    html = render_report([article(meeting())], {"a.txt": "نص " + TEXT})
    assert Page(html).texts == TEXT.split("\n")[:1]
    assert WORDS["mismatch"][0] in html.split("<script")[0]


def test_party_without_name_is_called_by_its_words() -> None:
    m = meeting(
        participants=[party("p1", None, [span("المشير"), span("المشير خليفة")], role="host")]
    )
    assert '<bdi class="name">المشير خليفة</bdi>' in render_report([article(m)], {"a.txt": TEXT})
    m["evidence"] = [{"text": "x", "span": [0, 1]}]
    assert 'data-word="group"' in render_report([article(m)], {})


def test_half_surrogates_do_not_break_the_page() -> None:
    assert Page(render_report([article()], {"a.txt": "لقاء \ud83d"})).texts == ["لقاء ?"]


def test_flags_and_country_names() -> None:
    html = render_report([article(meeting())], {})
    assert "🇪🇬" in html
    assert 'title="مصر"' in html


def test_every_category_has_words() -> None:
    assert {f"topic.{c}" for c in topic_categories()} <= set(WORDS)


def test_a_thousand_articles_render_in_seconds() -> None:
    records = [article(meeting(), meeting(), doc_id=str(n)) for n in range(1000)]
    start = time.process_time()
    render_report(records, {str(n): TEXT + "\nنص" * 1000 for n in range(1000)})
    assert time.process_time() - start < 20


def test_read_records(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    records = [article(meeting()), article(doc_id="b")]
    file.write_text("\ufeff" + "\n\n".join(r.to_json() for r in records) + "\n", encoding="utf-8")
    assert read_records(file) == records


@pytest.mark.parametrize("line", [b"{", b'{"doc_id": "x"}', b"\xff", b'"text"', b'{"doc_id": 3}'])
def test_bad_line_is_named(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "records.jsonl"
    file.write_bytes(article().to_json().encode() + b"\n" + line + b"\n")
    with pytest.raises(InputError, match=r"records\.jsonl:2: .*liqaa extract"):
        read_records(file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        read_records(tmp_path / "none.jsonl")


def browse(page: Path, profile: Path) -> tuple[str, str]:
    """The page's DOM after its scripts ran, and what the browser logged."""
    result = subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--enable-logging=stderr", f"--user-data-dir={profile}", "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    return result.stdout, result.stderr


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_page_in_a_browser(tmp_path: Path) -> None:
    text = TEXT + HOSTILE
    records = [
        article(
            meeting(),
            meeting(id="m2", kind="call", status="planned", date=None, score=0.5),
            doc_id=HOSTILE,
        ),
        article(
            meeting(
                kind="visit", participants=[party("p1", "مسعود بارزاني", [[0, 1]], role="guest")]
            )
        ),
    ]
    html = render_report(records, {HOSTILE: text})
    nonce = re.search(r'script nonce="([0-9a-f]+)"', html)
    assert nonce
    acts = f"""<script nonce="{nonce[1]}">
      const rows = () => [...document.querySelectorAll("tbody tr:not([hidden])")].map(r => r.dataset.card).join(" ");
      const type = (id, value) => {{
        const control = document.getElementById(id);
        control.value = value;
        control.dispatchEvent(new Event("input"));
        return rows();
      }};
      const told = {{ title: document.title, all: rows() }};
      told.query = type("query", "بارزانى");
      told.output = document.getElementById("shown").value;
      type("query", "");
      told.status = type("status", "planned");
      type("status", "");
      document.querySelectorAll("th button")[6].click();
      told.sorted = rows();
      document.querySelector("th button").click();
      document.querySelector("th button").click();
      told.dates = rows();
      document.querySelector(".card").focus();
      told.lit = [...document.querySelectorAll("mark.lit")].map(e => e.textContent).join("|");
      document.getElementById("language").click();
      told.lang = document.documentElement.lang + document.documentElement.dir + document.title;
      told.kind = document.querySelector(".card h3").textContent;
      told.text = document.querySelector(".text").textContent.length;
      const pre = document.createElement("pre");
      pre.textContent = JSON.stringify(told);
      document.body.append(pre);
    </script></body>"""
    page = tmp_path / "report.html"
    page.write_text(html.replace("</body>", acts), encoding="utf-8")
    dom, log = browse(page, tmp_path / "profile")
    assert "Uncaught" not in log
    assert "Content Security Policy" not in log
    told = re.search(r"<pre>(.*?)</pre>", dom, re.S)
    assert told
    assert json.loads(unescape(told[1])) == {
        "title": WORDS["title"][0],
        "all": "a1-m1 a1-m2 a2-m1",
        "query": "a2-m1",
        "output": "1",
        "status": "a1-m2",
        "sorted": "a1-m2 a1-m1 a2-m1",
        "dates": "a1-m1 a2-m1 a1-m2",
        "lit": "أحمد خليفة|خليفة حفتر|حفتر",
        "lang": "enltrWho met whom",
        "kind": "reception",
        "text": len(text.encode("utf-16-le")) // 2,
    }
