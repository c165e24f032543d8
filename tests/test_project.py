"""The project file, the README's table, and the state of the corpus."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import srsly

ROOT = Path(__file__).parent.parent
PROJECT = srsly.read_yaml(ROOT / "project.yml")


def test_named_commands_and_workflow() -> None:
    commands = {command["name"] for command in PROJECT["commands"]}
    assert {
        "encoder",
        "corpus",
        "train",
        "evaluate",
        "package",
        "extract",
        "report",
        "debug",
        "loo",
    } <= commands
    assert set(PROJECT["workflows"]["all"]) <= commands
    outputs = {
        o
        for c in PROJECT["commands"]
        if c["name"] in PROJECT["workflows"]["all"]
        for o in c["outputs"]
    }
    assert {"output/meetings.jsonl", "output/report.html"} <= outputs
    assert all(command["help"] for command in PROJECT["commands"])


def test_readme_table_is_generated_from_the_project_file(tmp_path: Path) -> None:
    copy = tmp_path / "README.md"
    copy.write_text((ROOT / "README.md").read_text("utf-8"), "utf-8")
    command = (
        sys.executable,
        "-m",
        "spacy",
        "project",
        "document",
        str(ROOT),
        "--output",
        str(copy),
    )
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert copy.read_text("utf-8") == (ROOT / "README.md").read_text("utf-8")


def test_readme_first_lines() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "pip install -e . && python -m spacy project run all" in readme
    assert 'pip install -e ".[dev]" && pytest' in readme


def test_readme_python_runs() -> None:
    """The README's Python compiles and names what exists."""
    import liqaa

    for block in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S):
        compile(block, "README.md", "exec")
        for name in re.findall(r"liqaa\.(\w+)\(", block):
            assert hasattr(liqaa, name)


def test_corpus_check_passes() -> None:
    command = (sys.executable, "-m", "liqaa", "corpus", "check", "corpus/authored", "corpus/news")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout
    assert "425 articles, 0 faults" in done.stderr


@pytest.mark.parametrize("name", ["authored", "news"])
def test_agreement_command(name: str) -> None:
    folder = ROOT / "corpus" / "agreement"
    files = [str(folder / f"{name}.{which}.jsonl") for which in ("first", "second")]
    done = subprocess.run(
        (sys.executable, "-m", "liqaa", "corpus", "agreement", *files),
        capture_output=True,
        text=True,
        check=True,
    )
    figures = srsly.json_loads(done.stdout)
    assert 0.8 < figures["entities"]["f"] <= 1.0


def test_stats_command() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "liqaa", "corpus", "stats", "corpus"),
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert "| authored articles | 400 | 420 |" in done.stdout


def test_news_annotation_has_the_texts_as_given() -> None:
    for article in srsly.read_jsonl(ROOT / "corpus" / "news" / "news.jsonl"):
        path = next(
            (ROOT / "corpus" / "news" / "texts").glob(
                f"{article['id'].removeprefix('news-')}_*.txt"
            )
        )
        assert article["text"] == path.read_bytes().decode("utf-8")
