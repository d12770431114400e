"""The spectrogram that the tokenizer sees, in numpy: a report needs no torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_FFT, HOP = 8, 2
"""Points of a frame, and from frame to frame."""


def spectrogram(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """The power of a series (L,) by frequency and time, (5, ⌊L/2⌋ + 1).

    Centred frames under a periodic Hann window, the series continued by reflection: the squared magnitude of
    `ncvq_core.stft.STFT`.
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    padded = np.pad(series, N_FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    return np.asarray((np.abs(np.fft.rfft(frames * window, axis=1)) ** 2).T)
