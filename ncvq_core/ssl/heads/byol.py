"""BYOL: predict a momentum network's projection of the other view (Grill et al. 2020, arXiv 2006.07733)."""

import copy

import torch
from torch import Tensor, nn

from ncvq_core.ssl.byol import BYOL
from ncvq_core.ssl.cosine import mean_cosine
from ncvq_core.ssl.head import SSLHead, Targets
from ncvq_core.ssl.momentum import follow_parameters
from ncvq_core.ssl.projector import ViewBatchNorm


class BYOLHead(SSLHead):
    """Projector, predictor, target projector and the loss."""

    def __init__(self, features: int, method: BYOL) -> None:
        """Draw initial weights; the target begins as the projector."""
        super().__init__()
        self.encoder_momentum = method.momentum
        self.projector = _mlp(features, method.hidden, method.output)
        self.predictor = _mlp(method.output, method.hidden, method.output)
        self.target_projector = copy.deepcopy(self.projector).requires_grad_(False)

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        """Return the loss of two pooled representations (B, features); the momentum encoder's are needed."""
        if targets is None:
            raise ValueError("BYOL needs the momentum encoder's features")
        online, online_view = self.predictor(self.projector(torch.cat([pooled, pooled_view]))).chunk(2)
        with torch.no_grad():
            target, target_view = self.target_projector(torch.cat(targets)).chunk(2)
        return 4 - 2 * (mean_cosine(online, target_view) + mean_cosine(online_view, target))  # equation 2, both ways

    def follow(self) -> None:
        """Move the target projector towards the projector."""
        follow_parameters(self.target_projector, self.projector, self.encoder_momentum or 0.0)


def _mlp(features: int, hidden: int, output: int) -> nn.Sequential:
    """One hidden layer with batch norm and ReLU (section 3.2), over two stacked views."""
    return nn.Sequential(nn.Linear(features, hidden), ViewBatchNorm(hidden), nn.ReLU(), nn.Linear(hidden, output))
