"""Scale each series by a random factor (the study, arXiv 2408.16613; "scaling" in Um et al. 2017, arXiv 1706.00527)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation, normal
from ncvq_core.settings import setting

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class AmplitudeResize(Augmentation):
    """x · (1 + N(0, standard_deviation)), one draw a series."""

    standard_deviation: float = setting(0.2, "spread of the factor around 1", minimum=0)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), scaled."""
        return x * (1 + self.standard_deviation * normal((x.shape[0], 1, 1), x, generator))
