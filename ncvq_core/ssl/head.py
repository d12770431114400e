"""What the trainable part of a self-supervised method is."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

Targets = tuple[Tensor, Tensor]
"""Pooled features of the series and of their views, both (B, features), from the momentum encoder."""


class SSLHead(nn.Module, ABC):
    """Maps two pooled representations to the method's loss.

    Attributes:
        encoder_momentum: decay of the momentum encoder that gives `targets`; None for a method without one.
    """

    encoder_momentum: float | None = None

    @abstractmethod
    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        """Return the loss, a scalar in float32.

        Args:
            pooled: representations of the series, (B, features).
            pooled_view: those of their augmented views, (B, features).
            targets: those of the momentum encoder, for a method that has one.
        """

    def follow(self) -> None:
        """Update what follows the trained parameters, after an optimiser step; most methods have nothing."""
        return
