"""Augmentations of the short-time Fourier transform: masks, phase shift and scale.

Each transforms a series, changes the spectrogram and transforms back. Frequency masks are after SpecAugment (Park et
al. 2019, arXiv 1904.08779). None is part of the sets of the study (arXiv 2408.16613).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation, normal, uniform
from ncvq_core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ncvq_core.stft import STFT


class _OnSpectrum(Augmentation):
    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), with its spectrogram changed."""
        batch, channels, length = x.shape
        transform = _stft(length, x.device)
        spectrum = transform(x.float()).view(batch, channels, 2, transform.frequencies, transform.frames)
        changed = self.change(spectrum, generator)
        return transform.inverse(changed.reshape(batch, 2 * channels, *changed.shape[3:])).to(x.dtype)

    @abstractmethod
    def change(self, spectrum: Tensor, generator: Generator) -> Tensor:
        """Return a changed spectrogram (B, C, 2, H, W): real and imaginary part, frequencies, frames."""


@dataclass(frozen=True, kw_only=True)
class PointMask(_OnSpectrum):
    """Set random points of the spectrogram to zero."""

    probability: float = setting(0.1, "part of the points that are masked", minimum=0, maximum=1)

    def change(self, spectrum: Tensor, generator: Generator) -> Tensor:
        """Mask points, the same in all channels."""
        import torch

        batch, _, _, height, width = spectrum.shape
        kept = torch.rand(batch, 1, 1, height, width, generator=generator, device=spectrum.device) >= self.probability
        return spectrum * kept


@dataclass(frozen=True, kw_only=True)
class FrequencyMask(_OnSpectrum):
    """Set one random band of neighbouring frequencies to zero, in all frames."""

    bands: int = setting(1, "number of neighbouring frequencies", minimum=1, maximum=4)

    def change(self, spectrum: Tensor, generator: Generator) -> Tensor:
        """Mask a band of each series."""
        inside = _window(spectrum, spectrum.shape[3], self.bands, generator)
        return spectrum * ~inside[:, None, None, :, None]


@dataclass(frozen=True, kw_only=True)
class BlockMask(_OnSpectrum):
    """Set one random block of neighbouring frequencies and frames to zero."""

    bands: int = setting(2, "number of neighbouring frequencies", minimum=1, maximum=5)
    frame_fraction: float = setting(0.2, "length of the block as a part of the frames", above=0, maximum=1)

    def change(self, spectrum: Tensor, generator: Generator) -> Tensor:
        """Mask a block of each series."""
        height, width = spectrum.shape[3:]
        rows = _window(spectrum, height, self.bands, generator)
        columns = _window(spectrum, width, max(1, round(self.frame_fraction * width)), generator)
        return spectrum * ~(rows[:, :, None] & columns[:, None, :])[:, None, None]


@dataclass(frozen=True, kw_only=True)
class PhaseShift(_OnSpectrum):
    """Turn the phase of the whole spectrogram by U(−maximum_angle, maximum_angle), one angle a series."""

    maximum_angle: float = setting(math.pi / 4, "largest angle in radians", minimum=0, maximum=math.pi)

    def change(self, spectrum: Tensor, generator: Generator) -> Tensor:
        """Rotate real and imaginary part."""
        import torch

        angle = uniform(len(spectrum), -self.maximum_angle, self.maximum_angle, spectrum, generator)[:, :, None, None]
        real, imaginary = spectrum.unbind(dim=2)
        turned = real * angle.cos() - imaginary * angle.sin(), real * angle.sin() + imaginary * angle.cos()
        return torch.stack(turned, dim=2)


@dataclass(frozen=True, kw_only=True)
class FrequencyScale(_OnSpectrum):
    """Scale each frequency by 1 + N(0, standard_deviation), one draw a series and frequency."""

    standard_deviation: float = setting(0.2, "spread of the factors around 1", minimum=0)

    def change(self, spectrum: Tensor, generator: Generator) -> Tensor:
        """Scale the frequencies of each series."""
        draws = normal((len(spectrum), 1, 1, spectrum.shape[3], 1), spectrum, generator)
        return spectrum * (1 + self.standard_deviation * draws)


def _window(spectrum: Tensor, size: int, length: int, generator: Generator) -> Tensor:
    """Return (B, size), true inside one random window of each series."""
    import torch

    length = min(length, size)
    start = uniform(len(spectrum), 0.0, float(size - length + 1), spectrum, generator).floor().clamp(max=size - length)
    position = torch.arange(size, device=spectrum.device)
    return (position >= start) & (position < start + length)


@cache  # kept, because a captured CUDA graph goes on reading this tensor
def _stft(length: int, device: torch.device) -> STFT:
    from ncvq_core.stft import STFT

    return STFT(length).to(device)
