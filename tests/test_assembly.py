"""The assembly: names, clitics, status, topics, codes, and whole records."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from liqaa.assembly.assemble import assemble
from liqaa.assembly.clitics import clitic_length, strip_clitic
from liqaa.assembly.codes import cameo_code, plover_code
from liqaa.assembly.parties import compatible_names, known_country, name_words, plain
from liqaa.assembly.status import mention_status
from liqaa.assembly.topics import categorize, clean_topic, collect_topics, topic_categories
from liqaa.corpus.article import AnnotatedArticle, read_jsonl
from liqaa.corpus.docs import article_to_doc
from liqaa.corpus.gold_records import read_gold_records
from liqaa.corpus.markup import parse
from liqaa.language.normalize import fold
from liqaa.records import ArticleMeetings, Meeting, Participant, Party, Place
from liqaa.relations import Relation, SpanKey, get_relations, set_relations, span_keys
from liqaa.scoring import align_meetings, party_matches, score_records

ROOT = Path(__file__).parent.parent
DAY = datetime.date(2026, 1, 14)
PAIR = """=== pair
---
[M1:التقى] [O1:وزير النقل] [N1:المصري] [P1:كامل الجبالي] [P2:بوليد المغربي] [O2:وزير النقل] [N2:المغربي] [D1:أمس].
---
M1 PARTICIPANT P1 P2 HELD_ON D1
P1 HOLDS O1
O1 OF N1
P2 HOLDS O2
O2 OF N2
"""


@pytest.fixture(scope="module")
def nlp(blank: Language) -> Language:
    if "liqaa_sentence_splitter" not in blank.pipe_names:
        from liqaa.corpus.check import blank_pipeline

        blank = blank_pipeline()
        blank.add_pipe("liqaa_sentence_splitter")
    return blank


def annotated(markup: str, nlp: Language) -> Doc:
    (article,) = parse(markup)
    return nlp.get_pipe("liqaa_sentence_splitter")(article_to_doc(article, nlp))


def validate(records: ArticleMeetings) -> None:
    schema = json.loads((Path(__file__).parent / "data/meetings.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    assert [error.message for error in validator.iter_errors(json.loads(records.to_json()))] == []


# --- Names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("حفتر", "خليفة حفتر", True),
        ("خليفة", "أحمد خليفة", True),
        ("عبدالرحمن الجعفري", "عبد الرحمن الجعفري", True),
        ("السيسي", "عبد الفتاح السيسى", True),
        ("إردوغان", "رجب طيب أردوغان", True),
        ("صدام حفتر", "خليفة حفتر", False),
        ("أحمد خليفة", "خليفة أحمد", False),
        ("محمد الحداد", "محمد المنفي", False),
    ],
)
def test_compatible_names(a: str, b: str, same: bool) -> None:
    assert compatible_names(name_words(a), name_words(b)) is same
    assert compatible_names(name_words(b), name_words(a)) is same


def test_names_of_hashtags() -> None:
    assert plain("#رئيس_أركان") == "رئيس أركان"
    assert name_words("معتز_الليثي") == name_words("معتز الليثي")


def test_known_people() -> None:
    assert known_country("تميم بن حمد آل ثانى") == "QA"
    assert known_country("السيسى") == "EG"
    assert known_country("رامي المجهول") is None


# --- Clitics ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label", "bare"),
    [
        ("بحفتر", "PERSON", "حفتر"),
        ("وليد جنبلاط", "PERSON", "وليد جنبلاط"),
        ("ووليد جنبلاط", "PERSON", "وليد جنبلاط"),
        ("بيتر سيارتو", "PERSON", "بيتر سيارتو"),
        ("وبيتر سيارتو", "PERSON", "بيتر سيارتو"),
        ("كامل الوزير", "PERSON", "كامل الوزير"),
        ("لطفي بوجمعة", "PERSON", "لطفي بوجمعة"),
        ("كولين باول", "PERSON", "كولين باول"),
        ("فالنتينا ماتفيينكو", "PERSON", "فالنتينا ماتفيينكو"),
        ("بلقاسم حفتر", "PERSON", "بلقاسم حفتر"),
        ("بدر_عبد_العاطي", "PERSON", "بدر_عبد_العاطي"),
        ("بـمسعد بولس", "PERSON", "مسعد بولس"),
        ("للقوات المسلحة", "ORG", "القوات المسلحة"),
        ("للجنة العليا", "ORG", "لجنة العليا"),
        ("بالجيش الليبي", "ORG", "الجيش الليبي"),
        ("وزارة الدفاع", "ORG", "وزارة الدفاع"),
        ("وزارة_الخارجية", "ORG", "وزارة_الخارجية"),
        ("ووزارة الدفاع", "ORG", "وزارة الدفاع"),
        ("ووزير الدفاع", "POSITION", "وزير الدفاع"),
        ("وزير_الخارجية", "POSITION", "وزير_الخارجية"),
        ("وكيلا", "POSITION", "وكيلا"),
        ("برئيسها", "POSITION", "رئيسها"),
        ("وليبيا", "GPE", "ليبيا"),
        ("ليبيا", "GPE", "ليبيا"),
        ("للبنان", "GPE", "لبنان"),
        ("للهند", "GPE", "الهند"),
        ("وواشنطن", "GPE", "واشنطن"),
        ("بدولة", "GPE", "دولة"),
        ("وادي حلفا", "GPE", "وادي حلفا"),
        ("والوفد", "PARTY", "الوفد"),
        ("وفدي", "PARTY", "وفدي"),
        ("لضيفه", "PARTY", "ضيفه"),
    ],
)
def test_strip_clitic(text: str, label: str, bare: str) -> None:
    assert strip_clitic(text, label)[0] == bare


def test_a_word_known_in_the_article_stays_whole() -> None:
    assert clitic_length("بغندور", "PERSON") == 0
    assert clitic_length("بغندور", "PERSON", {"غندور"}) == 1
    assert clitic_length("بغندور", "PERSON", {"غندور", "بغندور"}) == 0


def test_clitics_of_odd_words() -> None:
    for text in ("", " ", "و", "ب", "وو", "لل", "_", "وَ"):
        for label in ("PERSON", "ORG", "GPE", "TOPIC"):
            bare, cut = strip_clitic(text, label)
            assert 0 <= cut <= len(text)
            assert bare or not text.strip()


# --- Status -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word", "status"),
    [
        ("التقى الوزير نظيره في القاهرة", "التقى", "held"),
        ("من المقرر أن يلتقي الوزير نظيره", "يلتقي", "planned"),
        ("سيلتقي الوزير نظيره", "سيلتقي", "planned"),
        ("وستعقد القمة غدا", "القمة", "planned"),
        ("تأجل لقاء الوزيرين", "لقاء", "planned"),
        ("ألغى الوزير لقاء نظيره", "لقاء", "cancelled"),
        ("لم يلتق الوزير نظيره", "يلتق", "denied"),
        ("نفى الوزير لقاء نظيره", "لقاء", "denied"),
        ("لم يحدد موعدا. التقى الوزير نظيره", "التقى", "held"),
        ("سيناء: التقى الوزير شيوخها", "التقى", "held"),
    ],
)
def test_mention_status(text: str, word: str, status: str, nlp: Language) -> None:
    doc = nlp.make_doc(text)
    start = next(t.i for t in doc if t.text == word)
    assert mention_status(doc, SpanKey(start, start + 1, "MEETING")) == status


def test_words_tell_the_status_only_where_none_was_predicted(nlp: Language) -> None:
    markup = PAIR.replace("[M1:التقى]", "من المقرر أن [M1:يلتقي]")
    doc = annotated(markup, nlp)
    assert [m.status for m in assemble(doc, DAY).meetings] == ["held"]
    del doc.user_data["liqaa.status"]
    assert [m.status for m in assemble(doc, DAY).meetings] == ["planned"]


# --- Topics -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("عددا من القضايا", "القضايا"),
        ("«العلاقات الثنائية»،", "العلاقات الثنائية"),
        ("والأوضاع في المنطقة", "الأوضاع في المنطقة"),
        ("كافة الملفات", "الملفات"),
        ("وقف إطلاق النار", "وقف إطلاق النار"),
        ("ووقف إطلاق النار", "وقف إطلاق النار"),
        ("سبل تعزيز التعاون", "سبل تعزيز التعاون"),
    ],
)
def test_clean_topic(text: str, clean: str) -> None:
    phrase, start, end = clean_topic(text, 10)
    assert phrase == clean
    assert text[start - 10 : end - 10] == clean


def test_categories() -> None:
    assert categorize("سبل تعزيز التعاون العسكري") in topic_categories()
    assert categorize("العلاقات الثنائية") == "bilateral_relations"
    assert categorize("لا شيء البتة") is None
    data = json.loads((ROOT / "src/liqaa/data/topics.json").read_text("utf-8"))
    for category, words in data.items():
        assert words == list(dict.fromkeys(words)), category
        for word in words:
            assert categorize(word) is not None, word


def test_of_two_topics_the_longer_stays() -> None:
    topics = collect_topics([("تعزيز التعاون", 0), ("سبل تعزيز التعاون", 50), ("،", 90)])
    assert [(t.text, t.span) for t in topics] == [("سبل تعزيز التعاون", (50, 67))]


# --- Codes ------------------------------------------------------------------------------------


def _participant(country: str | None) -> Participant:
    return Participant("p", None, (), (), country, ((0, 1),), role="participant")


@pytest.mark.parametrize(
    ("kind", "status", "plover"),
    [
        ("talks", "held", ("CONSULT", "meet")),
        ("visit", "held", ("CONSULT", "visit")),
        ("reception", "held", ("CONSULT", "host")),
        ("call", "held", ("CONSULT", "phone")),
        ("conference", "held", ("CONSULT", "multilateral")),
        ("talks", "planned", ("AGREE", "meet")),
        ("talks", "cancelled", None),
        ("ceremony", "held", None),
    ],
)
def test_plover(kind: Any, status: Any, plover: tuple[str, str] | None) -> None:
    code = plover_code(kind, status)
    assert (code and (code.event, code.mode)) == plover


@pytest.mark.parametrize(
    ("kind", "place", "text", "code"),
    [
        ("call", None, "", "041"),
        ("visit", None, "", "042"),
        ("reception", None, "", "043"),
        ("talks", "CH", "", "044"),
        ("talks", "EG", "", "040"),
        ("talks", None, "", "040"),
        ("talks", "CH", "بوساطة سويسرية", "045"),
        ("talks", "CH", "جولة مفاوضات", "046"),
        ("ceremony", None, "", None),
    ],
)
def test_cameo(kind: Any, place: str | None, text: str, code: str | None) -> None:
    where = Place(None, None, place) if place else None
    assert cameo_code(kind, [_participant("EG"), _participant("LY")], where, text) == code


# --- Assembly ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\n\n", "لا لقاء هنا."])
def test_nothing_annotated(text: str, nlp: Language) -> None:
    records = assemble(nlp(text))
    assert (records.meetings, records.relations) == ((), ())
    validate(records)


def test_no_relations(nlp: Language) -> None:
    doc = annotated(PAIR, nlp)
    set_relations(doc, [])
    records = assemble(doc, DAY)
    assert records.meetings == ()
    validate(records)


def test_only_meetings(nlp: Language) -> None:
    doc = annotated(
        "=== m\n---\n[M1:التقى] ثم [M2:اللقاء] ثم [M3:زيارة].\n---\nM2 SAME_AS M1\n", nlp
    )
    assert assemble(doc, DAY).meetings == ()


def test_record_of_a_pair(nlp: Language) -> None:
    records = assemble(annotated(PAIR, nlp), DAY, "pair")
    validate(records)
    (meeting,) = records.meetings
    assert [(p.name, p.country) for p in meeting.participants] == [
        ("كامل الجبالي", "EG"),
        ("وليد المغربي", "MA"),
    ]
    assert meeting.date is not None
    assert meeting.date.value == "2026-01-13"
    assert {r.type for r in records.relations} == {"met_with", "held_position", "represented"}
    assert ArticleMeetings.from_json(records.to_json()) == records


def test_offsets_leave_the_clitic_out(nlp: Language) -> None:
    doc = annotated(PAIR, nlp)
    (meeting,) = assemble(doc, DAY).meetings
    said = [doc.text[s:e] for p in meeting.participants for s, e in p.mentions]
    assert said == ["كامل الجبالي", "وليد المغربي"]
    for evidence in meeting.evidence:
        assert doc.text[slice(*evidence.span)] == evidence.text


def test_conflicting_relations(nlp: Language) -> None:
    doc = annotated(PAIR, nlp)
    relations = list(get_relations(doc))
    extra = [
        r._replace(label=label, score=score)
        for r in relations
        if r.label == "PARTICIPANT"
        for label, score in (("HOST", 0.9), ("GUEST", 0.4), ("ATTENDEE", 0.3))
    ]
    persons = [r.tail for r in relations if r.label == "PARTICIPANT"]
    extra.append(Relation(persons[1], persons[0], "SAME_AS", 0.9))
    extra.append(Relation(persons[0], persons[1], "SAME_AS", 0.9))
    set_relations(doc, [*relations, *extra])
    records = assemble(doc, DAY)
    validate(records)
    (meeting,) = records.meetings
    assert [p.name for p in meeting.participants] == ["كامل الجبالي", "وليد المغربي"]
    assert meeting.attendees == ()


def test_nobody_meets_himself(nlp: Language) -> None:
    doc = annotated(
        "=== self\n---\n[M1:التقى] [P1:كامل الجبالي] [P2:الجبالي].\n---\nP2 SAME_AS P1\n", nlp
    )
    keys = span_keys(doc)
    trigger = next(k for k in keys if k.label == "MEETING")
    first, second = (k for k in keys if k.label == "PERSON")
    links = [Relation(trigger, first, "HOST"), Relation(trigger, first, "GUEST")]
    links += [Relation(first, first, "SAME_AS"), Relation(trigger, trigger, "SAME_AS")]
    set_relations(doc, [*links, Relation(second, first, "SAME_AS")])
    assert assemble(doc, DAY).meetings == ()


@pytest.mark.parametrize("links", ["both", "learned", "rules"])
def test_ways_of_linking(links: str, nlp: Language) -> None:
    records = assemble(annotated(PAIR, nlp), DAY, links=links)
    assert len(records.meetings) == 1


def _many(count: int, *, distinct: bool) -> str:
    lines, relations = [], []
    for n in range(count):
        host, guest = f"P{2 * n}", f"P{2 * n + 1}"
        which = n if distinct else 0
        lines.append(
            f"[M{n}:استقبل] [O{2 * n}:وزير النقل] [N{2 * n}:المصري] [{host}:كامل {'ا' * 3}{which}] "
            f"[{guest}:سمير {which}] [O{2 * n + 1}:وزير النقل] [N{2 * n + 1}:الليبي] [D{n}:{n % 28 + 1} مايو 2024]."
        )
        relations += [
            f"M{n} HOST {host} GUEST {guest} HELD_ON D{n}",
            f"{host} HOLDS O{2 * n}",
            f"{guest} HOLDS O{2 * n + 1}",
            f"O{2 * n} OF N{2 * n}",
            f"O{2 * n + 1} OF N{2 * n + 1}",
        ]
    return "\n".join(["=== many", "---", *lines, "---", *relations, ""])


@pytest.mark.parametrize("distinct", [True, False])
def test_time_grows_with_the_length_only(distinct: bool, nlp: Language) -> None:
    def seconds(count: int) -> float:
        doc = annotated(_many(count, distinct=distinct), nlp)
        start = time.process_time()
        records = assemble(doc, DAY)
        taken = time.process_time() - start
        assert len(records.meetings) >= (count if distinct else 28)
        return taken

    small, large = seconds(125), seconds(500)  # 500 receptions are more than 3,000 mentions
    assert large < 10 * max(small, 0.05)
    assert large < 10


def test_relations_name_only_people_of_the_records(nlp: Language) -> None:
    for article in read_jsonl(ROOT / "corpus" / "authored" / "dev.jsonl"):
        records = assemble(article_to_doc(article, nlp), DAY)
        assert [m.id for m in records.meetings] == [
            f"m{n}" for n in range(1, len(records.meetings) + 1)
        ]
        people = {p.id for m in records.meetings for p in (*m.participants, *m.attendees)}
        assert {r.subject for r in records.relations} <= people
        both = ("met_with", "received", "called")
        assert {r.object for r in records.relations if r.type in both} <= people


# --- Gold -------------------------------------------------------------------------------------


def _party_fields(party: Party) -> tuple[object, ...]:
    texts = sorted(fold(p.text) for p in party.positions)
    return (fold(party.name or ""), sorted(map(fold, party.titles)), texts, party.country)


def _meeting_fields(meeting: Meeting) -> dict[str, object]:
    date = meeting.date
    return {
        "kind": meeting.kind,
        "status": meeting.status,
        "place": meeting.place,
        "date": date.value if date else None,
        "topics": sorted(t.text for t in meeting.topics),
    }


def test_news_gold_in_every_field(nlp: Language) -> None:
    gold = read_gold_records(ROOT / "corpus/news/news.records.jsonl")
    pairs = []
    for article in read_jsonl(ROOT / "corpus/news/news.jsonl"):
        records = _records(article, nlp)
        validate(records)
        pairs.append((gold[article.id], records))
        aligned = align_meetings(gold[article.id].meetings, records.meetings)
        assert len(aligned) == len(gold[article.id].meetings) == len(records.meetings)
        for wanted, found in aligned:
            assert _meeting_fields(found) == _meeting_fields(wanted), article.id
            for ours, theirs in (
                (found.participants, wanted.participants),
                (found.attendees, wanted.attendees),
            ):
                assert len(ours) == len(theirs)
                for party in theirs:
                    match = next(p for p in ours if party_matches(p, party))
                    if party.name:
                        assert _party_fields(match) == _party_fields(party), article.id
                    if isinstance(party, Participant) and isinstance(match, Participant):
                        assert match.role == party.role
    scores = score_records(pairs)
    assert scores["whole_records"] == 1.0
    assert scores["who_met_whom"]["f"] == 1.0


def test_development_articles_give_valid_records(nlp: Language) -> None:
    for article in read_jsonl(ROOT / "corpus/authored/dev.jsonl"):
        records = _records(article, nlp)
        validate(records)
        for meeting in records.meetings:
            for topic in meeting.topics:
                assert article.text[slice(*topic.span)] == topic.text
            for evidence in meeting.evidence:
                assert article.text[slice(*evidence.span)] == evidence.text


def _records(article: AnnotatedArticle, nlp: Language) -> ArticleMeetings:
    published = article.meta.get("published")
    doc = nlp.get_pipe("liqaa_sentence_splitter")(article_to_doc(article, nlp))
    day = datetime.date.fromisoformat(str(published)) if published else None
    return assemble(doc, day, article.id)
