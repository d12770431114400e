"""Multiply each series by a smooth random curve ("magnitude warping" in Um et al. 2017, arXiv 1706.00527)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ncvq_core.augmentations.base import Augmentation, normal
from ncvq_core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class MagnitudeWarp(Augmentation):
    """x times a cubic spline through evenly spaced knots drawn from N(1, standard_deviation), one curve a channel."""

    standard_deviation: float = setting(0.2, "spread of the knots around 1", minimum=0)
    knots: int = setting(6, "number of knots, both ends included", minimum=4)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), warped in magnitude."""
        batch, channels, length = x.shape
        heights = 1 + self.standard_deviation * normal((batch, channels, self.knots), x, generator)
        return x * (heights @ _spline_basis(length, self.knots, x.device, x.dtype))


@cache  # kept, because a captured CUDA graph goes on reading this tensor
def _spline_basis(length: int, knots: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return (knots, length): row k is the spline that is 1 at knot k and 0 at the others; any spline is their sum."""
    import torch
    from scipy.interpolate import CubicSpline  # 40 MB, which no other training needs

    at = np.linspace(0, length - 1, knots)
    return torch.as_tensor(CubicSpline(at, np.eye(knots))(np.arange(length)).T, dtype=dtype, device=device)
