"""The classification accuracy score (Ravuri and Vinyals 2019, arXiv 1905.10887); the plan reads it without torch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ncvq_core.config.fcn import FcnTraining

if TYPE_CHECKING:
    import torch

MINIMUM_SERIES = 1000
"""Series of a synthetic training set, at least."""


CAS_TRAINING = FcnTraining(
    epochs=4,
    steps=200,
    batch_size=16,
    validation_fraction=0.1,
    patience=2,
    precision="fp32",
    seed=0,
    learning_rate=3e-3,
)
"""How the classifier is trained on samples: briefly.

What makes it cheap: features normalised in training (`NormalizedFcn`), so that four passes in batches of 16 suffice,
which are 228 steps for 1,000 samples; and a tenth of the samples held out, which chooses the epoch and stops training
when its loss has not fallen for two. TEST is not looked at until the end.
"""


def cas_training(seed: int, device: torch.device) -> FcnTraining:
    """Return CAS_TRAINING with a seed, and with products in bfloat16 where the device has it."""
    from ncvq_core.training.precision import fastest_precision

    return replace(CAS_TRAINING, seed=seed, precision=fastest_precision(device))


def cas_epochs(series: int) -> int:
    """Return how many epochs the classifier takes, at most, on the synthetic set of a TRAIN of so many series."""
    return CAS_TRAINING.epochs_on(max(series, MINIMUM_SERIES))


def synthetic_labels(labels: NDArray[np.int64], classes: int) -> torch.Tensor:
    """Return the classes of a synthetic training set: as frequent as in `labels` (n,).

    Returns:
        (m,), sorted: `labels` themselves where there are `MINIMUM_SERIES` of them, else that many in the same
        proportions, each class rounded up.
    """
    import torch

    counts = np.bincount(labels, minlength=classes)
    wanted = -(-counts * max(len(labels), MINIMUM_SERIES) // len(labels))
    return torch.from_numpy(np.repeat(np.arange(classes), wanted))
