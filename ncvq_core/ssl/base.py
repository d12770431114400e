"""What a self-supervised method is to those who configure and plan it; needs no torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from ncvq_core.ssl.head import SSLHead


class HeadSize(NamedTuple):
    """What the plan counts of a head."""

    layers: tuple[tuple[int, int], ...]
    """Features in and out of each linear layer; each of them maps all rows once."""
    weights: int
    """Elements of all its parameters."""


class SSLMethod(ABC):
    """A non-contrastive self-supervised method; a frozen dataclass whose fields are its parameters.

    Attributes:
        default_weight: weight of its loss in the tokenizer's, where the config gives none.
        uses_projector_width: whether the config's `projector_width` has an effect.
    """

    default_weight: ClassVar[float]
    uses_projector_width: ClassVar[bool] = True

    @abstractmethod
    def head(self, features: int, width: int) -> SSLHead:
        """Build the trainable part behind the pooled representations.

        Args:
            features: size of a pooled representation.
            width: features of each of the projector's layers, where the method does not fix them.
        """

    def head_size(self, features: int, width: int) -> HeadSize:
        """Return the size of the head, counted on one without memory; a method that knows it needs no torch here."""
        import torch

        with torch.device("meta"):
            head = self.head(features, width)
        layers = [module for module in head.modules() if isinstance(module, torch.nn.Linear)]
        return HeadSize(
            layers=tuple((layer.in_features, layer.out_features) for layer in layers),
            weights=sum(parameter.numel() for parameter in head.parameters()),
        )


def size_of(layers: tuple[tuple[int, int], ...], normalised: int) -> HeadSize:
    """Return the size of a head of linear layers with biases, and of norms over so many features in all."""
    return HeadSize(layers, sum((inside + 1) * outside for inside, outside in layers) + 2 * normalised)


def projector_layers(features: int, width: int) -> tuple[tuple[int, int], ...]:
    """Return the linear layers of the projector; the first two are normalised."""
    return (features, width), (width, width), (width, width)
