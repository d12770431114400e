"""Predictive score: what samples teach of how series go on (TimeGAN, Yoon et al., NeurIPS 2019)."""

import torch
from torch import Tensor
from torch.nn import functional

from ncvq_core.evaluation.further import Measured
from ncvq_core.evaluation.recurrent import Recurrent, as_steps, trained

NAME = "predictive_score"


def predictive_score(measured: Measured) -> float | None:
    """Return the mean absolute error with which a network trained on samples says the next step of TEST's series.

    In standard deviations of TRAIN; all channels count, missing values do not. None where all of them are missing.
    """
    samples, test = as_steps(measured.scaled_samples()), as_steps(measured.scaled_test())
    present = as_steps(torch.from_numpy(measured.dataset.test).isfinite())

    def loss_of(network: Recurrent, batch: Tensor) -> Tensor:
        steps = samples[batch]
        return functional.l1_loss(network(steps[:, :-1]), steps[:, 1:])

    network = trained(measured, NAME, (samples.shape[2], samples.shape[2]), len(samples), loss_of)
    with torch.inference_mode():
        return error_of(network(test[:, :-1]), test[:, 1:], present[:, 1:])


def error_of(said: Tensor, real: Tensor, present: Tensor) -> float | None:
    """Return the mean absolute difference of two tensors where a third of that shape is true; None if nowhere."""
    return float((said - real).abs()[present].double().mean()) if present.any() else None
