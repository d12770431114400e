"""Which series make up each step."""

import torch
from torch import Tensor

from ncvq_core.training.sizes import batch_shape


class BatchOrder:
    """An endless sequence of batches of one size, in a new random order each epoch.

    An epoch has ⌈n / batch_size⌉ steps of ⌈n / steps⌉ series: as many steps as with a smaller last batch, but of one
    shape, so that steps can be captured. Where n is no multiple, the first few series of the epoch's permutation
    come again at its end (at most steps − 1 of them).

    Args:
        series: n, how many there are.
        batch_size: upper limit of the size of a batch.
        generator: source of the permutations; its device is where indices live.
    """

    def __init__(self, series: int, batch_size: int, generator: torch.Generator) -> None:
        """Start before the first epoch."""
        self.series = series
        self.steps, self.batch_size = batch_shape(series, batch_size)
        self.generator = generator
        self.permutation = torch.zeros(self.steps * self.batch_size, dtype=torch.long, device=generator.device)

    def batch(self, step: int) -> Tensor:
        """Return the indices (batch_size,) of a step, counted from 0; steps must be asked for in order."""
        position = step % self.steps
        if position == 0:
            order = torch.randperm(self.series, generator=self.generator, device=self.generator.device)
            self.permutation[: self.series] = order
            self.permutation[self.series :] = order[: len(self.permutation) - self.series]
        return self.permutation[position * self.batch_size : (position + 1) * self.batch_size]
