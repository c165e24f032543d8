"""Every config resolves, and the AraBERT path works from training to reading a text."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.util import load_config, load_model_from_config, registry

from liqaa.encoder.optimizer import TwoRateAdam
from liqaa.errors import ModelError
from liqaa.files import write_atomically
from liqaa.training import create_load_weights

ROOT = Path(__file__).parent.parent
VARIANTS = sorted(path.stem for path in (ROOT / "configs").glob("*.cfg") if path.stem != "base")
PIPELINE = ["liqaa_sentence_splitter", "transformer", "ner", "topic_recognizer", "relation_extractor",
            "meetings", "doc_cleaner"]  # fmt: skip


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE_CONFIG = _script("make_config")


def merged(tmp_path: Path, *variants: str) -> Path:
    """The base config under some variants, as a file."""
    paths = [ROOT / "configs" / f"{name}.cfg" for name in variants]
    config = MAKE_CONFIG.merge(ROOT / "configs" / "base.cfg", paths)
    output = tmp_path / "config.cfg"
    write_atomically(output, config.to_str(interpolate=False))
    return output


def settings(encoder: Path, **others: Any) -> dict[str, Any]:
    return {"paths.encoder": str(encoder), "system.gpu_allocator": None, **others}


@pytest.mark.parametrize(
    "names", [[], *([name] for name in VARIANTS), ["sm", "news"], ["trf_cpu", "news"]]
)
def test_config_resolves(names: list[str], tiny_encoder: Path, tmp_path: Path) -> None:
    config = load_config(
        merged(tmp_path, *names), overrides=settings(tiny_encoder), interpolate=False
    )
    nlp = load_model_from_config(config, auto_fill=True, validate=True)
    assert nlp.pipe_names == PIPELINE
    assert nlp.get_pipe("transformer").model.attrs["name"] == str(tiny_encoder)
    training = registry.resolve(nlp.config.interpolate()["training"], schema=ConfigSchemaTraining)
    assert isinstance(training["optimizer"], TwoRateAdam)
    assert set(training["score_weights"]) >= {"ents_f", "topics_f", "rels_f"}
    assert sum(v for v in training["score_weights"].values() if v) == pytest.approx(1.0)


def test_variants_lay_over_the_base(tmp_path: Path) -> None:
    base = load_config(merged(tmp_path), interpolate=True)
    gpu = load_config(merged(tmp_path, "trf_gpu"), interpolate=True)
    model = gpu["components"]["transformer"]["model"]
    assert model["name"] == "aubmindlab/bert-base-arabertv02"
    assert model["encoder_text"] == {"@misc": "liqaa.AraBertText.v1"}
    assert model["mixed_precision"] is True
    assert model["window"] == base["components"]["transformer"]["model"]["window"]
    assert gpu["training"]["batcher"]["@batchers"] == base["training"]["batcher"]["@batchers"]
    news = load_config(merged(tmp_path, "sm", "news"), interpolate=True)
    assert news["initialize"]["after_init"]["path"] == news["paths"]["stage1"]
    assert news["components"] == base["components"]


def test_make_config_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "folder" / "config.cfg"
    arguments = ["configs/base.cfg", "configs/trf_cpu.cfg", "-o", str(output)]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["make_config.py", *arguments])
    MAKE_CONFIG.main()
    assert (
        load_config(output, interpolate=True)["components"]["transformer"]["model"]["frozen_layers"]
        == 4
    )


@pytest.fixture(scope="module")
def corpus(example_docs: list[Doc], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "two.spacy"
    DocBin(docs=example_docs[:2], store_user_data=True).to_disk(path)
    return path


@pytest.fixture(scope="module")
def arabert_pipeline(
    tiny_encoder: Path, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A pipeline trained for three steps by `spacy train` from the AraBERT config."""
    folder = tmp_path_factory.mktemp("training")
    overrides = {
        "paths.encoder": tiny_encoder,
        "paths.train": corpus,
        "paths.dev": corpus,
        "components.transformer.model.frozen_layers": 1,
        "training.max_steps": 3,
        "training.eval_frequency": 3,
        "training.optimizer.learn_rate.warmup_steps": 1,
    }
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "spacy",
        "train",
        str(merged(folder, "trf_cpu")),
    ]
    command += ["--output", str(folder)]
    for key, value in overrides.items():
        command += [f"--{key}", str(value)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=150)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0, output
    return folder / "model-last"


def test_arabert_end_to_end(arabert_pipeline: Path, example_docs: list[Doc]) -> None:
    nlp = spacy.load(arabert_pipeline)
    assert nlp.pipe_names == PIPELINE
    assert nlp.get_pipe("transformer").model.attrs["encoder_text"]("@user_1").strip() == "[مستخدم]"
    docs = list(nlp.pipe([example_docs[0].text, "", "انظر https://liqaa.org @user_1"]))
    assert docs[0].text == example_docs[0].text
    assert all(doc._.trf_data is None for doc in docs)  # doc_cleaner
    assert docs[0]._.article_meetings.to_json()


def test_trained_pipeline_holds_no_pickle(arabert_pipeline: Path) -> None:
    weights = b"".join(
        p.read_bytes() for p in (arabert_pipeline / "transformer").rglob("*") if p.is_file()
    )
    assert b"data.pkl" not in weights
    assert b'"dtype":"F32"' in weights


def test_second_stage_goes_on_from_the_first(
    arabert_pipeline: Path, tiny_encoder: Path, corpus: Path, tmp_path: Path
) -> None:
    overrides = settings(tiny_encoder) | {
        "paths.train": str(corpus),
        "paths.dev": str(corpus),
        "paths.stage1": str(arabert_pipeline),
    }
    nlp = init_nlp(
        load_config(merged(tmp_path, "trf_cpu", "news"), overrides=overrides, interpolate=False)
    )
    first = spacy.load(arabert_pipeline)
    for name in ("transformer", "ner", "topic_recognizer", "relation_extractor"):
        assert nlp.get_pipe(name).model.to_bytes() == first.get_pipe(name).model.to_bytes(), name


def test_second_stage_wants_the_first(blank: Language, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"run the first training stage"):
        create_load_weights(tmp_path / "missing")(blank)
