"""`liqaa.LoadWeights.v1`: a second training stage that goes on from a trained pipeline."""

from collections.abc import Callable
from pathlib import Path

from spacy.language import Language
from spacy.util import registry

from liqaa.errors import ModelError


@registry.callbacks("liqaa.LoadWeights.v1")
def create_load_weights(path: Path) -> Callable[[Language], Language]:
    """Callback for `[initialize.after_init]`: load every trainable component from a pipeline.

    Args:
        path: folder of a pipeline with the same components and settings.
    """

    folder = Path(path)  # configs may hand over a string

    def load_weights(nlp: Language) -> Language:
        if not folder.is_dir():
            raise ModelError(f"No pipeline {path} to go on from; run the first training stage.")
        for name, component in nlp.pipeline:
            if (folder / name).is_dir() and hasattr(component, "from_disk"):
                component.from_disk(folder / name, exclude=["vocab"])
        return nlp

    return load_weights
