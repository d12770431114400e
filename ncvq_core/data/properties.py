"""What kind of data a dataset is, in a few numbers measured on TRAIN: for the question where a method helps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ncvq_core.data.dataset import Dataset
from ncvq_core.data.scaling import Scaling

MOST_SERIES = 1000
"""Of a larger TRAIN, so many series are looked at: every class keeps its share."""

N_FFT = 8
"""Samples a frame of the model's short-time Fourier transform; the hop is a quarter of it."""


@dataclass(frozen=True, kw_only=True)
class DatasetProperties:
    """Numbers of one dataset."""

    train_series: int
    """In TRAIN."""
    length: int
    """Of the series."""
    classes: int
    """With a series in TRAIN."""
    distinctness: float | None
    """Mean silhouette of TRAIN's series by class, −1 to 1: near 0 where classes overlap; None where it is undefined."""
    high_frequency_share: float
    """Share of TRAIN's energy above the lowest frequency of the model's transform: 1/3 for the slowest, to 1."""


def properties_of(dataset: Dataset) -> DatasetProperties:
    """Measure TRAIN as the model sees it: scaled, missing values at the mean. Needs no torch, and under a second."""
    looked_at = _spread(dataset.train_labels)
    series = Scaling.of(dataset.train).apply(dataset.train[looked_at])
    return DatasetProperties(
        train_series=len(dataset.train),
        length=dataset.length,
        classes=len(np.unique(dataset.train_labels)),
        distinctness=silhouette(series.reshape(len(series), -1), dataset.train_labels[looked_at]),
        high_frequency_share=high_frequency_share(series),
    )


def _spread(labels: NDArray[np.int64]) -> NDArray[np.intp]:
    """Places of MOST_SERIES series, or of all, at equal distances in the order of the classes."""
    by_class = np.argsort(labels, kind="stable")
    count = min(len(labels), MOST_SERIES)
    return np.sort(by_class[np.arange(count) * len(labels) // count])


def silhouette(points: NDArray[np.float32], labels: NDArray[np.int64]) -> float | None:
    """Return the mean silhouette coefficient by class (Rousseeuw, J. Computational and Applied Mathematics 20, 1987).

    Written without scikit-learn, whose import takes a second that no launch should wait.

    Args:
        points: (n, D).
        labels: (n,).

    Returns:
        The mean of (b − a) / max(a, b), with a the mean Euclidean distance to the others of the own class and b that to
        the nearest other class; 0 for a class of one. None unless there are 2 to n − 1 classes.
    """
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if not 2 <= len(counts) < len(labels):
        return None
    centred = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    squares = (centred**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * centred @ centred.T, 0.0))
    np.fill_diagonal(distances, 0.0)
    sums = distances @ np.eye(len(counts))[places]  # n × classes
    own, each = counts[places], np.arange(len(labels))
    inside = sums[each, places] / np.maximum(own - 1, 1)
    outside = sums / counts
    outside[each, places] = np.inf
    nearest = outside.min(axis=1)
    larger = np.maximum(inside, nearest)
    values = np.where((own > 1) & (larger > 0), (nearest - inside) / np.where(larger > 0, larger, 1.0), 0.0)
    return float(values.mean())


def high_frequency_share(series: NDArray[np.float32]) -> float:
    """Return the share of energy that the model puts into its high band (`tokenizer: stft_lfhf`; arXiv 2303.04743).

    The transform is centred, with a periodic Hann window, which puts a third of a constant's energy there; frequencies
    that stand for two of the whole spectrum count twice (Parseval).

    Args:
        series: (n, C, L), L at least N_FFT.
    """
    half = N_FFT // 2
    padded = np.pad(series, ((0, 0), (0, 0), (half, half)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT, axis=2)[:, :, :: N_FFT // 4]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    energy = (np.abs(np.fft.rfft(frames * window, axis=3)) ** 2).sum(axis=(0, 1, 2))
    energy[1:half] *= 2
    total = float(energy.sum())
    return float(energy[1:].sum()) / total if total > 0 else 0.0
