"""The classification accuracy score (Ravuri and Vinyals 2019, arXiv 1905.10887)."""

import numpy as np
import torch
from numpy.typing import NDArray

from ncvq_core.fcn.train import FcnTraining

MINIMUM_SERIES = 1000
"""Series of a synthetic training set, at least."""


def cas_training(seed: int) -> FcnTraining:
    """Return how the classifier is trained on samples: briefly.

    What makes it cheap: features normalised in training (`NormalizedFcn`), so that 200 steps of 16 series suffice;
    products in bfloat16; and a tenth of the samples held out, which chooses the epoch and stops training when its loss
    has not fallen for two. TEST is not looked at until the end.
    """
    return FcnTraining(
        steps=200,
        batch_size=16,
        validation_fraction=0.1,
        patience=2,
        precision="bf16",
        seed=seed,
        learning_rate=3e-3,
    )


def synthetic_labels(labels: NDArray[np.int64], classes: int) -> torch.Tensor:
    """Return the classes of a synthetic training set: as frequent as in `labels` (n,), at least one series each.

    Returns:
        (m,), sorted, with m near max(n, `MINIMUM_SERIES`).
    """
    counts = np.bincount(labels, minlength=classes)
    total = max(len(labels), MINIMUM_SERIES)
    wanted = np.where(counts > 0, np.maximum(1, np.round(counts / len(labels) * total)), 0).astype(np.int64)
    return torch.from_numpy(np.repeat(np.arange(classes), wanted))
