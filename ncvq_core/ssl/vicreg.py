"""VICReg: variance, invariance, covariance (Bardes, Ponce, LeCun 2022, arXiv 2105.04906)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn import functional

from ncvq_core.settings import setting
from ncvq_core.ssl.base import SSLHead, SSLMethod, Targets
from ncvq_core.ssl.projector import Projector
from ncvq_core.ssl.variance_covariance import off_diagonal_squares, variance_loss
from ncvq_core.training.precision import full_precision


@dataclass(frozen=True, kw_only=True)
class VICReg(SSLMethod):
    """Pull views together, keep each feature's variance, and decorrelate features."""

    default_weight: ClassVar[float] = 0.01
    invariance: float = setting(25.0, "λ, weight of the distance between views", minimum=0)
    variance: float = setting(25.0, "μ, weight of the variance hinge", minimum=0)
    covariance: float = setting(1.0, "ν, weight of the covariance term", minimum=0)

    def head(self, features: int, width: int) -> SSLHead:
        """Build the projector and its loss."""
        return _VICRegHead(Projector(features, width), self)


class _VICRegHead(SSLHead):
    def __init__(self, projector: Projector, method: VICReg) -> None:
        super().__init__()
        self.projector = projector
        self.method = method

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        z, z_view = self.projector.views(pooled, pooled_view)
        with full_precision(z.device):
            return vicreg_loss(z, z_view, self.method)


def vicreg_loss(z: Tensor, z_view: Tensor, method: VICReg) -> Tensor:
    """Equation 6 of the paper, with the invariance averaged over features as in the authors' own code.

    Args:
        z: projections of the series, (B, features).
        z_view: projections of their views, (B, features).
        method: the three weights.

    Returns:
        A scalar.
    """
    variance = variance_loss(z) + variance_loss(z_view)
    covariance = _covariance_loss(z) + _covariance_loss(z_view)
    invariance = functional.mse_loss(z, z_view)
    return method.invariance * invariance + method.variance * variance + method.covariance * covariance


def _covariance_loss(z: Tensor) -> Tensor:
    batch, features = z.shape
    return off_diagonal_squares(z - z.mean(0)) / (batch - 1) ** 2 / features
