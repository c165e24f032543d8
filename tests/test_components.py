"""The ladder of each component: added, initialized, empty docs, stored, and learning a handful."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Optimizer

from liqaa.components.meetings import get_article_meetings
from liqaa.components.relation_candidates import (
    create_ontology_candidates,
    match_bucket,
    match_words,
    pair_features,
)
from liqaa.components.relation_extractor import (
    OUTPUTS,
    STATUSES,
    CandidatePairs,
    gold_matrix,
    legal_matrix,
    relation_scores,
)
from liqaa.components.topic_recognizer import BEGIN, INSIDE, OUTSIDE, decode, topic_scores
from liqaa.encoder.optimizer import create_two_rate_adam
from liqaa.errors import ModelError
from liqaa.ontology import LEGAL_PAIRS, RELATION_LABELS, SPAN_LABELS, TOPICS_KEY, relations_between
from liqaa.relations import (
    Relation,
    SpanKey,
    chained,
    clusters,
    get_status,
    set_relations,
    set_status,
    span_key,
    span_keys,
)

TRAINABLE = ("transformer", "ner", "topic_recognizer", "relation_extractor")
MakeExamples = Callable[[Language], list[Example]]
Learn = Callable[[Language, list[Example], Optimizer], None]
SHORT_TEXTS = ["", " ", "\n", ".", "التقى", "\u200f", "\ufffd", "محمد علي"]


def answer(doc: Doc) -> dict[str, Any]:
    """Everything that the pipeline says of a doc."""
    return {
        "text": doc.text,
        "ents": [span_key(e) for e in doc.ents],
        "topics": [span_key(s) for s in doc.spans[TOPICS_KEY]],
        "relations": [r[:3] for r in doc._.relations],
        "status": get_status(doc),
        "meetings": [m.kind for m in doc._.meetings],
        "sentences": [s.start for s in doc.sents],
    }


def assert_same_answers(docs: Iterable[Doc], wanted: Iterable[Doc]) -> None:
    docs, wanted = list(docs), list(wanted)
    assert [answer(doc) for doc in docs] == [answer(doc) for doc in wanted]
    scores = [[r.score for doc in side for r in doc._.relations] for side in (docs, wanted)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)


@pytest.fixture(scope="module")
def texts(example_docs: list[Doc]) -> list[str]:
    return [doc.text for doc in example_docs]


# Added, initialized


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("transformer", "encoder is not loaded"),
        ("topic_recognizer", "'topic_recognizer' could not be run"),
        ("relation_extractor", "'relation_extractor' could not be run"),
    ],
)
def test_not_initialized(make_pipeline: Callable[..., Language], name: str, message: str) -> None:
    nlp = make_pipeline()
    with nlp.select_pipes(enable=[name]), pytest.raises((ValueError, ModelError), match=message):
        nlp("التقى محمد عليا")


@pytest.mark.parametrize("name", ["topic_recognizer", "relation_extractor"])
def test_not_initialized_cannot_learn(
    make_pipeline: Callable[..., Language], make_examples: MakeExamples, name: str
) -> None:
    nlp = make_pipeline()
    with pytest.raises(ValueError, match="E109"):
        nlp.get_pipe(name).update(make_examples(nlp))


@pytest.mark.parametrize("name", ["topic_recognizer", "relation_extractor"])
def test_initialize_wants_examples(make_pipeline: Callable[..., Language], name: str) -> None:
    with pytest.raises(TypeError, match="E930"):
        make_pipeline().get_pipe(name).initialize(lambda: [])


def test_labels_are_the_ontology(make_pipeline: Callable[..., Language]) -> None:
    nlp = make_pipeline()
    extractor, topics = nlp.get_pipe("relation_extractor"), nlp.get_pipe("topic_recognizer")
    assert extractor.labels == RELATION_LABELS
    assert extractor.add_label("HOST") == 0
    with pytest.raises(ValueError, match="no relation of the ontology"):
        extractor.add_label("MARRIED_TO")
    assert topics.labels == ("TOPIC",)


@pytest.mark.parametrize("text", SHORT_TEXTS)
def test_empty_and_short_docs(trained: Language, text: str) -> None:
    doc = trained(text)
    assert doc.text == text
    assert TOPICS_KEY in doc.spans
    assert isinstance(doc._.relations, tuple)
    assert doc._.article_meetings.meetings == doc._.meetings


def test_batches_of_empty_and_full_docs(trained: Language, texts: list[str]) -> None:
    batch = ["", texts[0], "", *SHORT_TEXTS, texts[1] * 5, "", texts[2]]
    assert_same_answers(trained.pipe(batch, batch_size=50), map(trained, batch))


def test_learning_from_empty_docs(
    make_pipeline: Callable[..., Language], make_examples: MakeExamples, learn: Learn
) -> None:
    nlp = make_pipeline()
    empty = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in ("", " ", "محمد")]
    nlp.initialize(lambda: [*empty, *make_examples(nlp)])
    optimizer = create_two_rate_adam(1e-3)
    learn(nlp, [*empty, *make_examples(nlp)], optimizer)
    learn(nlp, empty[:1], optimizer)
    learn(nlp, empty, optimizer)
    learn(nlp, make_examples(nlp)[-1:], optimizer)  # an article without a pair
    assert nlp(make_examples(nlp)[0].text).text


# Learning


def test_overfits_a_handful(trained: Language, make_examples: MakeExamples) -> None:
    scores = trained.evaluate(make_examples(trained))
    assert scores["ents_f"] >= 0.9
    assert scores["topics_f"] >= 0.9
    assert scores["rels_f"] >= 0.9
    assert scores["status_f"] >= 0.9


def test_relations_on_gold_spans(trained: Language, make_examples: MakeExamples) -> None:
    examples = make_examples(trained)
    for example in examples:
        doc, gold = example.predicted, example.reference
        doc.set_ents([Span(doc, e.start, e.end, label=e.label_) for e in gold.ents])
        doc.spans[TOPICS_KEY] = [
            Span(doc, s.start, s.end, label=s.label_) for s in gold.spans[TOPICS_KEY]
        ]
        trained.get_pipe("transformer")(doc)
        trained.get_pipe("relation_extractor")(doc)
    assert relation_scores(examples)["rels_f"] >= 0.9


def test_statuses_are_learned(trained: Language, texts: list[str]) -> None:
    said = [sorted(get_status(doc).values()) for doc in trained.pipe(texts)]
    assert said == [[], [], ["planned"], ["denied"], []]


def test_a_new_threshold_changes_what_is_kept(trained: Language, texts: list[str]) -> None:
    extractor = trained.get_pipe("relation_extractor")
    some = len(trained(texts[0])._.relations)
    extractor.cfg["threshold"] = 1.1
    try:
        assert len(trained(texts[0])._.relations) == 0
    finally:
        extractor.cfg["threshold"] = 0.5
    assert some > 0


# Stored


@pytest.fixture(scope="module")
def saved(trained: Language, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline") / "model"
    trained.to_disk(folder)
    return folder


def test_saved_pipeline_answers_the_same(trained: Language, saved: Path, texts: list[str]) -> None:
    loaded = spacy.load(saved)
    assert_same_answers(map(loaded, texts), map(trained, texts))


def test_pipeline_bytes_answer_the_same(
    trained: Language, make_pipeline: Callable[..., Language], texts: list[str]
) -> None:
    data = trained.to_bytes()
    assert b"data.pkl" not in data
    copy = make_pipeline(name="nowhere").from_bytes(data)
    assert_same_answers(map(copy, texts), map(trained, texts))


@pytest.mark.parametrize("name", ["topic_recognizer", "relation_extractor"])
def test_component_round_trips(
    trained: Language, make_pipeline: Callable[..., Language], tmp_path: Path, name: str
) -> None:
    pipe = trained.get_pipe(name)
    by_bytes = make_pipeline().get_pipe(name).from_bytes(pipe.to_bytes())
    assert by_bytes.to_bytes() == pipe.to_bytes()
    pipe.to_disk(tmp_path / name)
    by_disk = make_pipeline().get_pipe(name).from_disk(tmp_path / name)
    assert by_disk.to_bytes() == pipe.to_bytes()
    for file in (tmp_path / name).rglob("*"):
        assert file.is_dir() or b"data.pkl" not in file.read_bytes()


@pytest.mark.parametrize("name", ["topic_recognizer", "relation_extractor"])
def test_uninitialized_component_round_trips(
    make_pipeline: Callable[..., Language], name: str
) -> None:
    data = make_pipeline().get_pipe(name).to_bytes()
    copy = make_pipeline().get_pipe(name).from_bytes(data)
    with pytest.raises(ValueError, match="E109"):
        copy(Doc(Vocab(), words=["محمد"]))


def test_other_ontology_is_refused(
    trained: Language, make_pipeline: Callable[..., Language], tmp_path: Path
) -> None:
    pipe = trained.get_pipe("relation_extractor")
    pipe.cfg["ontology"] = "0"
    try:
        pipe.to_disk(tmp_path / "old")
    finally:
        pipe.cfg["ontology"] = "1"
    with pytest.raises(ModelError, match=r"ontology 0.*train it again"):
        make_pipeline().get_pipe("relation_extractor").from_disk(tmp_path / "old")


def test_a_loaded_pipeline_learns_on(
    saved: Path, make_examples: MakeExamples, learn: Learn
) -> None:
    nlp = spacy.load(saved)
    before = nlp.get_pipe("relation_extractor").model.to_bytes()
    learn(nlp, make_examples(nlp), create_two_rate_adam(1e-3))
    assert nlp.get_pipe("relation_extractor").model.to_bytes() != before


PARALLEL = """
import sys
import torch
torch.set_num_threads(1)
import spacy
from spacy.tokens import DocBin
nlp = spacy.load(sys.argv[1])
texts = [doc.text for doc in DocBin().from_disk(sys.argv[2]).get_docs(nlp.vocab)]
docs = nlp.pipe(texts * 2, n_process=2, batch_size=3)
DocBin(docs=docs, store_user_data=True).to_disk(sys.argv[3])
"""


def test_records_and_relations_pass_between_processes(
    trained: Language, saved: Path, texts: list[str], tmp_path: Path
) -> None:
    DocBin(docs=[trained.make_doc(text) for text in texts]).to_disk(tmp_path / "in.spacy")
    command = [sys.executable, "-W", "ignore", "-c", PARALLEL, str(saved), str(tmp_path / "in.spacy"),
               str(tmp_path / "out.spacy")]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        assert process.wait(timeout=120) == 0
    finally:
        if process.poll() is None:  # torch hung under fork: end its workers too
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    docs = list(DocBin().from_disk(tmp_path / "out.spacy").get_docs(trained.vocab))
    assert_same_answers(docs, map(trained, texts * 2))


# Relations on docs


def annotated(
    blank: Language, marked: list[tuple[str, str]], relations: list[tuple[int, str, int]]
) -> Doc:
    """A doc of (words, label) pieces, "" for none, with relations between marked pieces by index."""
    doc = blank.make_doc(" ".join(words for words, _ in marked))
    spans: list[Span | None] = []
    at = 0
    for words, label in marked:
        spans.append(doc.char_span(at, at + len(words), label=label) if label else None)
        at += len(words) + 1
    doc.set_ents([s for s in spans if s is not None and s.label_ != "TOPIC"])
    doc.spans[TOPICS_KEY] = [s for s in spans if s is not None and s.label_ == "TOPIC"]
    set_relations(
        doc,
        [
            Relation(span_key(head), span_key(tail), label)
            for i, label, j in relations
            if (head := spans[i]) is not None and (tail := spans[j]) is not None
        ],
    )
    return doc


@pytest.fixture
def meeting_doc(blank: Language) -> Doc:
    pieces = [("التقى", "MEETING"), ("محمد", "PERSON"), ("عليا", "PERSON"), ("وبحثا", ""), ("الحدود", "TOPIC"),
              ("وقال", ""), ("محمد", "PERSON")]  # fmt: skip
    relations = [(0, "HOST", 1), (0, "GUEST", 2), (0, "DISCUSSED", 4), (6, "SAME_AS", 1)]
    doc = annotated(blank, pieces, relations)
    set_status(doc, {span_key(doc.ents[0]): "planned"})
    return doc


def test_relations_survive_serialization(meeting_doc: Doc) -> None:
    wanted, status = meeting_doc._.relations, get_status(meeting_doc)
    assert len(wanted) == 4
    by_bytes = Doc(Vocab()).from_bytes(meeting_doc.to_bytes())
    bins = DocBin(store_user_data=True).from_bytes(
        DocBin(docs=[meeting_doc], store_user_data=True).to_bytes()
    )
    (by_bin,) = bins.get_docs(Vocab())
    for doc in (by_bytes, by_bin, meeting_doc.copy()):
        assert doc._.relations == wanted
        assert get_status(doc) == status
        assert [r.head.span(doc).text for r in doc._.relations] == [
            "التقى",
            "التقى",
            "التقى",
            "محمد",
        ]


def test_docs_start_without_relations(blank: Language) -> None:
    doc = blank("محمد")
    assert doc._.relations == ()
    assert get_status(doc) == {}
    doc._.relations = [
        Relation(SpanKey(0, 1, "PERSON"), SpanKey(0, 1, "PERSON"), "SAME_AS", np.float32(0.5))
    ]
    assert doc._.relations[0].score == 0.5
    assert type(doc.user_data["liqaa.relations"][0][3]) is float


def person(start: int) -> SpanKey:
    return SpanKey(start, start + 1, "PERSON")


def same(head: int, tail: int, score: float = 1.0) -> Relation:
    return Relation(person(head), person(tail), "SAME_AS", score)


@pytest.mark.parametrize(
    ("links", "canonical"),
    [
        ([], []),
        ([same(5, 1)], [same(5, 1)]),
        ([same(5, 1), same(9, 1)], [same(5, 1), same(9, 5)]),
        ([same(5, 1), same(9, 5)], [same(5, 1), same(9, 5)]),
        ([same(9, 5), same(9, 1)], [same(5, 1), same(9, 5)]),
        ([same(1, 5)], [same(5, 1)]),
        ([same(5, 5)], []),
        ([same(5, 1), same(9, 7)], [same(5, 1), same(9, 7)]),
        ([same(5, 1, 0.5), same(9, 1, 0.7)], [same(5, 1, 0.5), same(9, 5, 0.7)]),
    ],
)
def test_same_as_in_canonical_form(links: list[Relation], canonical: list[Relation]) -> None:
    host = Relation(SpanKey(0, 1, "MEETING"), person(1), "HOST", 0.9)
    assert sorted(chained([*links, host])) == sorted([host, *canonical])


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20))
def test_canonical_form_keeps_the_clusters(pairs: list[tuple[int, int]]) -> None:
    links = [same(a, b) for a, b in pairs if a != b]
    canonical = chained(links)
    assert clusters(canonical) == clusters(links)
    assert sorted(chained(canonical)) == sorted(canonical)
    assert len(canonical) == len(clusters(links)) - len(set(clusters(links).values()))
    assert all(r.head > r.tail for r in canonical)


# Candidates

WORD_LABELS = st.lists(st.sampled_from(["", *SPAN_LABELS]), max_size=60)


def doc_of_labels(blank: Language, labels: list[str]) -> Doc:
    return annotated(
        blank, [(f"كلمة{'ابتثج'[i % 5]}", label) for i, label in enumerate(labels)], []
    )


@given(WORD_LABELS)
@settings(deadline=None)
def test_only_legal_pairs_are_candidates(blank: Language, labels: list[str]) -> None:
    doc = doc_of_labels(blank, labels)
    spans = span_keys(doc)
    pairs = create_ontology_candidates()(doc, spans)
    legal = legal_matrix(pairs)
    assert len(set(zip(pairs.head.tolist(), pairs.tail.tolist(), strict=True))) == len(pairs)
    for row, (i, j) in enumerate(zip(pairs.head, pairs.tail, strict=True)):
        head, tail = spans[i], spans[j]
        assert legal[row].any()
        if i == j:
            assert head.label == "MEETING"
            assert legal[row].tolist() == [False] * len(RELATION_LABELS) + [True] * len(STATUSES)
            continue
        allowed = {label for k, label in enumerate(RELATION_LABELS) if legal[row, k]}
        wanted = set(relations_between(head.label, tail.label)) - ({"SAME_AS"} if j > i else set())
        assert allowed == wanted
        assert not legal[row, len(RELATION_LABELS) :].any()
    assert len(pair_features(doc, pairs)) == len(pairs)


def test_every_near_legal_pair_is_a_candidate(blank: Language) -> None:
    doc = doc_of_labels(blank, list(SPAN_LABELS) * 2)
    spans = span_keys(doc)
    pairs = create_ontology_candidates()(doc, spans)
    found = {(spans[i].label, spans[j].label) for i, j in zip(pairs.head, pairs.tail, strict=True)}
    for label, wanted in LEGAL_PAIRS.items():
        if label != "SAME_AS":
            assert wanted <= found


def test_candidates_are_linear_in_length(blank: Language) -> None:
    generate = create_ontology_candidates()
    labels = ["MEETING", "PERSON", "", "TITLE", "POSITION", "ORG", "", "", "TOPIC", "GPE"]
    counts = {}
    for repeats in (100, 200, 400):
        doc = doc_of_labels(blank, labels * repeats)
        counts[repeats] = len(generate(doc, span_keys(doc))) / len(doc)
    assert counts[400] < 1.1 * counts[200] < 1.25 * counts[100]
    assert counts[400] < 60


def test_two_mentions_of_one_text_stay_apart(meeting_doc: Doc) -> None:
    spans = span_keys(meeting_doc)
    pairs = create_ontology_candidates()(meeting_doc, spans)
    assert [s.span(meeting_doc).text for s in spans].count("محمد") == 2
    truth = gold_matrix(pairs, meeting_doc._.relations, get_status(meeting_doc))
    hosts = [
        spans[j] for row, j in enumerate(pairs.tail) if truth[row, RELATION_LABELS.index("HOST")]
    ]
    assert hosts == [spans[1]]


def test_gold_of_candidates(meeting_doc: Doc) -> None:
    spans = span_keys(meeting_doc)
    pairs = create_ontology_candidates()(meeting_doc, spans)
    truth = gold_matrix(pairs, meeting_doc._.relations, get_status(meeting_doc))
    said = {
        (spans[pairs.head[r]].start, (*RELATION_LABELS, *STATUSES)[c], spans[pairs.tail[r]].start)
        for r, c in np.argwhere(truth)
    }
    assert said == {
        (0, "HOST", 1),
        (0, "GUEST", 2),
        (0, "DISCUSSED", 4),
        (6, "SAME_AS", 1),
        (0, "planned", 0),
    }
    assert not truth[~legal_matrix(pairs)].any()


def test_distance_bounds_the_pairs(blank: Language) -> None:
    labels = ["MEETING", *[""] * 95, "PERSON", "TITLE"]
    doc = doc_of_labels(blank, labels)
    near = create_ontology_candidates(meeting_distance=90)(doc, span_keys(doc))
    far = create_ontology_candidates(meeting_distance=100)(doc, span_keys(doc))
    assert sorted(zip(near.head.tolist(), near.tail.tolist(), strict=True)) == [(0, 0), (1, 2)]
    assert sorted(zip(far.head.tolist(), far.tail.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (1, 2),
    ]


def test_no_candidates(blank: Language) -> None:
    doc = blank("")
    pairs = create_ontology_candidates()(doc, [])
    assert len(pairs) == 0
    assert len(pair_features(doc, pairs)) == 0
    assert legal_matrix(pairs).shape == (0, OUTPUTS)
    assert gold_matrix(pairs, [], {}).shape == (0, OUTPUTS)


@pytest.mark.parametrize(
    ("head", "tail", "bucket"),
    [
        ("خليفة حفتر", "خليفة حفتر", 6),
        ("بحفتر", "حفتر", 6),
        ("حفتر", "خليفة حفتر", 5),
        ("خليفة", "خليفة حفتر", 4),
        ("خليفة حفتر", "حفتر", 3),
        ("صدام حفتر", "خليفة حفتر", 2),
        ("السيسي", "حفتر", 1),
        ("", "حفتر", 0),
    ],
)
def test_wording(head: str, tail: str, bucket: int) -> None:
    assert match_bucket(match_words(head), match_words(tail)) == bucket


# Decoding relations


def test_one_role_and_one_antecedent(trained: Language, meeting_doc: Doc) -> None:
    extractor = trained.get_pipe("relation_extractor")
    spans = span_keys(meeting_doc)
    column = {label: i for i, label in enumerate(RELATION_LABELS)}
    rows = [(0, 1), (3, 1), (4, 1), (4, 3), (0, 0), (1, 3)]
    spans = [spans[0], spans[1], spans[3], person(4), person(6)]
    pairs = CandidatePairs(spans, np.array([r[0] for r in rows]), np.array([r[1] for r in rows]))
    scores = np.zeros((len(rows), OUTPUTS))
    scores[0, [column["HOST"], column["GUEST"]]] = 0.3, 0.4  # unsure of the role, sure of a side
    scores[1, column["SAME_AS"]] = 0.6
    scores[2, column["SAME_AS"]] = 0.6
    scores[3, column["SAME_AS"]] = 0.9
    scores[4, len(RELATION_LABELS) :] = 0.2, 0.3, 0.1
    scores[5] = 1.0  # SAME_AS a later mention is illegal, ON_BEHALF_OF is not
    relations, status = extractor.decode(pairs, scores)
    said = [(r.head, r.tail, r.label) for r in relations]
    assert (spans[0], spans[1], "GUEST") in said
    assert (spans[0], spans[1], "HOST") not in said
    assert [s for s in said if s[0] == spans[4]] == [(spans[4], spans[3], "SAME_AS")]
    assert [s[2] for s in said if s[0] == spans[1]] == ["ON_BEHALF_OF"]
    assert status == {spans[0]: "cancelled"}
    assert {r[:3]: r.score for r in relations}[spans[0], spans[1], "GUEST"] == pytest.approx(0.7)


# Scoring


def scored(gold: Doc, predicted: Doc) -> dict[str, Any]:
    return relation_scores([Example(predicted, gold)])


def test_relations_of_missed_entities_are_misses(meeting_doc: Doc, blank: Language) -> None:
    found = annotated(blank, [("التقى", "MEETING"), ("محمد", "PERSON"), ("عليا وبحثا الحدود وقال محمد", "")],
                      [(0, "HOST", 1)])  # fmt: skip
    scores = scored(meeting_doc, found)
    assert scores["rels_p"] == 1.0
    assert scores["rels_r"] == 0.25
    assert scores["rels_per_type"]["GUEST"] == {"p": 0.0, "r": 0.0, "f": 0.0}
    assert scores["status_f"] == 0.0
    assert scored(meeting_doc, blank.make_doc(meeting_doc.text))["rels_r"] == 0.0


def test_invented_relations_and_wrong_borders_cost(meeting_doc: Doc, blank: Language) -> None:
    found = annotated(
        blank,
        [
            ("التقى", "MEETING"),
            ("محمد عليا", "PERSON"),
            ("وبحثا", ""),
            ("الحدود", "TOPIC"),
            ("وقال", ""),
            ("محمد", "PERSON"),
        ],
        [(0, "HOST", 1), (0, "DISCUSSED", 3), (0, "GUEST", 5)],
    )
    scores = scored(meeting_doc, found)
    assert (scores["rels_p"], scores["rels_r"]) == (pytest.approx(1 / 3), 0.25)


def test_perfect_and_empty_scores(meeting_doc: Doc, blank: Language) -> None:
    scores = scored(meeting_doc, meeting_doc.copy())
    assert scores["rels_f"] == scores["status_f"] == 1.0
    assert scored(blank("محمد"), blank("محمد"))["rels_f"] == 0.0
    assert relation_scores([])["rels_f"] == 0.0


def test_same_as_is_scored_by_cluster(blank: Language) -> None:
    pieces = [("محمد", "PERSON"), ("قال", ""), ("محمد", "PERSON"), ("ثم", ""), ("محمد", "PERSON")]
    to_first = annotated(blank, pieces, [(2, "SAME_AS", 0), (4, "SAME_AS", 0)])
    to_last = annotated(blank, pieces, [(2, "SAME_AS", 0), (4, "SAME_AS", 2)])
    assert scored(to_first, to_last)["rels_f"] == 1.0


def test_topic_scores(blank: Language) -> None:
    gold = annotated(blank, [("بحثا", ""), ("تأمين الحدود", "TOPIC")], [])
    half = annotated(blank, [("بحثا تأمين", ""), ("الحدود", "TOPIC")], [])
    assert topic_scores([Example(gold.copy(), gold)])["topics_f"] == 1.0
    assert topic_scores([Example(half, gold)])["topics_f"] == 0.0


# Topics

SCORES = st.integers(0, 30).flatmap(
    lambda n: arrays(np.float32, (n, 3), elements=st.floats(-50, 50, width=32))
)


@given(SCORES)
def test_decoded_topics_are_legal(scores: Any) -> None:
    spans = decode(scores)
    assert all(0 <= start < end <= len(scores) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))  # noqa: RUF007


@given(
    st.integers(1, 7).flatmap(
        lambda n: arrays(np.float32, (n, 3), elements=st.floats(-9, 9, width=32))
    )
)
@settings(deadline=None)
def test_decoded_topics_are_the_best(scores: Any) -> None:
    def best(i: int, before: int) -> float:
        if i == len(scores):
            return 0.0
        tags = (OUTSIDE, BEGIN) if before == OUTSIDE else (OUTSIDE, BEGIN, INSIDE)
        return max(float(scores[i, tag]) + best(i + 1, tag) for tag in tags)

    tags = [OUTSIDE] * len(scores)
    for start, end in decode(scores):
        tags[start:end] = [BEGIN, *[INSIDE] * (end - start - 1)]
    assert sum(float(scores[i, tag]) for i, tag in enumerate(tags)) == pytest.approx(
        best(0, OUTSIDE), abs=1e-3
    )


# Sentences


@pytest.fixture(scope="module")
def splitter(blank: Language) -> Callable[[str], list[str]]:
    nlp = spacy.blank("ar")
    nlp.tokenizer = blank.tokenizer
    nlp.add_pipe("liqaa_sentence_splitter")
    return lambda text: [sentence.text for sentence in nlp(text).sents]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("محمد", ["محمد"]),
        ("قال. ثم", ["قال.", "ثم"]),
        ("من؟ محمد! نعم", ["من؟", "محمد!", "نعم"]),
        ("عنوان\nنص", ["عنوان\n", "نص"]),
        ("قال.\nثم", ["قال.\n", "ثم"]),
        ("قال «نعم.» ثم", ["قال «نعم.»", "ثم"]),
        ('قال: "نعم". ثم', ['قال: "نعم".', "ثم"]),
        ("د. محمد علي. ثم", ["د. محمد علي.", "ثم"]),
        ("انتظر... ثم", ["انتظر...", "ثم"]),
        ("بلغ ٢.٥ مليون", ["بلغ ٢.٥ مليون"]),
        ("قال. «نعم»", ["قال.", "«نعم»"]),
    ],
)
def test_sentences(splitter: Callable[[str], list[str]], text: str, sentences: list[str]) -> None:
    assert splitter(text) == sentences


@given(st.text(alphabet='ابدم .!؟…\n«»"()', max_size=50))
@settings(deadline=None)
def test_sentences_cover_the_text(splitter: Callable[[str], list[str]], text: str) -> None:
    assert "".join("".join(s.split()) for s in splitter(text)) == "".join(text.split())


# Records


def test_records_are_stored_as_plain_data(trained: Language, texts: list[str]) -> None:
    doc = trained(texts[0])
    copy = Doc(Vocab()).from_bytes(doc.to_bytes())
    assert get_article_meetings(copy) == doc._.article_meetings
    assert get_article_meetings(copy).to_dict() == doc.user_data["liqaa.meetings"]


def test_meetings_of_gold_spans(example_docs: list[Doc]) -> None:
    nlp = spacy.blank("ar")
    nlp.add_pipe("meetings")
    docs = [nlp(doc.copy()) for doc in example_docs]
    assert [len(doc._.meetings) for doc in docs] == [1, 1, 1, 0, 0]
    visit, army, later, *_ = (doc._.article_meetings for doc in docs)
    assert visit.doc_id == "visit"
    assert visit.published == "2026-01-14"
    assert {p.role for p in visit.meetings[0].participants} == {"host", "guest"}
    assert [m.status for r in (visit, army, later) for m in r.meetings] == [
        "held",
        "held",
        "planned",
    ]


def test_docs_without_records(blank: Language) -> None:
    assert blank("محمد")._.meetings == ()


def test_records_are_scored_against_gold_spans(
    trained: Language, make_examples: MakeExamples
) -> None:
    assert trained.evaluate(make_examples(trained))["meetings_f"] >= 0.9
