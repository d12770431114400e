"""VIbCReg: VICReg with a better-conditioned covariance (Lee and Aune 2021, arXiv 2109.00783)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ncvq_core.settings import setting
from ncvq_core.ssl.base import HeadSize, SSLMethod, projector_layers, size_of

if TYPE_CHECKING:
    from ncvq_core.ssl.head import SSLHead


@dataclass(frozen=True, kw_only=True)
class VIbCReg(SSLMethod):
    """VICReg with iterative normalisation behind the projector and a covariance term on normalised features."""

    default_weight: ClassVar[float] = 0.01
    invariance: float = setting(25.0, "λ, weight of the distance between views", minimum=0)
    variance: float = setting(25.0, "μ, weight of the variance hinge", minimum=0)
    covariance: float = setting(100.0, "ν, weight of the normalised covariance term", minimum=0)
    groups: int = setting(64, "groups of features whitened together, at most", minimum=1)
    newton_steps: int = setting(5, "Newton iterations of the whitening", minimum=1)

    def head(self, features: int, width: int) -> SSLHead:
        """Build the projector, its normalisation and its loss."""
        from ncvq_core.ssl.heads.vibcreg import VIbCRegHead

        return VIbCRegHead(features, width, self)

    def head_size(self, features: int, width: int) -> HeadSize:
        """Return the size of the projector and its normalisation."""
        return size_of(projector_layers(features, width), normalised=3 * width)
