"""What the examples of all stages have in common: which series are shown, and how features become points of a plane."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data import Dataset
from ncvq_core.stages.kind import Example, Shown

MOST_CLASSES, MOST_CHANNELS = 4, 3
"""Classes of which series are shown, channels of which spectra are; of a series it is the first channel."""
MOST_VALUES = 6000
"""Values of one series of each class together, at most: longer series are shown of fewer classes."""
MOST_POINTS = 500
"""Points of a plane, at most."""

Floats = NDArray[np.floating]


def shown_channels(dataset: Dataset) -> int:
    """Return of how many channels spectra are shown, from the first on."""
    return min(dataset.channels, MOST_CHANNELS)


def shown_classes(dataset: Dataset) -> list[int]:
    """Return the classes of which series are shown: the first of those in TRAIN."""
    fitting = max(1, MOST_VALUES // dataset.length)
    present: list[int] = np.unique(dataset.train_labels).tolist()
    return present[: min(MOST_CLASSES, fitting)]


def first_of(labels: NDArray[np.int64], classes: list[int], count: int = 1) -> NDArray[np.int64]:
    """Return the indices of the first series of each class; fewer where a class has fewer."""
    return np.concatenate([np.flatnonzero(labels == each)[:count] for each in classes])


def spread(count: int, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return the indices of at most so many out of `count`, evenly spaced: datasets may be sorted by class."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def series_examples(what: Shown, series: Floats, labels: list[str], numbers: list[int]) -> Iterator[Example]:
    """Give the first channel of each of some series (n, C, L)."""
    for each, label, number in zip(series, labels, numbers, strict=True):
        yield Example(what, each[0], label=label, number=number)


def spectrum_examples(what: Shown, levels: Floats, channels: int) -> Iterator[Example]:
    """Give the spectrum of each channel that is shown; levels are (C, ⌊L/2⌋ + 1)."""
    for channel in range(channels):
        yield Example(what, levels[channel], channel=channel)


class Plane:
    """The plane of the two directions in which features (n, D) vary most.

    Attributes:
        shares: (2,), of the variance of all directions; 0 where there is none.
    """

    def __init__(self, features: Floats) -> None:
        """Find the directions; the largest weight of each is positive, so that they come again."""
        values = features.astype(np.float64)
        self._mean = values.mean(axis=0)
        _, sizes, directions = np.linalg.svd(values - self._mean, full_matrices=False)
        variances, axes = np.zeros(2), np.zeros((2, values.shape[1]))
        found = min(2, len(sizes))
        variances[:found], axes[:found] = sizes[:found] ** 2, directions[:found]
        largest = axes[np.arange(2), np.abs(axes).argmax(axis=1)]
        self._axes = axes * np.where(largest < 0, -1.0, 1.0)[:, None]
        total = float(np.sum(sizes**2))
        self.shares = variances / total if total else variances

    def points(self, features: Floats) -> Floats:
        """Return where features (m, D) lie, (m, 2)."""
        return np.asarray((features.astype(np.float64) - self._mean) @ self._axes.T)


def nearest(series: Floats, others: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Find the nearest of other series for each series.

    Args:
        series: (n, C, L), scaled.
        others: (m, C, L).

    Returns:
        (n,) indices into the others, and (n,) distances: the root mean square of the difference of two values.
    """
    flat, known = (each.reshape(len(each), -1).astype(np.float64) for each in (series, others))
    squares = (flat**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * flat @ known.T
    found = squares.argmin(axis=1)
    return found, np.sqrt(np.mean((flat - known[found]) ** 2, axis=1))
