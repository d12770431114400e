"""VIbCReg: VICReg with a better-conditioned covariance (Lee and Aune 2021, arXiv 2109.00783)."""

from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.ssl.head import SSLHead, Targets
from ncvq_core.ssl.iterative_normalization import IterativeNormalization
from ncvq_core.ssl.projector import Projector
from ncvq_core.ssl.variance_covariance import off_diagonal_squares, weighted_terms
from ncvq_core.ssl.vibcreg import VIbCReg
from ncvq_core.training.precision import full_precision


class VIbCRegHead(SSLHead):
    """The projector, its normalisation and the loss."""

    def __init__(self, features: int, width: int, method: VIbCReg) -> None:
        """Draw initial weights."""
        super().__init__()
        self.projector = Projector(features, width)
        self.normalise: nn.Module = IterativeNormalization(width, method.groups, method.newton_steps)
        self.method = method

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        """Return the loss of two pooled representations (B, features)."""
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
    return weighted_terms(z, z_view, method, _normalised_covariance_loss)


def _normalised_covariance_loss(z: Tensor) -> Tensor:
    columns = functional.normalize(z - z.mean(0), dim=0)
    return off_diagonal_squares(columns) / z.shape[1] ** 2
