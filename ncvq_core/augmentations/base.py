"""What an augmentation is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


class Augmentation(ABC):
    """A random change of a batch of series that keeps their class.

    Subclasses are frozen dataclasses: their fields are the parameters. They work on whole batches on the batch's
    device, draw only from the generator that they are given, and never wait for the device.
    """

    @abstractmethod
    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return a changed copy of x.

        Args:
            x: series, (B, C, L).
            generator: source of all randomness, on x's device.

        Returns:
            (B, C, L), of x's dtype.
        """


def uniform(size: int, low: float, high: float, x: Tensor, generator: Generator) -> Tensor:
    """Draw `size` numbers from U(low, high), as (size, 1), with x's dtype and device."""
    unit = x.new_empty(size, 1).uniform_(generator=generator)
    return low + (high - low) * unit


def normal(shape: tuple[int, ...], x: Tensor, generator: Generator) -> Tensor:
    """Draw from N(0, 1) with x's dtype and device."""
    return x.new_empty(shape).normal_(generator=generator)
