"""What a self-supervised method is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

Targets = tuple[Tensor, Tensor]
"""Pooled features of the series and of their views, both (B, features), from the momentum encoder."""


class SSLMethod(ABC):
    """A non-contrastive self-supervised method; a frozen dataclass whose fields are its parameters.

    Attributes:
        default_weight: weight of its loss in the tokenizer's, where the config gives none.
        uses_projector_width: whether the config's `projector_width` has an effect.
    """

    default_weight: ClassVar[float]
    uses_projector_width: ClassVar[bool] = True

    @abstractmethod
    def head(self, features: int, width: int) -> "SSLHead":
        """Build the trainable part behind the pooled representations.

        Args:
            features: size of a pooled representation.
            width: features of each of the projector's layers, where the method does not fix them.
        """


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
