"""Barlow Twins: redundancy reduction between two views (Zbontar et al. 2021, arXiv 2103.03230)."""

import torch
from torch import Tensor

from ncvq_core.ssl.barlowtwins import BarlowTwins
from ncvq_core.ssl.head import SSLHead, Targets
from ncvq_core.ssl.projector import Projector
from ncvq_core.training.precision import full_precision


class BarlowTwinsHead(SSLHead):
    """The projector and the loss."""

    def __init__(self, features: int, width: int, method: BarlowTwins) -> None:
        """Draw initial weights."""
        super().__init__()
        self.projector = Projector(features, width)
        self.off_diagonal_weight = method.off_diagonal_weight

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        """Return the loss of two pooled representations (B, features)."""
        z, z_view = self.projector.views(pooled, pooled_view)
        with full_precision(z.device):
            return barlow_twins_loss(z, z_view, self.off_diagonal_weight)


def barlow_twins_loss(z: Tensor, z_view: Tensor, off_diagonal_weight: float = 0.005, eps: float = 1e-5) -> Tensor:
    """Equation 1 of the paper, divided by the number of features.

    The features × features correlation C = ZᵀZ′/B is never formed: its squared entries sum to
    ⟨ZZᵀ, Z′Z′ᵀ⟩/B², two B × B Gram matrices, and its diagonal is a sum over the batch.

    Args:
        z: projections of the series, (B, features).
        z_view: projections of their views, (B, features).
        off_diagonal_weight: λ.
        eps: added to the variances when features are standardised over the batch.

    Returns:
        A scalar.
    """
    batch, features = z.shape
    z, z_view = _standardise(z, eps), _standardise(z_view, eps)
    diagonal = (z * z_view).sum(0) / batch
    squared_sum = torch.sum((z @ z.T) * (z_view @ z_view.T)) / batch**2
    off_diagonal = squared_sum - diagonal.square().sum()
    return ((1 - diagonal).square().sum() + off_diagonal_weight * off_diagonal) / features


def _standardise(z: Tensor, eps: float) -> Tensor:
    centred = z - z.mean(0)
    variance = centred.square().mean(0)  # var_mean over rows takes several times as long on a CPU
    return centred * torch.rsqrt(variance + eps)
