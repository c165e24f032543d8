"""`liqaa.TwoRateAdam.v1`: Adam with one learning rate for the encoder and one for the heads."""

from typing import Any

from spacy.util import registry
from thinc.api import Optimizer
from thinc.types import FloatsXd

ENCODER_PREFIXES = ("embeddings.", "embeddings_project.", "encoder.", "pooler.")
"""How the parameters of BERT- and ELECTRA-like models begin."""


class TwoRateAdam(Optimizer):
    """Adam whose rate is scaled for the encoder's parameters.

    Under Adam a smaller gradient does not make a smaller step, so a gradient factor cannot take
    the place of a second rate. The encoder's parameters are told by their Hugging Face names.
    """

    encoder_scale: float = 1.0

    def __call__(
        self,
        key: tuple[int, str],
        weights: FloatsXd,
        gradient: FloatsXd,
        *,
        lr_scale: float = 1.0,
    ) -> tuple[FloatsXd, FloatsXd]:
        if key[1].startswith(ENCODER_PREFIXES):
            lr_scale *= self.encoder_scale
        return super().__call__(key, weights, gradient, lr_scale=lr_scale)


@registry.optimizers("liqaa.TwoRateAdam.v1")
def create_two_rate_adam(
    learn_rate: Any,
    encoder_scale: float = 0.1,
    L2: float = 0.01,
    grad_clip: float = 1.0,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Optimizer:
    """Adam for an encoder with fresh heads.

    Args:
        learn_rate: rate of the heads, a number or a thinc schedule.
        encoder_scale: the encoder's rate as a part of `learn_rate`.
        L2: decoupled weight decay.
        grad_clip: largest norm of one parameter's gradient.
        beta1: decay of the first moment.
        beta2: decay of the second moment.
        eps: added to the denominator.
    """
    settings: dict[str, Any] = {
        "L2": L2,
        "grad_clip": grad_clip,
        "beta1": beta1,
        "beta2": beta2,
        "eps": eps,
        "L2_is_weight_decay": True,
        # Averages reach thinc's layers but not the encoder, and the two must fit each other.
        "use_averages": False,
    }
    optimizer = TwoRateAdam(learn_rate, **settings)
    optimizer.encoder_scale = encoder_scale
    return optimizer
