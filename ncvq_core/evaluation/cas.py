"""The classification accuracy score (Ravuri and Vinyals 2019, arXiv 1905.10887)."""

import numpy as np
import torch
from numpy.typing import NDArray

from ncvq_core.fcn.train import FcnTraining

MINIMUM_SERIES = 1000
"""Series of a synthetic training set, at least."""


def cas_training(seed: int) -> FcnTraining:
    """Return how the classifier is trained on samples: briefly.

    What makes it cheap: products in bfloat16, at most 400 steps of 32 series, and an early stop when the loss on a
    tenth of the samples has not fallen for five epochs. TEST is not looked at until the end.
    """
    return FcnTraining(steps=400, batch_size=32, validation_fraction=0.1, patience=5, precision="bf16", seed=seed)


def synthetic_labels(labels: NDArray[np.int64], classes: int) -> torch.Tensor:
    """Return the classes of a synthetic training set: as frequent as in `labels` (n,), at least one series each.

    Returns:
        (m,), sorted, with m near max(n, `MINIMUM_SERIES`).
    """
    counts = np.bincount(labels, minlength=classes)
    total = max(len(labels), MINIMUM_SERIES)
    wanted = np.where(counts > 0, np.maximum(1, np.round(counts / len(labels) * total)), 0).astype(np.int64)
    return torch.from_numpy(np.repeat(np.arange(classes), wanted))
