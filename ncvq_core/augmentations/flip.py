"""Reverse time (the study, arXiv 2408.16613)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class Flip(Augmentation):
    """Reverse each series in time."""

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), reversed; nothing is drawn."""
        return x.flip(-1)
