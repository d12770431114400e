"""Barlow Twins: redundancy reduction between two views (Zbontar et al. 2021, arXiv 2103.03230)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ncvq_core.settings import setting
from ncvq_core.ssl.base import HeadSize, SSLMethod, projector_layers, size_of

if TYPE_CHECKING:
    from ncvq_core.ssl.head import SSLHead


@dataclass(frozen=True, kw_only=True)
class BarlowTwins(SSLMethod):
    """Drive the cross-correlation of the two views' features to the identity."""

    default_weight: ClassVar[float] = 1.0
    off_diagonal_weight: float = setting(0.005, "λ, weight of the off-diagonal terms", minimum=0)

    def head(self, features: int, width: int) -> SSLHead:
        """Build the projector and its loss."""
        from ncvq_core.ssl.heads.barlowtwins import BarlowTwinsHead

        return BarlowTwinsHead(features, width, self)

    def head_size(self, features: int, width: int) -> HeadSize:
        """Return the size of the projector."""
        return size_of(projector_layers(features, width), normalised=2 * width)
