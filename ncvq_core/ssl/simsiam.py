"""SimSiam: predict the other view's projection, without a momentum network (Chen and He 2021, arXiv 2011.10566)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ncvq_core.settings import setting
from ncvq_core.ssl.base import SSLHead, SSLMethod, Targets
from ncvq_core.ssl.cosine import mean_cosine
from ncvq_core.ssl.projector import Projector, ViewBatchNorm
from ncvq_core.training.layers import linear


@dataclass(frozen=True, kw_only=True)
class SimSiam(SSLMethod):
    """A predictor on one view and a stopped gradient on the other keep the representation from collapsing."""

    default_weight: ClassVar[float] = 1.0
    bottleneck: int = setting(4, "how many times narrower the predictor's hidden layer is", minimum=1)

    def head(self, features: int, width: int) -> SSLHead:
        """Build projector and predictor."""
        return _SimSiamHead(features, width, max(2, width // self.bottleneck))


class _SimSiamHead(SSLHead):
    def __init__(self, features: int, width: int, hidden: int) -> None:
        super().__init__()
        self.projector = nn.Sequential(Projector(features, width), ViewBatchNorm(width))
        self.predictor = nn.Sequential(
            linear(width, hidden), ViewBatchNorm(hidden), nn.ReLU(inplace=True), linear(hidden, width)
        )

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        projected = self.projector(torch.cat([pooled, pooled_view]))
        z, z_view = projected.chunk(2)
        prediction, prediction_view = self.predictor(projected).chunk(2)
        return -0.5 * (mean_cosine(prediction, z_view) + mean_cosine(prediction_view, z))  # equation 2
