"""Terms shared by VICReg and VIbCReg."""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Weights(Protocol):
    """Of the three terms."""

    @property
    def invariance(self) -> float:
        """Of the mean squared difference between the two projections."""

    @property
    def variance(self) -> float:
        """Of the hinge on the standard deviations."""

    @property
    def covariance(self) -> float:
        """Of what the method makes of the covariances."""


def weighted_terms(z: Tensor, z_view: Tensor, weights: Weights, covariance_loss: Callable[[Tensor], Tensor]) -> Tensor:
    """Add up the three terms: invariance between two projections (B, features), variance and covariance of each.

    Returns:
        A scalar.
    """
    variance = variance_loss(z) + variance_loss(z_view)
    covariance = covariance_loss(z) + covariance_loss(z_view)
    invariance = functional.mse_loss(z, z_view)
    return weights.invariance * invariance + weights.variance * variance + weights.covariance * covariance


def variance_loss(z: Tensor, eps: float = 1e-4) -> Tensor:
    """Hinge that keeps the standard deviation of each feature of z, (B, features), above 1 (VICReg, equation 1)."""
    variance = (z - z.mean(0)).square().sum(0) / (len(z) - 1)  # var over rows takes several times as long on a CPU
    return functional.relu(1 - torch.sqrt(variance + eps)).mean()


def off_diagonal_squares(centred: Tensor) -> Tensor:
    """Sum of the squared off-diagonal entries of ZᵀZ for Z of (B, features), by way of the B × B Gram matrix.

    ‖ZᵀZ‖² = ‖ZZᵀ‖², and the diagonal of ZᵀZ holds the squared norms of the columns.
    """
    gram = centred @ centred.T
    return gram.square().sum() - centred.square().sum(dim=0).square().sum()
