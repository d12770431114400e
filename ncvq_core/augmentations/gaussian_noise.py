"""Add white noise (the study, arXiv 2408.16613; "jittering" in Um et al. 2017, arXiv 1706.00527)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation, normal
from ncvq_core.settings import setting

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class GaussianNoise(Augmentation):
    """x + N(0, standard_deviation) at each point."""

    standard_deviation: float = setting(0.05, "spread of the noise, in units of the scaled series", minimum=0)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), with noise."""
        return x + self.standard_deviation * normal(tuple(x.shape), x, generator)
