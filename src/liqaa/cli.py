"""The `liqaa` command. Results go to stdout, everything else to stderr.

Exit codes: 0 all right, 1 some articles failed, 2 the call itself was wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liqaa import __version__
from liqaa.errors import LiqaaError
from liqaa.files import write_atomically

if TYPE_CHECKING:
    from spacy.language import Language

    from liqaa.reading import InputArticle
    from liqaa.records import ArticleMeetings

BATCH = 64
"""Articles that are read together."""

MODEL_OPTION = click.option(
    "--model", metavar="NAME|PATH", help="Installed pipeline or folder; default: the installed one."
)
PUBLISHED_OPTION = click.option(
    "--published",
    metavar="DATE",
    help="Publication date (YYYY-MM-DD) of articles that bring none; relative dates need one.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="liqaa")
def cli() -> None:
    """Reads Arabic news for who met whom, as host or guest, where, when, and about what."""


def _say(message: str) -> None:
    click.echo(message, err=True)


@cli.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "form", type=click.Choice(["jsonl"]), default="jsonl", show_default=True)
@PUBLISHED_OPTION
@MODEL_OPTION
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write; default: stdout."
)
def extract(
    paths: tuple[str, ...], form: str, published: str | None, model: str | None, output: Path | None
) -> None:
    """Extract the meetings of .txt files, folders, .jsonl files ({"id", "text", "published"}) or - (stdin)."""
    from liqaa.api import load, parse_published
    from liqaa.reading import read_articles

    parse_published(published, "--published")
    nlp = load(model)
    failures: list[str] = []
    lines = []
    done = 0
    for article, records in _extract(nlp, read_articles(paths, published)):
        if isinstance(records, str):
            failures.append(records)
            _say(f"failed: {records}")
            continue
        done += 1
        line = records.to_json()
        if output is None:
            click.echo(line)
        else:
            lines.append(line + "\n")
        if sys.stderr.isatty():
            click.echo(f"\r{done} articles read ({article.id[:40]})\033[K", err=True, nl=False)
    if sys.stderr.isatty() and done:
        _say("")
    if output is not None:
        write_atomically(output, "".join(lines))
        _say(f"{done} articles written to {output}")
    if failures:
        _say(f"{len(failures)} of {done + len(failures)} articles failed:")
        for failure in failures:
            _say(f"  {failure}")
        raise SystemExit(1)


def _extract(
    nlp: Language, articles: Iterable[InputArticle]
) -> Iterator[tuple[InputArticle, ArticleMeetings | str]]:
    """Each article with its records, or with the error that kept it from being read."""
    from liqaa.api import extract_all

    def read(group: list[InputArticle]) -> list[ArticleMeetings]:
        inputs = [(a.text, a.published, a.id) for a in group]
        return list(extract_all(inputs, nlp=nlp, batch_size=BATCH))

    stream = iter(articles)
    while batch := list(islice(stream, BATCH)):
        good = [a for a in batch if a.error is None]
        results: dict[int, ArticleMeetings | str] = {}
        try:
            results.update(zip(map(id, good), read(good), strict=True))
        except Exception:  # find the one article that breaks, and go on with the others
            for article in good:
                try:
                    results[id(article)] = read([article])[0]
                except Exception as error:
                    results[id(article)] = f"{article.id}: {type(error).__name__}: {error}"
        for article in batch:
            yield article, article.error or results[id(article)]


@cli.command()
@click.argument("path")
@PUBLISHED_OPTION
@MODEL_OPTION
def show(path: str, published: str | None, model: str | None) -> None:
    """Show the meetings of one article as a table in the terminal."""
    from liqaa.api import load
    from liqaa.reading import read_articles
    from liqaa.terminal import print_meetings

    nlp = load(model)
    failed = False
    for article, records in _extract(nlp, read_articles([path], published)):
        if isinstance(records, str):
            _say(f"failed: {records}")
            failed = True
        else:
            print_meetings(records)
            undated = any(m.date and m.date.value is None for m in records.meetings)
            if undated and not article.published:
                _say(
                    "A date is relative to the day of publication: give it with --published YYYY-MM-DD."
                )
    if failed:
        raise SystemExit(1)


@cli.command()
@MODEL_OPTION
def info(model: str | None) -> None:
    """Show versions, the pipeline, its encoder and its scores, as JSON."""
    import spacy
    import torch
    import transformers

    from liqaa.api import load

    data: dict[str, Any] = {
        "liqaa": __version__,
        "spacy": spacy.__version__,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
    }
    nlp = load(model)
    encoder = nlp.get_pipe("transformer").model.transformer.config
    data["pipeline"] = {
        "name": f"{nlp.meta['lang']}_{nlp.meta['name']}",
        "version": nlp.meta["version"],
        "path": str(nlp.path) if nlp.path else None,
        "components": nlp.pipe_names,
    }
    data["encoder"] = {
        "type": encoder.model_type,
        "layers": encoder.num_hidden_layers,
        "width": encoder.hidden_size,
        "wordpieces": encoder.vocab_size,
    }
    data["scores"] = nlp.meta.get("performance", {})
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


@cli.command()
@click.argument("records", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--texts", multiple=True, metavar="PATH", help="Articles that the records come from.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def report(records: Path, texts: tuple[str, ...], output: Path) -> None:
    """Make one HTML page of RECORDS (the output of extract)."""
    from liqaa.reading import read_articles
    from liqaa.report import read_records, render_report

    articles = {a.id: a.text for a in read_articles(texts) if a.error is None}
    write_atomically(output, render_report(read_records(records), articles))
    _say(f"report written to {output}")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of one line of extract's output."""
    import msgspec

    from liqaa.records import ArticleMeetings

    click.echo(json.dumps(msgspec.json.schema(ArticleMeetings), indent=2))


@cli.group()
def corpus() -> None:
    """Check and build the annotated corpus."""


@corpus.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def corpus_check(paths: tuple[Path, ...]) -> None:
    """Check annotated articles (.jsonl or folders of them) against the ontology and guideline."""
    from liqaa.corpus.article import read_jsonl
    from liqaa.corpus.check import blank_pipeline, check_article, check_ids, check_leakage

    nlp = blank_pipeline()
    articles = []
    faults = []
    for path in paths:
        found = sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]
        for file in (f for f in found if not f.name.endswith(".records.jsonl")):
            for number, article in enumerate(read_jsonl(file), 1):
                articles.append(article)
                faults += [f"{file}:{number}: {f}" for f in check_article(article, nlp)]
    faults += [str(f) for f in (*check_ids(articles), *check_leakage(articles, nlp))]
    for fault in faults:
        click.echo(fault)
    _say(f"{len(articles)} articles, {len(faults)} faults")
    if faults:
        raise SystemExit(1)


@corpus.command("build")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
def corpus_build(folder: Path, output: Path) -> None:
    """Build the .spacy training files from FOLDER into OUTPUT."""
    from liqaa.corpus.build import build
    from liqaa.corpus.check import blank_pipeline

    for name, (articles, tokens) in build(folder, output, blank_pipeline()).items():
        _say(f"{name}: {articles} articles, {tokens:,} tokens")


@corpus.command("stats")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def corpus_stats(folder: Path) -> None:
    """Print counts of the corpus in FOLDER against its plan of variety, as Markdown and JSON."""
    from liqaa.corpus.build import read_corpus
    from liqaa.corpus.check import blank_pipeline
    from liqaa.corpus.statistics import compare, statistics

    counts = statistics(read_corpus(folder), blank_pipeline())
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    click.echo("\n".join(compare(counts, plan)))
    click.echo(json.dumps(counts, ensure_ascii=False, indent=2), err=True)


@corpus.command("agreement")
@click.argument("first", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("second", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def corpus_agreement(first: Path, second: Path) -> None:
    """Print agreement (exact-span F1 per label) between two annotations of the same articles."""
    from liqaa.corpus.agreement import agreement
    from liqaa.corpus.article import read_jsonl

    others = {a.id: a for a in read_jsonl(second)}
    pairs = [(a, others[a.id]) for a in read_jsonl(first) if a.id in others]
    click.echo(json.dumps({"articles": len(pairs), **agreement(pairs)}, indent=2))


@corpus.command("import")
@click.argument("markup", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def corpus_import(markup: tuple[Path, ...], output: Path) -> None:
    """Convert liqaa markup files to Doccano relation JSONL."""
    from liqaa.corpus.article import write_jsonl
    from liqaa.corpus.markup import parse

    write_jsonl(
        output,
        [a for file in markup for a in parse(file.read_text(encoding="utf-8"), str(file))],
    )


@corpus.command("export")
@click.argument("jsonl", type=click.Path(exists=True, path_type=Path))
def corpus_export(jsonl: Path) -> None:
    """Print a Doccano relation JSONL file as liqaa markup, for people to read."""
    from liqaa.corpus.article import read_jsonl
    from liqaa.corpus.markup import render

    for article in read_jsonl(jsonl):
        click.echo(render(article))


def main() -> None:
    """Entry point: every error that liqaa raises on purpose is one line, never a traceback."""
    try:
        cli.main(prog_name="liqaa", standalone_mode=True)
    except LiqaaError as error:
        _say(f"liqaa: {error}")
        raise SystemExit(2) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
