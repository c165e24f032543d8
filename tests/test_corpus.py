"""Annotated articles: markup, JSONL, the rules that they keep, docs and respelled copies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from liqaa.corpus.article import (
    AnnotatedArticle,
    RelationAnnotation,
    SpanAnnotation,
    read_jsonl,
    write_jsonl,
)
from liqaa.corpus.augment import create_orthographic_noise
from liqaa.corpus.build import NEWS_REPEATS, REHEARSED, build
from liqaa.corpus.check import check_article, check_ids, check_leakage
from liqaa.corpus.docs import article_to_doc, doc_to_article
from liqaa.corpus.gold_records import read_gold_records
from liqaa.corpus.markup import LETTERS, parse, render
from liqaa.errors import AnnotationError, InputError
from liqaa.files import write_atomically
from liqaa.language.normalize import fold
from liqaa.ontology import (
    ENTITY_LABELS,
    LEGAL_PAIRS,
    RELATION_LABELS,
    SPAN_LABELS,
    TOPICS_KEY,
    relations_between,
)
from liqaa.relations import get_status, span_keys


def article(text: str, relations: str = "", name: str = "a") -> AnnotatedArticle:
    """One article from the text and relations of its markup."""
    (parsed,) = parse(f"=== {name}\n---\n{text}\n---\n{relations}\n")
    return parsed


def content(a: AnnotatedArticle) -> dict[str, Any]:
    """Everything an article says, without the numbering of its spans."""
    spans = {s.id: (s.start, s.end, s.label) for s in a.spans}
    return {
        "id": a.id,
        "text": a.text,
        "meta": a.meta,
        "spans": sorted(spans.values()),
        "relations": sorted((spans[r.head], spans[r.tail], r.label) for r in a.relations),
        "status": sorted((spans[i], status) for i, status in a.status.items()),
        "furniture": a.furniture,
    }


# Ontology


def test_the_table_is_whole() -> None:
    assert set(SPAN_LABELS) == {*ENTITY_LABELS, "TOPIC"}
    assert set(LETTERS.values()) == set(SPAN_LABELS)
    for label, pairs in LEGAL_PAIRS.items():
        assert pairs, label
        assert {name for pair in pairs for name in pair} <= set(SPAN_LABELS)
        for head, tail in pairs:
            assert label in relations_between(head, tail)
    assert relations_between("DATE", "DATE") == ()


# Markup


def test_markup_is_read() -> None:
    a = article("[M1:التقى] [P1:محمد]\n% اقرأ أيضا\nثم", "M1 HOST P1\nM1 is planned")
    assert a.text == "التقى محمد\nاقرأ أيضا\nثم"
    assert [(s.label, a.text[s.start : s.end]) for s in a.spans] == [
        ("MEETING", "التقى"),
        ("PERSON", "محمد"),
    ]
    assert a.relations == [RelationAnnotation(a.spans[0].id, a.spans[1].id, "HOST")]
    assert a.status == {a.spans[0].id: "planned"}
    assert [a.text[s:e] for s, e in a.furniture] == ["اقرأ أيضا"]


def test_held_is_what_a_meeting_is_anyway() -> None:
    assert article("[M1:التقى]", "M1 is held").status == {}


def test_markup_round_trip(example_articles: list[AnnotatedArticle]) -> None:
    source = "\n".join(map(render, example_articles))
    again = list(parse(source))
    assert [content(a) for a in again] == [content(a) for a in example_articles]
    assert "\n".join(map(render, again)) == source


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        ("", ""),
        ("[K1:[P1:محمد]]", ""),
        ("[K1:سبل [G1:مصر]]", ""),
        ("[K1:[G1:مصر] وسبل]", ""),
        ("[K1:بين [G1:مصر] [G2:وليبيا]] [K2:والحدود]", ""),
        ("\n[P1:محمد]\n\n", ""),
        ("% قائمة\n% أخرى\n[M1:التقى] [P1:محمد] [P2:علي]", "M1 HOST P1 GUEST P2\nM1 is denied"),
        ("[P1:محمد][P2:علي]", "P2 SAME_AS P1"),
    ],
)
def test_markup_round_trip_of_odd_articles(text: str, relations: str) -> None:
    a = article(text, relations)
    (again,) = parse(render(a))
    assert content(again) == content(a)


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("=== a\n---\nنص\n", 1, "need two"),
        ("=== a\nنص\n", 1, "need two"),
        ("=== a\n---\nسطر\n[محمد]\n---\n", 4, "write [P1:words]"),
        ("=== a\n---\nسطر\n\n[P:محمد]\n---\n", 5, "write [P1:words]"),
        ("=== a\n---\nمحمد]\n---\n", 3, "take it out"),
        ("=== a\n---\n[P1:محمد\n---\n", 3, "add ']'"),
        ("=== a\n---\n[P1:محمد]\n[P1:علي]\n---\n", 4, "number it anew"),
        ("=== a\n---\n[X1:محمد]\n---\n", 3, "letters are M P"),
        ("=== a\n---\n% [P1:محمد]\n---\n", 3, "unmark it"),
        ("=== a\n---\n[P1:محمد]\n---\nP1 SAME_AS P2\n", 5, "mark it or mend the line"),
        ("=== a\n---\n[P1:محمد]\n---\n\nP9 SAME_AS P1\n", 6, "mark it or mend the line"),
        ("=== a\n---\n[M1:لقاء] [P1:محمد]\n---\nM1 MEETS P1\n", 5, "relations are PARTICIPANT"),
        ("=== a\n---\n[M1:لقاء] [P1:محمد]\n---\nM1 P1\n", 5, "relations are PARTICIPANT"),
        ("=== a\n---\n[M1:لقاء]\n---\nM1 is over\n", 5, "only a MEETING is held"),
        ("=== a\n---\n[P1:محمد]\n---\nP1 is planned\n", 5, "only a MEETING is held"),
        ("=== a\n---\n[M1:لقاء]\n---\nM1\n", 5, "write HEAD RELATION TAIL"),
        ("=== a\n---\n[M1:لقاء]\n---\nM1 HOST\n", 5, "write HEAD RELATION TAIL"),
        ("=== a\n---\n[M1:لقاء]\n---\nM1 is\n", 5, "write HEAD RELATION TAIL"),
        ("=== z\n---\n---\n=== a\n---\n[P1:محمد\n---\n", 6, "add ']'"),
    ],
)
def test_markup_errors_say_where_and_what_to_do(source: str, line: int, message: str) -> None:
    with pytest.raises(AnnotationError) as caught:
        list(parse(source, "news.txt"))
    assert str(caught.value).startswith(f"news.txt:{line}: article a: ")
    assert message in str(caught.value)


# JSONL


def test_jsonl_round_trip(example_articles: list[AnnotatedArticle], tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    write_jsonl(path, example_articles)
    assert list(read_jsonl(path)) == example_articles
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(example_articles)


@given(st.text(), st.dictionaries(st.sampled_from(["origin", "genre", "style"]), st.text()))
def test_any_text_passes_through_doccano(text: str, meta: dict[str, Any]) -> None:
    a = AnnotatedArticle("a", text, meta=meta)
    assert AnnotatedArticle.from_doccano(json.loads(json.dumps(a.to_doccano()))) == a


def test_line_separators_inside_a_text(tmp_path: Path) -> None:
    a = AnnotatedArticle("a", "سطر\u2028آخر\x85ثم\x0bهذا")
    write_jsonl(tmp_path / "a.jsonl", [a])
    assert list(read_jsonl(tmp_path / "a.jsonl")) == [a]


def test_doccano_offsets_are_code_points() -> None:
    line = article("😀 [P1:محمد]").to_doccano()
    (entity,) = line["entities"]
    assert line["text"][entity["start_offset"] : entity["end_offset"]] == "محمد"


def test_doccano_leftovers_are_ignored() -> None:
    line = article("[M1:لقاء]").to_doccano() | {
        "Comments": [],
        "status": [[0, 4, "held"], [1, 2, "planned"]],
    }
    read = AnnotatedArticle.from_doccano(line)
    assert read.status == {}
    assert read.meta == {}


GOOD = json.dumps({"id": "a", "text": "نص", "entities": [], "relations": []})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "not JSON"),
        ('"text"', "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"id": 1}', "KeyError: 'text'"),
        ('{"text": "نص"}', "KeyError: 'id'"),
        ('{"id": 1, "text": null}', "text is no string"),
        ('{"id": 1, "text": "نص", "entities": [{"id": 1, "label": "PERSON"}]}', "start_offset"),
        ('{"id": 1, "text": "نص", "entities": [{"id": 1, "label": "GPE", "start_offset": "0", "end_offset": 2}]}',
         "TypeError"),
        ('{"id": 1, "text": "نص", "entities": {"a": 1}}', "TypeError"),
        ('{"id": 1, "text": "نص", "relations": [{"from_id": 1}]}', "to_id"),
        ('{"id": 1, "text": "نص", "status": [[1]]}', "ValueError"),
        ('{"id": 1, "text": "نص", "furniture": [3]}', "TypeError"),
    ],
)  # fmt: skip
def test_damaged_lines(tmp_path: Path, bad: str, message: str) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text(f"{GOOD}\n\n{bad}\n", encoding="utf-8")
    articles = read_jsonl(path)
    assert next(articles).text == "نص"
    with pytest.raises(InputError) as caught:
        next(articles)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.jsonl: cannot be read"):
        list(read_jsonl(tmp_path / "missing.jsonl"))
    (tmp_path / "latin.jsonl").write_bytes("نص".encode("cp1256"))
    with pytest.raises(InputError, match=r"give a UTF-8 JSONL file"):
        list(read_jsonl(tmp_path / "latin.jsonl"))


# Checks


def with_spans(text: str, *spans: tuple[str, int, int], **fields: Any) -> AnnotatedArticle:
    return AnnotatedArticle(
        "a", text, [SpanAnnotation(i, *s) for i, s in enumerate(spans, 1)], **fields
    )


def relation(head: int, label: str, tail: int) -> RelationAnnotation:
    return RelationAnnotation(head, tail, label)


TALKS = "[M1:التقى] [P1:محمد] [P2:عليا]"
FAULTS = {
    "label": (with_spans("التقى محمد", ("WHO", 6, 10)), with_spans("التقى محمد", ("PERSON", 6, 10))),
    "token-border": (with_spans("التقى محمد", ("PERSON", 6, 9)), with_spans("التقى محمد", ("PERSON", 6, 10))),
    "duplicate": (
        with_spans("محمد", ("PERSON", 0, 4), ("PERSON", 0, 4)),
        with_spans("محمد", ("PERSON", 0, 4), ("TOPIC", 0, 4)),
    ),
    "overlap": (
        with_spans("محمد علي", ("PERSON", 0, 8), ("PERSON", 5, 8)),
        article("[K1:بين [G1:مصر] وليبيا]"),
    ),
    "furniture": (
        with_spans("اقرأ محمد", ("PERSON", 5, 9), furniture=[(0, 9)]),
        with_spans("اقرأ\nمحمد", ("PERSON", 5, 9), furniture=[(0, 4)]),
    ),
    "dangling": (
        with_spans("محمد", ("PERSON", 0, 4), relations=[relation(1, "SAME_AS", 7)]),
        article("[P1:محمد] [P2:محمد]", "P2 SAME_AS P1"),
    ),
    "illegal-pair": (article("[P1:محمد] [G1:مصر]", "P1 HOLDS G1"), article("[P1:محمد] [O1:رئيس]", "P1 HOLDS O1")),
    "same-as-order": (article("[P1:محمد] [P2:محمد]", "P1 SAME_AS P2"), article("[P1:محمد] [P2:محمد]", "P2 SAME_AS P1")),
    "two-roles": (article(TALKS, "M1 HOST P1 GUEST P1"), article(TALKS, "M1 HOST P1 GUEST P2")),
    "meeting-without-parties": (article(TALKS, "M1 ATTENDEE P1"), article(TALKS + " [M2:لقاء]", "M1 HOST P1\nM2 SAME_AS M1")),
    "unmarked-repeat": (article("[P1:محمد] قال. ومحمد ثم"), article("[P1:محمد] قال. [P2:ومحمد] ثم\n% محمد")),
    "status": (
        with_spans("التقى محمد", ("PERSON", 6, 10), status={1: "planned"}),
        article(TALKS, "M1 HOST P1\nM1 is planned"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", FAULTS)
def test_each_rule(blank: Language, rule: str) -> None:
    bad, good = FAULTS[rule]
    faults = check_article(bad, blank)
    assert rule in {fault.rule for fault in faults}
    assert str(faults[0]).startswith("a")
    assert rule not in {fault.rule for fault in check_article(good, blank)}


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (with_spans("محمد", ("PERSON", 0, 4), ("ORG", 0, 4)), "overlap"),
        (with_spans("محمد علي قال", ("ORG", 0, 12), ("PERSON", 0, 4), ("PERSON", 5, 8)), "overlap"),
        (with_spans("بين مصر وليبيا", ("TOPIC", 0, 7), ("TOPIC", 4, 14)), "overlap"),
        (with_spans("محمد\nعلي", ("PERSON", 0, 5)), "token-border"),
        (with_spans("محمد", ("PERSON", 0, 9)), "token-border"),
        (with_spans("محمد", ("PERSON", 2, 2)), "token-border"),
        (with_spans("محمد", ("PERSON", -3, 4)), "token-border"),
        (with_spans("التقى", ("MEETING", 0, 5), status={1: "over"}), "status"),
        (article("[M1:لقاء] [P1:محمد]", "M1 HOST P1 P1"), "duplicate"),
        (article("[P1:أحمد علي] قال. وأحمد علي"), "unmarked-repeat"),
        (with_spans("محمد", ("PERSON", 0, 4), relations=[relation(1, "KNOWS", 1)]), "illegal-pair"),
    ],
)
def test_more_faults(blank: Language, bad: AnnotatedArticle, rule: str) -> None:
    assert rule in {fault.rule for fault in check_article(bad, blank)}


def test_each_overlapping_span_is_named(blank: Language) -> None:
    bad = with_spans("محمد علي قال", ("ORG", 0, 12), ("PERSON", 0, 4), ("PERSON", 5, 8))
    overlaps = [f for f in check_article(bad, blank) if f.rule == "overlap"]
    assert len(overlaps) == 2


def test_faults_name_place_and_words(blank: Language) -> None:
    (fault,) = check_article(with_spans("التقى محمد", ("PERSON", 6, 9)), blank)
    assert (fault.start, fault.end) == (6, 9)
    assert str(fault).startswith("a [6:9] token-border: PERSON «محم»")


def test_examples_are_without_fault(
    blank: Language, example_articles: list[AnnotatedArticle]
) -> None:
    assert [str(f) for a in example_articles for f in check_article(a, blank)] == []


def test_leakage(blank: Language) -> None:
    run = "قال وزير الخارجية إن بلاده تدعم الحل السياسي"
    train, dev = (AnnotatedArticle(s, f"{run} {s}", meta={"split": s}) for s in ("train", "dev"))
    news = AnnotatedArticle("news", run, meta={"origin": "news", "split": "train"})
    other = AnnotatedArticle("other", run, meta={"split": "train"})
    short = AnnotatedArticle(
        "short", "قال وزير الخارجية إن بلاده تدعم الحل الآخر", meta={"split": "dev"}
    )
    assert [f.article for f in check_leakage([train, dev], blank)] == ["dev"]
    assert [f.rule for f in check_leakage([train, news], blank)] == ["leakage"]
    assert check_leakage([train, other, short], blank) == []


def test_duplicate_ids() -> None:
    one, two = AnnotatedArticle("a", ""), AnnotatedArticle("b", "")
    assert check_ids([one, two]) == []
    assert [(f.article, f.rule) for f in check_ids([one, two, one])] == [("a", "duplicate-id")]


# Docs


def test_docs_carry_the_annotation(example_docs: list[Doc]) -> None:
    visit = example_docs[0]
    assert [e.text for e in visit.ents if e.label_ == "PERSON"] == [
        "عبد الفتاح السيسي",
        "خليفة حفتر",
    ]
    assert [s.text for s in visit.spans[TOPICS_KEY]] == [
        "سبل تعزيز التعاون بين مصر وليبيا",
        "والأوضاع في المنطقة",
    ]
    assert len(visit._.relations) == 9
    assert visit.user_data["liqaa.article"]["published"] == "2026-01-14"
    assert [list(get_status(doc).values()) for doc in example_docs] == [
        [],
        [],
        ["planned"],
        ["denied"],
        [],
    ]


def test_doc_round_trip(example_articles: list[AnnotatedArticle], example_docs: list[Doc]) -> None:
    for a, doc in zip(example_articles, example_docs, strict=True):
        back = content(doc_to_article(doc, a.id, a.meta))
        assert back == content(a) | {"furniture": []}  # docs do not carry it


def test_doc_round_trip_through_doccano(blank: Language, example_docs: list[Doc]) -> None:
    for doc in example_docs:
        line = json.loads(json.dumps(doc_to_article(doc, "a").to_doccano()))
        again = article_to_doc(AnnotatedArticle.from_doccano(line), blank)
        assert span_keys(again) == span_keys(doc)
        assert sorted(again._.relations) == sorted(doc._.relations)
        assert get_status(again) == get_status(doc)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (with_spans("التقى محمد", ("PERSON", 6, 9)), r"a \[6:9\]: PERSON «محم» cuts a token"),
        (with_spans("محمد علي", ("PERSON", 0, 8), ("ORG", 5, 8)), "a: entities overlap"),
        (
            with_spans("محمد", ("PERSON", 0, 4), relations=[relation(1, "SAME_AS", 2)]),
            "a: SAME_AS names",
        ),
    ],
)
def test_broken_articles_make_no_doc(blank: Language, bad: AnnotatedArticle, message: str) -> None:
    with pytest.raises(AnnotationError, match=message):
        article_to_doc(bad, blank)


def test_build(blank: Language, example_articles: list[AnnotatedArticle], tmp_path: Path) -> None:
    for split, part in (("train", example_articles), ("dev", example_articles[:1]), ("test", [])):
        write_jsonl(tmp_path / "authored" / f"{split}.jsonl", part)
    write_jsonl(tmp_path / "news" / "news.jsonl", example_articles[1:3])
    counts = build(tmp_path, tmp_path / "build", blank)
    rehearsed = len(example_articles[::REHEARSED])
    assert {name: n for name, (n, _) in counts.items()} == {
        "train": 5,
        "dev": 1,
        "test": 0,
        "news": 2,
        "stage2": rehearsed + 2 * NEWS_REPEATS,
        "loo-army": rehearsed + NEWS_REPEATS,
        "loo-later": rehearsed + NEWS_REPEATS,
    }
    fold_docs = list(
        DocBin().from_disk(tmp_path / "build" / "loo-army.spacy").get_docs(blank.vocab)
    )
    names = [doc.user_data["liqaa.article"]["id"] for doc in fold_docs]
    assert "army" not in names
    assert names.count("later") >= NEWS_REPEATS
    assert fold_docs[0]._.relations


# Augmentation


def respelled(blank: Language, docs: list[Doc], level: float, seed: int) -> list[Example]:
    augment = create_orthographic_noise(level, seed)
    return [e for doc in docs for e in augment(blank, Example(blank.make_doc(doc.text), doc))]


@pytest.mark.parametrize("seed", range(8))
def test_respelling_keeps_the_annotation(
    blank: Language, example_docs: list[Doc], seed: int
) -> None:
    for doc, example in zip(example_docs, respelled(blank, example_docs, 1.0, seed), strict=True):
        new = example.reference
        assert len(new) == len(doc) == len(example.predicted)
        assert new.text == example.predicted.text
        assert span_keys(new) == span_keys(doc)
        assert new._.relations == doc._.relations
        assert get_status(new) == get_status(doc)
        assert new.user_data["liqaa.article"] == doc.user_data["liqaa.article"]
        # The pipeline's own tokenizer would cut the new text in the same places.
        assert [t.text for t in blank.make_doc(new.text)] == [t.text for t in new]
        assert fold(new.text).translate(str.maketrans("٠١٢٣٤٥٦٧٨٩ه", "0123456789ة")) == fold(
            doc.text
        ).replace("ه", "ة")
        assert example.predicted.ents == ()


def test_respelling_follows_its_seed(blank: Language, example_docs: list[Doc]) -> None:
    def texts(level: float, seed: int) -> list[str]:
        return [e.reference.text for e in respelled(blank, example_docs * 4, level, seed)]

    plain = [doc.text for doc in example_docs * 4]
    assert texts(1.0, 3) == texts(1.0, 3)
    assert texts(1.0, 3) != texts(1.0, 4)
    assert texts(0.0, 3) == plain
    assert 0 < sum(a != b for a, b in zip(texts(0.5, 3), plain, strict=True)) < len(plain)


@given(st.text(alphabet="ابتيةأإآه1٢ .،/\u064b#_aZ😀\n", max_size=40), st.integers(0, 1000))
@settings(deadline=None)
def test_any_text_can_be_respelled(blank: Language, text: str, seed: int) -> None:
    doc = blank.make_doc(text)
    (example,) = respelled(blank, [doc], 1.0, seed)
    assert len(example.reference) == len(doc)
    assert [t.whitespace_ for t in example.reference] == [t.whitespace_ for t in doc]


# Gold records


RECORD = {
    "id": "a",
    "meetings": [
        {
            "kind": "talks",
            "status": "held",
            "participants": [
                {"name": "محمد\u2028علي", "role": "host", "country": "EG",
                 "positions": [{"title": "وزير", "text": "وزير الدفاع"}]},
                {"name": None, "role": "guest"},
            ],
            "place": {"city": "القاهرة"},
            "date": {"text": "اليوم", "value": "2026-01-14"},
            "topics": ["الحدود"],
        }
    ],
}  # fmt: skip


def test_gold_records(tmp_path: Path) -> None:
    path = tmp_path / "a.records.jsonl"
    write_atomically(path, json.dumps(RECORD, ensure_ascii=False) + "\n\n")
    records = read_gold_records(path)
    (meeting,) = records["a"].meetings
    assert meeting.participants[0].name == "محمد\u2028علي"
    assert [p.role for p in meeting.participants] == ["host", "guest"]
    assert meeting.place is not None
    assert meeting.place.city == "القاهرة"
    assert meeting.topics[0].text == "الحدود"


@pytest.mark.parametrize(
    "bad", ["{", "[]", '{"id": "a"}', '{"id": "a", "meetings": [{}]}', '{"id": "a", "meetings": 3}']
)
def test_broken_gold_records(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "a.records.jsonl"
    path.write_text(f"\n{bad}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_gold_records(path)
    assert str(caught.value).startswith(f"{path}:2: ")


def test_missing_gold_records(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_gold_records(tmp_path / "missing.jsonl")


# Files


def test_files_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "file.txt"
    write_atomically(path, "قديم")
    assert path.read_text(encoding="utf-8") == "قديم"
    assert path.stat().st_mode & 0o777 == 0o644

    def broken(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("liqaa.files.os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_text(encoding="utf-8") == "قديم"
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_relation_labels_are_known(example_docs: list[Doc]) -> None:
    assert {r.label for doc in example_docs for r in doc._.relations} <= set(RELATION_LABELS)
