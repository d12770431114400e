"""A small recurrent network that is trained after the fact, to judge samples (Yoon et al., NeurIPS 2019)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ncvq_core.evaluation.further import Measured
from ncvq_core.training.seeding import initial_weights

UNITS = 24
STEPS, BATCH, LEARNING_RATE = 300, 64, 5e-3
LONGEST = 128
"""Steps in time that the network takes, at most."""


class Recurrent(nn.Module):
    """A gated recurrent unit, and a linear layer on its state at each step.

    Args:
        features: of a step.
        outputs: of a step.
    """

    def __init__(self, features: int, outputs: int) -> None:
        """Draw initial weights."""
        super().__init__()
        self.gru = nn.GRU(features, UNITS, batch_first=True)
        self.final = nn.Linear(UNITS, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map series of steps (B, T, features) to (B, T, outputs)."""
        output: Tensor = self.final(self.gru(x)[0])
        return output


def as_steps(series: Tensor) -> Tensor:
    """Return series (n, C, L) as steps in time (n, T, C · k), of k points each.

    k is the smallest number with T ≤ LONGEST, 1 for all but long series; the last point is repeated where k does not
    divide L.
    """
    count, channels, length = series.shape
    points = -(-length // LONGEST)
    series = torch.cat([series, series[..., -1:].expand(-1, -1, -length % points)], dim=2)
    return series.reshape(count, channels, -1, points).transpose(1, 2).flatten(2)


def trained(
    measured: Measured, name: str, sizes: tuple[int, int], count: int, loss_of: Callable[[Recurrent, Tensor], Tensor]
) -> Recurrent:
    """Return a network of a metric's own, trained by Adam on batches that are drawn with replacement.

    Args:
        measured: its seed gives the weights and the batches.
        name: of the metric.
        sizes: features and outputs of a step.
        count: of the series to train on.
        loss_of: the loss of a network on the series of some indices (B,).
    """
    batches = measured.generator(f"{name}, batches")
    with initial_weights(measured.seed, f"metric {name}"):
        network = Recurrent(*sizes)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        loss = loss_of(network, torch.randint(count, (min(BATCH, count),), generator=batches))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return network.eval()
