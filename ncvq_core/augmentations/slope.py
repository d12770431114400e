"""Add a random linear trend (the study, arXiv 2408.16613)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation, uniform
from ncvq_core.settings import setting

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Slope(Augmentation):
    """x + U(−maximum_slope, maximum_slope) · t, one slope a series."""

    maximum_slope: float = setting(0.005, "largest change from one point to the next", minimum=0)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), with a trend that starts at 0."""
        import torch

        slope = uniform(x.shape[0], -self.maximum_slope, self.maximum_slope, x, generator)
        time = torch.arange(x.shape[2], device=x.device, dtype=x.dtype)
        return x + (slope * time).unsqueeze(1)
