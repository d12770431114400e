"""SimSiam: predict the other view's projection, without a momentum network (Chen and He 2021, arXiv 2011.10566)."""

import torch
from torch import Tensor, nn

from ncvq_core.ssl.cosine import mean_cosine
from ncvq_core.ssl.head import SSLHead, Targets
from ncvq_core.ssl.projector import Projector, ViewBatchNorm
from ncvq_core.training.layers import linear


class SimSiamHead(SSLHead):
    """Projector, predictor and the loss."""

    def __init__(self, features: int, width: int, hidden: int) -> None:
        """Draw initial weights; `hidden` are the predictor's features between its layers."""
        super().__init__()
        self.projector = nn.Sequential(Projector(features, width), ViewBatchNorm(width))
        self.predictor = nn.Sequential(
            linear(width, hidden), ViewBatchNorm(hidden), nn.ReLU(inplace=True), linear(hidden, width)
        )

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        """Return the loss of two pooled representations (B, features)."""
        projected = self.projector(torch.cat([pooled, pooled_view]))
        z, z_view = projected.chunk(2)
        prediction, prediction_view = self.predictor(projected).chunk(2)
        return -0.5 * (mean_cosine(prediction, z_view) + mean_cosine(prediction_view, z))  # equation 2
