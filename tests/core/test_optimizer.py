"""AdamW in two parts gives the numbers of one AdamW."""

import copy

import pytest
import torch
from torch import nn

from ncvq_core.training.fast.linear import Linear
from ncvq_core.training.fast.optimizer import LARGE, AdamW


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(Linear(8, 700), nn.ReLU(), Linear(700, 1500), nn.ReLU(), Linear(1500, 1))


def train(model: nn.Module, optimizer: AdamW | torch.optim.AdamW, rate: torch.Tensor, steps: range) -> None:
    for step in steps:
        rate.fill_(0.01 / (1 + step))
        x = torch.randn(16, 8, generator=torch.Generator().manual_seed(step))
        if isinstance(optimizer, torch.optim.AdamW):
            optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


def test_two_parts_are_one_adamw() -> None:
    ours = network()
    theirs = copy.deepcopy(ours)
    assert max(parameter.numel() for parameter in ours.parameters()) >= LARGE
    rate, other_rate = torch.zeros(()), torch.zeros(())
    train(ours, AdamW(ours, rate, 0.1, early=ours), rate, range(4))
    train(
        theirs,
        torch.optim.AdamW(theirs.parameters(), lr=other_rate, weight_decay=0.1, fused=True),
        other_rate,
        range(4),
    )
    for mine, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, expected)
        assert mine.grad is None


def test_restored_optimizer_goes_on() -> None:
    straight, stopped = network(), network()
    rate = torch.zeros(())
    train(straight, AdamW(straight, rate, 0.1), rate, range(4))
    first = AdamW(stopped, rate, 0.1, early=stopped)
    train(stopped, first, rate, range(2))
    resumed = copy.deepcopy(stopped)
    second = AdamW(resumed, rate, 0.1, early=resumed)
    second.restore(first.state())
    train(resumed, second, rate, range(2, 4))
    for mine, expected in zip(resumed.parameters(), straight.parameters(), strict=True):
        assert torch.equal(mine, expected)


def test_state_of_other_parameters_is_refused() -> None:
    small, rate = nn.Linear(2, 2), torch.zeros(())
    optimizer = AdamW(network(), rate, 0.1)
    with pytest.raises(ValueError, match="other parameters"):
        AdamW(small, rate, 0.1).restore(optimizer.state())
