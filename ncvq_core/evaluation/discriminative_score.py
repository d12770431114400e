"""Discriminative score: how well samples can be told from real series (TimeGAN, Yoon et al., NeurIPS 2019)."""

import torch
from torch import Tensor
from torch.nn import functional

from ncvq_core.evaluation.further import Measured
from ncvq_core.evaluation.recurrent import Recurrent, as_steps, trained

NAME = "discriminative_score"
FEWEST = 10
"""Fewest series of a kind for which it is defined."""
HELD_OUT = 5
"""One of so many series is held out, as in TimeGAN."""


def discriminative_score(measured: Measured) -> float | None:
    """Return |accuracy − ½| of a classifier of samples and TEST, on the fifth of both that it was not trained on.

    As many of the one as of the other are taken, at random. None where there are fewer than ten of either.
    """
    draws = measured.generator(NAME)
    both = measured.scaled_samples(), measured.scaled_test()
    count = min(map(len, both))
    if count < FEWEST:
        return None
    series = torch.cat([as_steps(each)[torch.randperm(len(each), generator=draws)[:count]] for each in both])
    labels = torch.arange(2).repeat_interleave(count).float()
    held_out = torch.arange(2 * count) % count < count // HELD_OUT
    training, classes = series[~held_out], labels[~held_out]

    def loss_of(network: Recurrent, batch: Tensor) -> Tensor:
        return functional.binary_cross_entropy_with_logits(network(training[batch])[:, -1, 0], classes[batch])

    network = trained(measured, NAME, (series.shape[2], 1), len(training), loss_of)
    with torch.inference_mode():
        return score_of(network(series[held_out])[:, -1, 0], labels[held_out])


def score_of(logits: Tensor, labels: Tensor) -> float:
    """Return |accuracy − ½| of logits (n,), positive for class 1, and labels (n,) of 0 and 1."""
    return abs(float(((logits > 0) == (labels > 0)).double().mean()) - 0.5)
