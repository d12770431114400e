"""VIbCReg: VICReg with a better-conditioned covariance (Lee and Aune 2021, arXiv 2109.00783)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.settings import setting
from ncvq_core.ssl.base import SSLHead, SSLMethod, Targets
from ncvq_core.ssl.iterative_normalization import IterativeNormalization
from ncvq_core.ssl.projector import Projector
from ncvq_core.ssl.variance_covariance import off_diagonal_squares, variance_loss
from ncvq_core.training.precision import full_precision


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
        return _VIbCRegHead(features, width, self)


class _VIbCRegHead(SSLHead):
    def __init__(self, features: int, width: int, method: VIbCReg) -> None:
        super().__init__()
        self.projector = Projector(features, width)
        self.normalise: nn.Module = IterativeNormalization(width, method.groups, method.newton_steps)
        self.method = method

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        z, z_view = self.projector.views(pooled, pooled_view)
        with full_precision(z.device):
            return vibcreg_loss(self.normalise(z), self.normalise(z_view), self.method)


def vibcreg_loss(z: Tensor, z_view: Tensor, method: VIbCReg) -> Tensor:
    """Section 3 of the paper: invariance, variance hinge, and squared correlations averaged over feature pairs.

    Args:
        z: normalised projections of the series, (B, features).
        z_view: normalised projections of their views, (B, features).
        method: the three weights.

    Returns:
        A scalar.
    """
    variance = variance_loss(z) + variance_loss(z_view)
    covariance = _normalised_covariance_loss(z) + _normalised_covariance_loss(z_view)
    invariance = functional.mse_loss(z, z_view)
    return method.invariance * invariance + method.variance * variance + method.covariance * covariance


def _normalised_covariance_loss(z: Tensor) -> Tensor:
    columns = functional.normalize(z - z.mean(0), dim=0)
    return off_diagonal_squares(columns) / z.shape[1] ** 2
