"""Leave-one-article-out over the news articles.

The first stage has seen no news. For each article, the second stage is trained as for the
released pipeline but without that article, and scored on it; figures are over all articles.

    python scripts/leave_one_out.py training/authored/model-last corpus -o metrics/loo.json
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from evaluate import print_figures
from spacy.tokens import DocBin
from spacy.vocab import Vocab

import liqaa
from liqaa.corpus.gold_records import read_gold_records
from liqaa.evaluation import Predictions, predict, score
from liqaa.files import write_atomically

ROOT = Path(__file__).parent.parent


def train_fold(article: str, stage1: Path, corpus: Path, variant: str, work: Path) -> Path:
    """Train the second stage without one article; a finished fold of this stage 1 is kept."""
    weights = (stage1 / "relation_extractor" / "model").read_bytes()
    output = work / hashlib.sha256(weights).hexdigest()[:12] / article
    if (output / "model-last" / "meta.json").is_file():
        return output / "model-last"
    config = work / "stage2.cfg"
    variants = [str(ROOT / "configs" / f"{name}.cfg") for name in (variant, "news")]
    base = str(ROOT / "configs" / "base.cfg")
    make = [
        sys.executable,
        str(ROOT / "scripts" / "make_config.py"),
        base,
        *variants,
        "-o",
        str(config),
    ]
    subprocess.run(make, check=True)
    data = corpus / "build" / f"loo-{article}.spacy"
    train = [sys.executable, "-m", "spacy", "train", str(config), "--output", str(output)]
    train += ["--paths.train", str(data), "--paths.stage1", str(stage1)]
    subprocess.run(train, check=True)
    return output / "model-last"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("stage1", type=Path, help="pipeline trained on authored articles only")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--variant", default="sm")
    parser.add_argument("--work", type=Path, default=Path("training/loo"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    articles = DocBin().from_disk(arguments.corpus / "build" / "news.spacy")
    together = Predictions()
    for doc in articles.get_docs(Vocab()):
        article = doc.user_data["liqaa.article"]["id"]
        print(f"== leaving out {article}", flush=True)
        model = train_fold(
            article, arguments.stage1, arguments.corpus, arguments.variant, arguments.work
        )
        nlp = liqaa.load(model)
        gold = [
            d
            for d in DocBin()
            .from_disk(arguments.corpus / "build" / "news.spacy")
            .get_docs(nlp.vocab)
            if d.user_data["liqaa.article"]["id"] == article
        ]
        together.extend(predict(nlp, gold))
    records = read_gold_records(arguments.corpus / "news" / "news.records.jsonl")
    figures = score(together, records)
    write_atomically(arguments.output, json.dumps(figures, ensure_ascii=False, indent=2) + "\n")
    print_figures(figures, "leave one article out")


if __name__ == "__main__":
    main()
