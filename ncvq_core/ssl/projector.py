"""The projector: three linear layers over two views at once."""

import torch
from torch import Tensor, nn

from ncvq_core.training.layers import linear


class ViewBatchNorm(nn.BatchNorm1d):
    """Batch norm of two views stacked along the batch, each with its own statistics.

    The linear layers around it then run one product for both views.
    """

    def forward(self, stacked: Tensor) -> Tensor:
        """Normalise (2B, features), the first B rows and the last B rows apart."""
        first, second = stacked.chunk(2)
        return torch.cat([super().forward(first), super().forward(second)])


class Projector(nn.Sequential):
    """features → width → width → width, batch norm and ReLU between."""

    def __init__(self, features: int, width: int) -> None:
        """Build the layers."""
        super().__init__(
            linear(features, width),
            ViewBatchNorm(width),
            nn.ReLU(inplace=True),
            linear(width, width),
            ViewBatchNorm(width),
            nn.ReLU(inplace=True),
            linear(width, width),
        )

    def views(self, pooled: Tensor, pooled_view: Tensor) -> tuple[Tensor, Tensor]:
        """Project two batches (B, features) to two of (B, width) in float32."""
        first, second = self(torch.cat([pooled, pooled_view])).float().chunk(2)
        return first, second
