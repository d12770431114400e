"""BYOL: predict a momentum network's projection of the other view (Grill et al. 2020, arXiv 2006.07733)."""

import copy
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ncvq_core.settings import setting
from ncvq_core.ssl.base import SSLHead, SSLMethod, Targets
from ncvq_core.ssl.cosine import mean_cosine
from ncvq_core.ssl.momentum import follow_parameters
from ncvq_core.ssl.projector import ViewBatchNorm


@dataclass(frozen=True, kw_only=True)
class BYOL(SSLMethod):
    """Online encoder, projector and predictor learn to predict what their slowly moving average sees."""

    default_weight: ClassVar[float] = 1.0
    uses_projector_width: ClassVar[bool] = False
    momentum: float = setting(0.9, "decay τ of the target network", minimum=0, maximum=1)
    hidden: int = setting(512, "hidden features of projector and predictor", minimum=2)
    output: int = setting(512, "features of a projection", minimum=2)

    def head(self, features: int, width: int) -> SSLHead:
        """Build projector, predictor and the target projector; `width` is not used: the paper fixes the sizes."""
        return _BYOLHead(features, self)


class _BYOLHead(SSLHead):
    def __init__(self, features: int, method: BYOL) -> None:
        super().__init__()
        self.encoder_momentum = method.momentum
        self.projector = _mlp(features, method.hidden, method.output)
        self.predictor = _mlp(method.output, method.hidden, method.output)
        self.target_projector = copy.deepcopy(self.projector).requires_grad_(False)

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        if targets is None:
            raise ValueError("BYOL needs the momentum encoder's features")
        online, online_view = self.predictor(self.projector(torch.cat([pooled, pooled_view]))).chunk(2)
        with torch.no_grad():
            target, target_view = self.target_projector(torch.cat(targets)).chunk(2)
        return 4 - 2 * (mean_cosine(online, target_view) + mean_cosine(online_view, target))  # equation 2, both ways

    def follow(self) -> None:
        follow_parameters(self.target_projector, self.projector, self.encoder_momentum or 0.0)


def _mlp(features: int, hidden: int, output: int) -> nn.Sequential:
    """One hidden layer with batch norm and ReLU (section 3.2), over two stacked views."""
    return nn.Sequential(nn.Linear(features, hidden), ViewBatchNorm(hidden), nn.ReLU(), nn.Linear(hidden, output))
