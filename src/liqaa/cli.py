"""The `liqaa` command. Results go to stdout, everything else to stderr.

Exit codes: 0 all right, 1 some articles failed, 2 the call itself was wrong, 130 interrupted.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liqaa import __version__
from liqaa.errors import InputError, LiqaaError
from liqaa.files import read_text, write_atomically

if TYPE_CHECKING:
    from spacy.language import Language

    from liqaa.reading import InputArticle
    from liqaa.records import ArticleMeetings

BATCH = 64
"""Articles that are read together."""

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _writable(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse an output file that cannot be written before any work is done for it."""
    if path is not None:
        folder = next((p for p in path.absolute().parents if p.exists()), path)
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise click.BadParameter(f"{path} cannot be written.")
    return path


OUTPUT_OPTION = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=_writable,
    required=True,
    help="File to write.",
)
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
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=_writable,
    help="File to write; default: stdout.",
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
    """Show the meetings of PATH (an article, or several) as tables in the terminal."""
    from liqaa.api import load, parse_published
    from liqaa.reading import read_articles
    from liqaa.terminal import print_meetings

    parse_published(published, "--published")
    nlp = load(model)
    failed = False
    for _, records in _extract(nlp, read_articles([path], published)):
        if isinstance(records, str):
            _say(f"failed: {records}")
            failed = True
        else:
            print_meetings(records)
            undated = any(m.date and m.date.value is None for m in records.meetings)
            if undated and not records.published:
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
@click.argument("records", type=FILE)
@click.option("--texts", multiple=True, metavar="PATH", help="Articles that the records come from.")
@OUTPUT_OPTION
def report(records: Path, texts: tuple[str, ...], output: Path) -> None:
    """Make one HTML page of RECORDS (the output of extract)."""
    from liqaa.reading import read_articles
    from liqaa.report import read_records, render_report

    found = read_records(records)
    articles = {}
    for article in read_articles(texts):
        if article.error is None:
            articles[article.id] = article.text
        else:
            _say(f"left out: {article.error}")
    write_atomically(output, render_report(found, articles))
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
    if not articles:
        raise InputError(f"{', '.join(map(str, paths))}: no annotated article; give .jsonl files.")
    faults += [str(f) for f in (*check_ids(articles), *check_leakage(articles, nlp))]
    for fault in faults:
        click.echo(fault)
    _say(f"{len(articles)} articles, {len(faults)} faults")
    if faults:
        raise SystemExit(1)


@corpus.command("build")
@click.argument("folder", type=FOLDER)
@click.argument("output", type=click.Path(path_type=Path))
def corpus_build(folder: Path, output: Path) -> None:
    """Build the .spacy training files from FOLDER into OUTPUT."""
    from liqaa.corpus.build import build
    from liqaa.corpus.check import blank_pipeline

    for name, (articles, tokens) in build(folder, output, blank_pipeline()).items():
        _say(f"{name}: {articles} articles, {tokens:,} tokens")


@corpus.command("stats")
@click.argument("folder", type=FOLDER)
def corpus_stats(folder: Path) -> None:
    """Print counts of the corpus in FOLDER against its plan of variety; all counts go to stderr."""
    from liqaa.corpus.build import read_corpus
    from liqaa.corpus.check import blank_pipeline
    from liqaa.corpus.statistics import compare, statistics

    counts = statistics(read_corpus(folder), blank_pipeline())
    try:
        table = compare(counts, json.loads(read_text(folder / "plan.json", "JSON")))
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        raise InputError(f"{folder}: no corpus with a plan of variety ({error!r}).") from error
    click.echo("\n".join(table))
    click.echo(json.dumps(counts, ensure_ascii=False, indent=2), err=True)


@corpus.command("agreement")
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
def corpus_agreement(first: Path, second: Path) -> None:
    """Print agreement (exact-span F1 per label) between two annotations of the same articles."""
    from liqaa.corpus.agreement import agreement
    from liqaa.corpus.article import read_jsonl

    others = {a.id: a for a in read_jsonl(second)}
    pairs = []
    for article in read_jsonl(first):
        other = others.get(article.id)
        if other is None or other.text != article.text:
            _say(f"left out: {article.id}: the second file has not the same text")
        else:
            pairs.append((article, other))
    click.echo(json.dumps({"articles": len(pairs), **agreement(pairs)}, indent=2))


@corpus.command("import")
@click.argument("markup", nargs=-1, required=True, type=FILE)
@OUTPUT_OPTION
def corpus_import(markup: tuple[Path, ...], output: Path) -> None:
    """Convert liqaa markup files to Doccano relation JSONL."""
    from liqaa.api import parse_published
    from liqaa.corpus.article import write_jsonl
    from liqaa.corpus.markup import parse

    articles = []
    for file in markup:
        for article in parse(read_text(file), str(file)):
            parse_published(article.meta.get("published"), f"{file}: article {article.id}")
            articles.append(article)
    write_jsonl(output, articles)
    _say(f"{len(articles)} articles written to {output}")


@corpus.command("export")
@click.argument("jsonl", type=FILE)
def corpus_export(jsonl: Path) -> None:
    """Print a Doccano relation JSONL file as liqaa markup, for people to read."""
    from liqaa.corpus.article import read_jsonl
    from liqaa.corpus.markup import render

    for article in read_jsonl(jsonl):
        click.echo(render(article))


def main() -> None:
    """Entry point: an error that a user can mend is one line and exit code 2, no traceback."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # end quietly in `liqaa … | head`
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale says
    try:
        raise SystemExit(cli.main(prog_name="liqaa", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        raise SystemExit(2) from None
    except (LiqaaError, OSError) as error:
        _say(f"liqaa: {error}")
        raise SystemExit(2) from None
    except click.Abort:
        _say("liqaa: interrupted")
        raise SystemExit(130) from None
