"""The short-time Fourier transform and its inverse as fixed linear maps."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.training.precision import full_precision


class STFT(nn.Module):
    """Centred STFT with a periodic Hann window; equal to `torch.stft` and `torch.istft`.

    Both directions are one convolution with constant kernels: no complex numbers, and no check that waits for the
    device, so that a training step can be captured as a CUDA graph.

    Args:
        length: L, length of the series.
        n_fft: samples a frame; the hop is a quarter of it.
    """

    analysis: Tensor
    synthesis: Tensor
    envelope: Tensor

    def __init__(self, length: int, n_fft: int = 8) -> None:
        """Compute the kernels and the window's envelope."""
        super().__init__()
        self.length = length
        self.n_fft = n_fft
        self.hop = n_fft // 4
        self.frequencies = n_fft // 2 + 1
        self.frames = length // self.hop + 1
        analysis, synthesis, window = _kernels(n_fft)
        squared = np.zeros(self.n_fft + self.hop * (self.frames - 1))
        for start in range(0, self.hop * self.frames, self.hop):
            squared[start : start + n_fft] += window**2
        envelope = squared[n_fft // 2 : n_fft // 2 + length]
        self.register_buffer("analysis", torch.tensor(analysis, dtype=torch.float32), persistent=False)
        self.register_buffer("synthesis", torch.tensor(synthesis, dtype=torch.float32), persistent=False)
        self.register_buffer("envelope", torch.tensor(envelope, dtype=torch.float32), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Transform series.

        Args:
            x: (B, C, L).

        Returns:
            (B, 2C, n_fft/2 + 1, ⌊L/hop⌋ + 1), the real part of each channel followed by its imaginary part.
        """
        batch, channels, length = x.shape
        padded = functional.pad(x.reshape(-1, 1, length), (self.n_fft // 2, self.n_fft // 2), mode="reflect")
        with full_precision(x.device):
            spectrum = functional.conv1d(padded, self.analysis, stride=self.hop)
        return spectrum.view(batch, 2 * channels, self.frequencies, self.frames)

    def inverse(self, u: Tensor) -> Tensor:
        """Return the series (B, C, L) whose transform is nearest to u, (B, 2C, n_fft/2 + 1, frames)."""
        batch, double_channels = u.shape[:2]
        frames = u.reshape(batch * double_channels // 2, 2 * self.frequencies, self.frames)
        with full_precision(u.device):
            overlapped = functional.conv_transpose1d(frames, self.synthesis, stride=self.hop)
        start = self.n_fft // 2
        series = overlapped[..., start : start + self.length] / self.envelope
        return series.view(batch, double_channels // 2, self.length)


def _kernels(n_fft: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return analysis and synthesis kernels, both (2 · frequencies, 1, n_fft), and the window."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    spectrum = np.fft.rfft(np.eye(n_fft), axis=0)
    analysis = np.concatenate([spectrum.real, spectrum.imag]) * window
    units = np.eye(n_fft // 2 + 1)
    inverse = np.concatenate([np.fft.irfft(units, n_fft), np.fft.irfft(1j * units, n_fft)])
    return analysis[:, None], (inverse * window)[:, None], window
