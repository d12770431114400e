"""Terms shared by VICReg and VIbCReg."""

import torch
from torch import Tensor
from torch.nn import functional


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
