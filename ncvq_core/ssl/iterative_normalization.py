"""IterNorm: whitening by Newton iterations (Huang et al. 2019, arXiv 1904.03441)."""

import math

import torch
from torch import Tensor, nn


class IterativeNormalization(nn.Module):
    """Whiten features within groups over the batch (algorithm 1), then scale and shift each feature.

    Args:
        features: number of features.
        groups: number of groups; its greatest common divisor with `features` is used.
        newton_steps: T of the paper.
        momentum: of the running mean and whitening matrix that evaluation uses.
        eps: added to the diagonal of the covariance.
    """

    running_mean: Tensor
    running_whitening: Tensor

    def __init__(
        self, features: int, groups: int, newton_steps: int = 5, momentum: float = 0.1, eps: float = 1e-5
    ) -> None:
        """Build scale, shift and running statistics."""
        super().__init__()
        self.groups = math.gcd(features, groups)
        self.newton_steps = newton_steps
        self.momentum = momentum
        self.eps = eps
        size = features // self.groups
        self.weight = nn.Parameter(torch.ones(features))
        self.bias = nn.Parameter(torch.zeros(features))
        self.register_buffer("running_mean", torch.zeros(self.groups, 1, size))
        self.register_buffer("running_whitening", torch.eye(size).repeat(self.groups, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Whiten x, (B, features); in training with the batch's statistics, else with the running ones."""
        grouped = x.view(len(x), self.groups, -1).transpose(0, 1)
        if self.training:
            mean = grouped.mean(dim=1, keepdim=True)
            whitening = self._whitening(grouped - mean)
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_whitening.lerp_(whitening, self.momentum)
        else:
            mean, whitening = self.running_mean, self.running_whitening
        white = torch.bmm(grouped - mean, whitening)
        return white.transpose(0, 1).reshape_as(x) * self.weight + self.bias

    def _whitening(self, centred: Tensor) -> Tensor:
        """Return Σ^(−1/2), (groups, size, size), of centred features (groups, B, size)."""
        identity = torch.eye(centred.shape[2], device=centred.device, dtype=centred.dtype)
        covariance = torch.bmm(centred.transpose(1, 2), centred) / centred.shape[1] + self.eps * identity
        trace = covariance.diagonal(dim1=1, dim2=2).sum(1).view(-1, 1, 1)
        normalised = covariance / trace
        root = 1.5 * identity - 0.5 * normalised  # the first step, from the identity
        for _ in range(1, self.newton_steps):
            cube = torch.bmm(torch.bmm(root, root), root)
            root = torch.baddbmm(root, cube, normalised, beta=1.5, alpha=-0.5)
        return root * torch.rsqrt(trace)
