"""Reconstruction errors."""

import torch
from torch import Tensor
from torch.nn import functional


def band_errors(decoded: list[Tensor], bands: list[Tensor]) -> Tensor:
    """Return the mean squared errors of the bands' maps, summed over the bands."""
    errors = [functional.mse_loss(ours, theirs) for ours, theirs in zip(decoded, bands, strict=True)]
    return torch.stack(errors).sum()
