"""Stretch or squeeze a random window in time (Le Guennec et al. 2016; scales: the study, arXiv 2408.16613)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation, uniform
from ncvq_core.errors import ConfigError
from ncvq_core.settings import setting

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class WindowWarp(Augmentation):
    """Stretch a random window by U(minimum_scale, maximum_scale), then resample the whole to its old length.

    Positions are continuous on [0, L − 1] and values interpolated linearly, so the two end points are kept.
    """

    window_fraction: float = setting(0.4, "length of the window as a part of the series", above=0, maximum=1)
    minimum_scale: float = setting(0.9, "smallest stretch of the window", above=0)
    maximum_scale: float = setting(2.0, "largest stretch of the window", above=0)

    def __post_init__(self) -> None:
        """Check that the range is one."""
        if self.minimum_scale > self.maximum_scale:
            raise ConfigError(f"minimum_scale = {self.minimum_scale:g}: must be ≤ maximum_scale")

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), with one window of each series warped, all channels alike."""
        import torch

        batch, _, length = x.shape
        last = length - 1
        window = self.window_fraction * last
        start = uniform(batch, 0.0, last - window, x, generator)
        scale = uniform(batch, self.minimum_scale, self.maximum_scale, x, generator)
        stretched = window * scale
        position = torch.linspace(0, 1, length, device=x.device, dtype=x.dtype) * (last - window + stretched)
        inside = (start + (position - start) / scale).minimum(start + window)
        source = torch.where(position < start, position, inside)
        source = torch.where(position > start + stretched, position - stretched + window, source).clamp(0, last)
        return interpolate(x, source)


def interpolate(x: Tensor, position: Tensor) -> Tensor:
    """Read x, (B, C, L), linearly at fractional positions (B, L) in [0, L − 1]."""
    left = position.floor().clamp(max=x.shape[-1] - 2).long()
    weight = (position - left).unsqueeze(1)
    index = left.unsqueeze(1).expand_as(x)
    return x.gather(2, index).lerp(x.gather(2, index + 1), weight.expand_as(x))
