"""The main job end to end: a pipeline trained, packaged, loaded elsewhere, used from Python and shell."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest
import spacy
from spacy.tokens import DocBin

import liqaa
from liqaa.corpus.gold_records import read_gold_records
from liqaa.evaluation import predict, score
from liqaa.scoring import score_records

ROOT = Path(__file__).parent.parent
NEWS = ROOT / "corpus" / "news"
TEXTS = NEWS / "texts"
SCHEMA = json.loads((Path(__file__).parent / "data" / "meetings.schema.json").read_text("utf-8"))


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command, stdout and stderr captured."""
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, encoding="utf-8", **options
    )


def cli(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m liqaa`."""
    return run(sys.executable, "-m", "liqaa", *arguments, **options)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's trained pipeline if it is there, else a small one trained on the news alone."""
    trained = ROOT / "training" / "model-last"
    if (trained / "meta.json").is_file():
        return trained
    work = tmp_path_factory.mktemp("training")
    encoder = work / "encoder"
    corpus = work / "corpus"
    prepare = run(sys.executable, ROOT / "scripts" / "prepare_encoder.py", encoder, "--layers", "4")
    assert prepare.returncode == 0, prepare.stderr
    assert cli("corpus", "build", ROOT / "corpus", corpus).returncode == 0
    train = run(
        sys.executable, "-m", "spacy", "train", ROOT / "configs" / "base.cfg", "--output", work,
        "--paths.encoder", encoder, "--paths.train", corpus / "news.spacy", "--paths.dev", corpus / "news.spacy",
        "--training.max_steps", "200", "--training.eval_frequency", "200", "--corpora.train.augmenter.level", "0.0",
        "--components.transformer.model.frozen_layers", "0",
    )  # fmt: skip
    assert train.returncode == 0, train.stdout + train.stderr
    return work / "model-last"


@pytest.fixture(scope="session")
def nlp(model: Path) -> spacy.Language:
    """The pipeline, loaded."""
    return liqaa.load(model)


@pytest.fixture(scope="session")
def lines(model: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """`liqaa extract corpus/news`, parsed."""
    output = tmp_path_factory.mktemp("extract") / "meetings.jsonl"
    done = cli("extract", TEXTS, "--model", model, "-o", output)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def test_five_articles_who_met_whom(nlp: spacy.Language) -> None:
    """After training on them: every pair found, none invented."""
    gold = read_gold_records(NEWS / "news.records.jsonl")
    pairs = []
    for name, records in gold.items():
        path = next(TEXTS.glob(f"{name.removeprefix('news-')}_*.txt"))
        pairs.append((records, liqaa.extract(path.read_text("utf-8"), nlp=nlp)))
    figures = score_records(pairs)["who_met_whom"]
    assert figures["fn"] == 0, figures
    assert figures["fp"] == 0, figures


def test_output_validates_and_points_into_the_text(lines: list[dict[str, object]]) -> None:
    assert [line["doc_id"] for line in lines] == sorted(p.name for p in TEXTS.glob("*.txt"))
    for line in lines:
        jsonschema.validate(line, SCHEMA, format_checker=jsonschema.FormatChecker())
        text = (TEXTS / str(line["doc_id"])).read_text("utf-8")
        for meeting in line["meetings"]:
            for item in (*meeting["topics"], *meeting["evidence"]):
                start, end = item["span"]
                assert text[start:end] == item["text"]
            for party in (*meeting["participants"], *meeting["attendees"]):
                assert all(0 <= start < end <= len(text) for start, end in party["mentions"])


def test_jsonl_stdin_and_published(model: Path, tmp_path: Path) -> None:
    text = (TEXTS / "004_1e0a32cecacd4bf6.txt").read_text("utf-8")
    source = tmp_path / "articles.jsonl"
    source.write_text(
        json.dumps({"id": "a", "text": text, "published": "2025-07-14"}) + "\n", "utf-8"
    )
    done = cli("extract", source, "--model", model)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["doc_id"], record["published"]) == ("a", "2025-07-14")
    assert {m["date"]["value"] for m in record["meetings"] if m["date"]} <= {"2025-07-14"}
    done = cli("extract", "-", "--model", model, "--published", "2025-07-14", input=text)
    assert json.loads(done.stdout)["meetings"] == record["meetings"]


def test_a_batch_goes_on_past_bad_articles(model: Path, tmp_path: Path) -> None:
    shutil.copy(TEXTS / "003_b2b983c6c8b6b9b1.txt", tmp_path / "b.txt")
    (tmp_path / "a.txt").write_bytes("مرحبا".encode("cp1256"))
    (tmp_path / "c.txt").write_text("", "utf-8")
    (tmp_path / "d.txt").write_text("no Arabic here", "utf-8")
    (tmp_path / "e.jsonl").write_text(
        '{"id": "x", "text"\n[]\n{"id": "y"}\n{"id": "z", "text": "نص", "published": "x"}\n',
        "utf-8",
    )
    done = cli("extract", tmp_path, tmp_path / "missing.txt", "--model", model)
    assert done.returncode == 1
    assert [json.loads(line)["doc_id"] for line in done.stdout.splitlines()] == ["b.txt"]
    assert "Traceback" not in done.stderr
    for words in ("a.txt: not UTF-8", "c.txt: the text is empty", "d.txt: the text has no Arabic", "e.jsonl:1: not JSON",
                  "e.jsonl:2: no text", "e.jsonl:3: no text", "e.jsonl:4: published 'x' is no date", "missing.txt: cannot be read",
                  "8 of 9 articles failed"):  # fmt: skip
        assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["extract"], "Missing argument"),
        (["extract", "x.txt", "--format", "xml"], "xml"),
        (["extract", "x.txt", "--published", "soon"], "write YYYY-MM-DD"),
        (["extract", "x.txt", "--model", "no_such_model"], "No pipeline no_such_model"),
        (["corpus", "check", "nowhere"], "nowhere"),
        (["corpus", "import", str(TEXTS), "-o", "x.jsonl"], "is a directory"),
        (["corpus", "import", __file__, "-o", "x.jsonl"], "no article"),
        (["report", "nowhere", "-o", "x.html"], "nowhere"),
        (["report", __file__, "-o", "x.html"], "not a record of liqaa"),
        (["extract", "x.txt", "-o", str(TEXTS)], "cannot be written"),
        (["extract", "x.txt", "-o", f"{__file__}/meetings.jsonl"], "cannot be written"),
    ],
)
def test_wrong_calls(arguments: list[str], message: str) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_pipeline_without_our_components_is_refused(tmp_path: Path) -> None:
    spacy.blank("ar").to_disk(tmp_path / "blank")
    done = cli("extract", TEXTS, "--model", tmp_path / "blank")
    assert done.returncode == 2
    assert "is no liqaa pipeline: it lacks transformer, ner" in done.stderr


def test_a_damaged_pipeline_is_refused(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    data = (broken / "transformer" / "model").read_bytes()
    (broken / "transformer" / "model").write_bytes(data[: len(data) // 2])
    done = cli("extract", TEXTS, "--model", broken)
    assert done.returncode == 2
    assert "cannot be loaded" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_megabyte(model: Path, nlp: spacy.Language) -> None:
    """A long text is read to its end, and gives the meetings of its last paragraph too."""
    article = (TEXTS / "004_1e0a32cecacd4bf6.txt").read_text("utf-8")
    filler = "واصلت الأسعار ارتفاعها في الأسواق المحلية وسط إقبال متوسط من المستهلكين على السلع الغذائية.\n"
    text = filler * (1_000_000 // len(filler.encode())) + article
    records = liqaa.extract(text, nlp=nlp)
    assert any(m.evidence[0].span[0] > len(text) - len(article) - 5 for m in records.meetings)


def test_show_info_schema_and_report(model: Path, tmp_path: Path) -> None:
    wide = {**os.environ, "COLUMNS": "200"}  # no name is broken over two lines
    shown = cli("show", TEXTS / "004_1e0a32cecacd4bf6.txt", "--model", model, env=wide)
    assert shown.returncode == 0
    assert "أحمد خليفة" in shown.stdout
    assert "--published" in shown.stderr
    info = json.loads(cli("info", "--model", model).stdout)
    assert info["encoder"]["width"] == 384
    assert info["pipeline"]["components"][-1] == "doc_cleaner"
    assert json.loads(cli("schema").stdout)
    records = tmp_path / "m.jsonl"
    assert cli("extract", TEXTS, "--model", model, "-o", records).returncode == 0
    page = tmp_path / "r.html"
    assert cli("report", records, "--texts", TEXTS, "-o", page).returncode == 0
    assert "أحمد خليفة" in page.read_text("utf-8")


def test_docs_survive_bytes_and_docbin(nlp: spacy.Language) -> None:
    texts = [p.read_text("utf-8") for p in sorted(TEXTS.glob("*.txt"))[:2]]
    docs = list(nlp.pipe(texts))
    again = [spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes()) for doc in docs]
    binned = list(DocBin(store_user_data=True, docs=docs).get_docs(nlp.vocab))
    for doc, copy, other in zip(docs, again, binned, strict=True):
        assert doc._.relations
        assert doc._.relations == copy._.relations == other._.relations
        assert doc._.meetings == copy._.meetings == other._.meetings


def test_threads_agree(nlp: spacy.Language) -> None:
    text = (TEXTS / "003_b2b983c6c8b6b9b1.txt").read_text("utf-8")
    expected = liqaa.extract(text, nlp=nlp).to_json()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(liqaa.extract(text, nlp=nlp).to_json()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_evaluation(model: Path, nlp: spacy.Language, tmp_path: Path) -> None:
    assert cli("corpus", "build", ROOT / "corpus", tmp_path).returncode == 0
    gold = list(DocBin().from_disk(tmp_path / "news.spacy").get_docs(nlp.vocab))
    records = read_gold_records(NEWS / "news.records.jsonl")
    figures = score(predict(nlp, gold), records)
    assert figures["records_from_gold_annotation"]["who_met_whom"]["f"] == 1.0
    assert figures["relations_on_gold_spans"]["f"] > 0.5
    out = tmp_path / "metrics.json"
    script = ROOT / "scripts" / "evaluate.py"
    arguments = (
        model,
        tmp_path / "news.spacy",
        "--records",
        NEWS / "news.records.jsonl",
        "-o",
        out,
    )
    done = run(sys.executable, script, *arguments)
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text("utf-8"))["articles"] == 5


def test_wheels_install_and_work_offline(model: Path, tmp_path: Path) -> None:
    """Both wheels in a fresh environment, run from an empty folder without a hub."""
    wheels = tmp_path / "dist"
    package = run(
        sys.executable, "-m", "spacy", "package", model, tmp_path, "--name", "liqaa_news_sm",
        "--version", "0.1.0", "--build", "none", "--force",
    )  # fmt: skip
    assert package.returncode == 0, package.stdout + package.stderr
    folder = tmp_path / "ar_liqaa_news_sm-0.1.0"
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    assert any(requirement.startswith("liqaa>=") for requirement in meta["requirements"])
    build = run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        wheels,
        ROOT,
        folder,
    )
    assert build.returncode == 0, build.stderr
    pickles = [
        p
        for p in folder.rglob("*")
        if p.suffix in (".pkl", ".pt", ".pth", ".pickle") or p.name == "pytorch_model.bin"
    ]
    assert not pickles
    environment = tmp_path / "venv"
    assert run(sys.executable, "-m", "venv", environment).returncode == 0
    python = environment / "bin" / "python"
    install = run(
        python, "-m", "pip", "install", "--quiet", "torch==2.13.0", *sorted(wheels.glob("*.whl"))
    )
    assert install.returncode == 0, install.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    shell = {
        "PATH": os.environ["PATH"],
        "HF_HUB_OFFLINE": "1",
        "HOME": str(empty),
        "LANG": "C.UTF-8",
    }
    done = run(
        environment / "bin" / "liqaa",
        "extract",
        TEXTS / "004_1e0a32cecacd4bf6.txt",
        cwd=empty,
        env=shell,
    )
    assert done.returncode == 0, done.stderr
    names = {p["name"] for m in json.loads(done.stdout)["meetings"] for p in m["participants"]}
    assert "أحمد خليفة" in names
