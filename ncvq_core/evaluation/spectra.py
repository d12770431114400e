"""How far the power spectra of two sets of series are apart."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLOOR = 1e-4
"""Power that is added to each frequency, as a share of the reference's mean power."""


def mean_spectrum(series: ArrayLike) -> NDArray[np.float64]:
    """Return the mean power of series (n, C, L) at each frequency, (C, ⌊L/2⌋ + 1).

    The periodogram of a series under a periodic Hann window, divided by the window's energy: white noise of variance
    1 has power 1 everywhere. A series' mean is its power at frequency 0.
    """
    values = np.asarray(series, dtype=np.float64)
    length = values.shape[2]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    power = np.abs(np.fft.rfft(values * window, axis=2)) ** 2 / np.sum(window**2)
    return np.asarray(power.mean(axis=0), dtype=np.float64)


def psd_distance(series: ArrayLike, reference: ArrayLike) -> float:
    """Return the log-spectral distance, in dB, between the mean spectra of series and of a reference.

    It is the root mean square, over frequencies and channels, of 10 log₁₀ of the ratio of powers: 3 says that a
    typical frequency has twice or half the power. To each power, white noise of 1 % of the channel's amplitude in the
    reference is added, so that frequencies at which there is nothing to see do not count.

    Args:
        series: (n, C, L).
        reference: (m, C, L), in the same unit.
    """
    expected, found = mean_spectrum(reference), mean_spectrum(series)
    floor = _floor(expected)
    decibels = 10 * np.log10((found + floor) / (expected + floor))
    return float(np.sqrt(np.mean(decibels**2)))


def spectral_levels(series: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """Return the mean spectrum of series in decibels, (C, ⌊L/2⌋ + 1), with the noise that `psd_distance` adds.

    The root mean square of the difference between the levels of series and those of their reference is `psd_distance`.

    Args:
        series: (n, C, L).
        reference: (m, C, L), in the same unit; gives the noise.
    """
    return np.asarray(10 * np.log10(mean_spectrum(series) + _floor(mean_spectrum(reference))), dtype=np.float64)


def _floor(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the power that is added at each frequency, (C, 1)."""
    return np.asarray(np.maximum(FLOOR * expected.mean(axis=1, keepdims=True), np.finfo(np.float64).tiny))
