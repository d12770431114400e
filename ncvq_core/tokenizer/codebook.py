"""Vector quantisation with exponential moving averages (van den Oord et al. 2017, arXiv 1711.00937, appendix A.1)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.training.precision import full_precision


class Quantized(NamedTuple):
    """What the codebook says about a feature map."""

    features: Tensor
    """(B, D, H, W): the nearest codes; gradients pass straight through to the input."""
    tokens: Tensor
    """(B, H, W), integer: which code."""
    commitment: Tensor
    """Scalar: mean squared distance of the features to their codes, with a gradient to the features only."""
    usage: Tensor
    """(codes,): how often each code was used."""


class Codebook(nn.Module):
    """A table of codes that follows the moving averages of the features assigned to each.

    Cluster sizes start at 1: with 0, the first update would move each code by orders of magnitude.

    Args:
        codes: number of codes.
        dimension: D, of a code.
        decay: of the moving averages.
        smoothing: Laplace smoothing of the cluster sizes.
    """

    codes: Tensor
    cluster_size: Tensor
    cluster_sum: Tensor

    def __init__(self, codes: int, dimension: int, decay: float = 0.9, smoothing: float = 1e-5) -> None:
        """Draw the codes from the default (Kaiming) uniform distribution."""
        super().__init__()
        self.decay = decay
        self.smoothing = smoothing
        table = torch.empty(codes, dimension)
        nn.init.kaiming_uniform_(table)
        self.register_buffer("codes", table)
        self.register_buffer("cluster_size", torch.ones(codes))
        self.register_buffer("cluster_sum", table.clone())

    def forward(self, z: Tensor) -> Quantized:
        """Quantise a feature map (B, D, H, W); in training mode, follow it afterwards."""
        batch, dimension, height, width = z.shape
        flat = z.float().permute(0, 2, 3, 1).reshape(-1, dimension)
        with torch.no_grad(), full_precision(z.device):
            tokens = self.distances(flat).argmin(dim=1)
            nearest = functional.embedding(tokens, self.codes)
            assigned = (tokens.unsqueeze(1) == torch.arange(len(self.codes), device=z.device)).to(flat.dtype)
            usage = assigned.sum(dim=0)
            if self.training:
                self._follow(assigned.T @ flat, usage)
        straight_through = nearest + (flat - flat.detach())
        features = straight_through.view(batch, height, width, dimension).permute(0, 3, 1, 2)
        commitment = functional.mse_loss(flat, nearest)
        return Quantized(features, tokens.view(batch, height, width), commitment, usage)

    def distances(self, flat: Tensor) -> Tensor:
        """Return squared Euclidean distances (N, codes) of features (N, D)."""
        return flat.square().sum(1, keepdim=True) - 2 * flat @ self.codes.T + self.codes.square().sum(1)

    def _follow(self, total: Tensor, usage: Tensor) -> None:
        self.cluster_size.lerp_(usage, 1 - self.decay)
        self.cluster_sum.lerp_(total, 1 - self.decay)
        count = self.cluster_size.sum()
        smoothed = (self.cluster_size + self.smoothing) / (count + len(usage) * self.smoothing) * count
        torch.div(self.cluster_sum, smoothed.unsqueeze(1), out=self.codes)


def perplexity(usage: Tensor) -> Tensor:
    """Return exp(entropy) of code counts (codes,): the effective number of codes in use."""
    share = usage / usage.sum()
    return torch.exp(-torch.xlogy(share, share).sum())
