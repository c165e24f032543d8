"""A thinc shim that threads may share at inference."""

from __future__ import annotations

from typing import Any

import torch
from thinc.api import PyTorchShim
from thinc.types import ArgsKwargs


class SharedPyTorchShim(PyTorchShim):
    """`PyTorchShim` that leaves the model in evaluation mode after a prediction.

    thinc's own switches back to training mode each time, so that one thread's dropout would
    come on in the midst of another's forward pass. Updates switch to training mode themselves.
    """

    def predict(self, inputs: ArgsKwargs) -> Any:
        """Run the model without gradients."""
        if self._model.training:
            self._model.eval()
        with torch.no_grad(), torch.autocast("cuda", enabled=self._mixed_precision):
            return self._model(*inputs.args, **inputs.kwargs)
