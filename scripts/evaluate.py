"""Score a pipeline on annotated docs; write all figures as JSON and print the main ones.

    python scripts/evaluate.py training/model-last corpus/build/test.spacy \
        --records corpus/authored/test.records.jsonl -o metrics/test.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from spacy.tokens import DocBin

import liqaa
from liqaa.corpus.gold_records import read_gold_records
from liqaa.evaluation import predict, score
from liqaa.files import write_atomically


def print_figures(figures: dict[str, Any], title: str) -> None:
    """Print precision, recall and F1 of each layer and label."""
    table = Table(title=f"{title}: {figures['articles']} articles, {figures['tokens']:,} tokens")
    for column in ("", "P", "R", "F1"):
        table.add_column(column, justify="left" if not column else "right")

    def row(name: str, prf: dict[str, Any]) -> None:
        table.add_row(name, *(f"{prf[k] or 0:.3f}" for k in "prf"))

    for layer in ("entities", "topics", "relations_end_to_end", "relations_on_gold_spans"):
        table.add_section()
        row(layer.replace("_", " "), figures[layer])
        for label, prf in sorted(figures[layer].get("per_label", {}).items()):
            row(f"  {label}", prf)
    for layer in (
        "records_end_to_end",
        "records_on_gold_spans_with_predicted_relations",
        "records_from_gold_annotation",
    ):
        table.add_section()
        records = figures[layer]
        row(f"who met whom ({layer.replace('_', ' ')})", records["who_met_whom"])
        row("  meetings", records["meetings"])
        row("  their topics", records["topics"])
        table.add_row("  whole records right", "", f"{records['whole_records']:.3f}", "")
        for name, value in records["fields"].items():
            table.add_row(f"  {name}", "", f"{value:.3f}", "")
    Console(width=100).print(table)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("model")
    parser.add_argument("docs", type=Path)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    nlp = liqaa.load(arguments.model)
    gold = list(DocBin().from_disk(arguments.docs).get_docs(nlp.vocab))
    figures = score(predict(nlp, gold), read_gold_records(arguments.records))
    write_atomically(arguments.output, json.dumps(figures, ensure_ascii=False, indent=2) + "\n")
    print_figures(figures, arguments.docs.stem)


if __name__ == "__main__":
    main()
