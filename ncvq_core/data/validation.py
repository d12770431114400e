"""The validation part of TRAIN."""

import numpy as np
from numpy.typing import NDArray

from ncvq_core.training.seeding import derived_seed


def split_train(labels: NDArray[np.int64], fraction: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split TRAIN into a training and a validation part, stratified by class.

    Each class gives the rounded fraction of its series, and keeps at least one for training.

    Args:
        labels: (n,), class of each series.
        fraction: part for validation; 0 gives none.
        seed: of the draw.

    Returns:
        Sorted indices of the training part and of the validation part.
    """
    rng = np.random.default_rng(derived_seed(seed, "validation split"))
    chosen: list[int] = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(round(fraction * len(members)), len(members) - 1)
        chosen.extend(members[:count])
    validation = np.sort(np.array(chosen, dtype=np.int64))
    return np.setdiff1d(np.arange(len(labels)), validation), validation
