"""Add white noise inside a random window (the study, arXiv 2408.16613)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation, normal, uniform
from ncvq_core.settings import setting

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class NoiseWindow(Augmentation):
    """x + N(0, standard_deviation) inside one random window of each series, x elsewhere."""

    standard_deviation: float = setting(0.1, "spread of the noise, in units of the scaled series", minimum=0)
    window_fraction: float = setting(0.4, "length of the window as a part of the series", above=0, maximum=1)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), with noise in a window, the same window for all channels."""
        import torch

        batch, _, length = x.shape
        window = max(1, round(self.window_fraction * length))
        start = uniform(batch, 0.0, float(length - window + 1), x, generator).floor().clamp(max=length - window)
        time = torch.arange(length, device=x.device)
        inside = (time >= start) & (time < start + window)
        return x + self.standard_deviation * normal(tuple(x.shape), x, generator) * inside.unsqueeze(1)
