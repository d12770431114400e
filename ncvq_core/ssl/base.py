"""What a self-supervised method is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn


class SSLMethod(ABC):
    """A non-contrastive self-supervised method; a frozen dataclass whose fields are its parameters.

    Attributes:
        default_weight: weight of its loss in the tokenizer's, where the config gives none.
    """

    default_weight: ClassVar[float]

    @abstractmethod
    def head(self, features: int, width: int) -> "SSLHead":
        """Build the trainable part behind the pooled representations.

        Args:
            features: size of a pooled representation.
            width: features of each of the projector's layers, where the method does not fix them.
        """


class SSLHead(nn.Module, ABC):
    """Maps two pooled representations to the method's loss."""

    @abstractmethod
    def forward(self, pooled: Tensor, pooled_view: Tensor) -> Tensor:
        """Return the loss, a scalar in float32.

        Args:
            pooled: representations of the series, (B, features).
            pooled_view: those of their augmented views, (B, features).
        """
