"""VICReg: variance, invariance, covariance (Bardes, Ponce, LeCun 2022, arXiv 2105.04906)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ncvq_core.settings import setting
from ncvq_core.ssl.base import HeadSize, SSLMethod, projector_layers, size_of

if TYPE_CHECKING:
    from ncvq_core.ssl.head import SSLHead


@dataclass(frozen=True, kw_only=True)
class VICReg(SSLMethod):
    """Pull views together, keep each feature's variance, and decorrelate features."""

    default_weight: ClassVar[float] = 0.01
    invariance: float = setting(25.0, "λ, weight of the distance between views", minimum=0)
    variance: float = setting(25.0, "μ, weight of the variance hinge", minimum=0)
    covariance: float = setting(1.0, "ν, weight of the covariance term", minimum=0)

    def head(self, features: int, width: int) -> SSLHead:
        """Build the projector and its loss."""
        from ncvq_core.ssl.heads.vicreg import VICRegHead

        return VICRegHead(features, width, self)

    def head_size(self, features: int, width: int) -> HeadSize:
        """Return the size of the projector."""
        return size_of(projector_layers(features, width), normalised=2 * width)
