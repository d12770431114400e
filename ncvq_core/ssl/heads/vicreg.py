"""VICReg: variance, invariance, covariance (Bardes, Ponce, LeCun 2022, arXiv 2105.04906)."""

from torch import Tensor

from ncvq_core.ssl.head import SSLHead, Targets
from ncvq_core.ssl.projector import Projector
from ncvq_core.ssl.variance_covariance import off_diagonal_squares, weighted_terms
from ncvq_core.ssl.vicreg import VICReg
from ncvq_core.training.precision import full_precision


class VICRegHead(SSLHead):
    """The projector and the loss."""

    def __init__(self, features: int, width: int, method: VICReg) -> None:
        """Draw initial weights."""
        super().__init__()
        self.projector = Projector(features, width)
        self.method = method

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        """Return the loss of two pooled representations (B, features)."""
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
    return weighted_terms(z, z_view, method, _covariance_loss)


def _covariance_loss(z: Tensor) -> Tensor:
    batch, features = z.shape
    return off_diagonal_squares(z - z.mean(0)) / (batch - 1) ** 2 / features
