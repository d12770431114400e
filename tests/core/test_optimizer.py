"""AdamW in two parts gives the numbers of one AdamW, or says that it cannot."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.training.fast.linear import FastLinear
from ncvq_core.training.fast.optimizer import FastAdamW
from ncvq_core.training.optimizer import LARGE, Optimizer, PlainAdamW

WIDE = 1050
assert WIDE**2 >= LARGE

Loss = Callable[[nn.Module, Tensor], Tensor]
AnyAdamW = Optimizer | torch.optim.AdamW


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(FastLinear(8, 700), nn.ReLU(), FastLinear(700, 1500), nn.ReLU(), FastLinear(1500, 1))


class Branches(nn.Module):
    """Two large layers, of which a step may call one, both, or one twice."""

    def __init__(self, *, tied: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.into, self.one, self.two = FastLinear(8, WIDE), FastLinear(WIDE, WIDE), FastLinear(WIDE, WIDE)
        if tied:
            self.two.weight = self.one.weight


def squared(model: nn.Module, x: Tensor) -> Tensor:
    loss: Tensor = model(x).square().mean()
    return loss


def torch_adamw(model: nn.Module, rate: Tensor) -> torch.optim.AdamW:
    return torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.1, fused=True)


def train(model: nn.Module, optimizer: AnyAdamW, rate: Tensor, steps: range, loss: Loss = squared) -> None:
    for step in steps:
        rate.fill_(0.01 / (1 + step))
        x = torch.randn(16, 8, generator=torch.Generator().manual_seed(step))
        if isinstance(optimizer, torch.optim.AdamW):
            optimizer.zero_grad()
        loss(model, x).backward()
        optimizer.step()


def both(ours: nn.Module, loss: Loss, steps: int = 4) -> tuple[nn.Module, nn.Module]:
    """Train a model by our optimiser and its copy by torch's."""
    theirs, rate, other_rate = copy.deepcopy(ours), torch.zeros(()), torch.zeros(())
    train(ours, FastAdamW(ours, rate, 0.1, early=ours), rate, range(steps), loss)
    train(theirs, torch_adamw(theirs, other_rate), other_rate, range(steps), loss)
    return ours, theirs


def assert_equal(ours: nn.Module, theirs: nn.Module) -> None:
    for mine, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, expected)
        assert mine.grad is None


def test_two_parts_are_one_adamw() -> None:
    model = network()
    assert max(parameter.numel() for parameter in model.parameters()) >= LARGE
    assert_equal(*both(model, squared))


def test_plain_torch_is_the_same_adamw() -> None:
    ours, theirs, rates = network(), network(), (torch.zeros(()), torch.zeros(()))
    mine, other = FastAdamW(ours, rates[0], 0.1, early=ours), PlainAdamW(theirs, rates[1], 0.1, early=theirs)
    train(ours, mine, rates[0], range(4))
    train(theirs, other, rates[1], range(4))
    assert mine.state().keys() == other.state().keys()
    for name, moment in mine.state().items():
        torch.testing.assert_close(moment, other.state()[name], rtol=1e-4, atol=1e-7)
    for parameter, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, rtol=1e-4, atol=1e-6)
        assert expected.grad is None


def test_restored_optimizer_goes_on() -> None:
    straight, stopped = network(), network()
    rate = torch.zeros(())
    train(straight, FastAdamW(straight, rate, 0.1), rate, range(4))
    first = FastAdamW(stopped, rate, 0.1, early=stopped)
    train(stopped, first, rate, range(2))
    resumed = copy.deepcopy(stopped)
    second = FastAdamW(resumed, rate, 0.1, early=resumed)
    second.restore(first.state())
    train(resumed, second, rate, range(2, 4))
    assert_equal(resumed, straight)


def test_state_of_other_parameters_is_refused() -> None:
    small, rate = nn.Linear(2, 2), torch.zeros(())
    optimizer = FastAdamW(network(), rate, 0.1)
    with pytest.raises(ValueError, match="other parameters"):
        FastAdamW(small, rate, 0.1).restore(optimizer.state())


def one_layer_twice(model: nn.Module, x: Tensor) -> Tensor:
    assert isinstance(model, Branches)
    return squared(model.one, model.one(model.into(x)).relu())


def two_calls_side_by_side(model: nn.Module, x: Tensor) -> Tensor:
    assert isinstance(model, Branches)
    into = model.into(x)
    return squared(model.one, into) + squared(model.one, into.relu())


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("loss", [one_layer_twice, two_calls_side_by_side])
def test_a_layer_called_twice_in_a_step_is_refused(loss: Loss, precision: torch.dtype) -> None:
    model, rate = Branches(), torch.zeros(())
    optimizer = FastAdamW(model, rate, 0.1, early=model)
    with (
        pytest.raises(RuntimeError, match=r"layer one: a second gradient of its weight in one step.*`early`"),
        torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16),
    ):
        train(model, optimizer, rate, range(1), loss)


def test_two_backward_passes_for_one_step_are_refused() -> None:
    """As for a gradient that is summed over several small batches."""
    model, rate = network(), torch.zeros(())
    FastAdamW(model, rate, 0.1, early=model)
    squared(model, torch.randn(4, 8)).backward()
    with pytest.raises(RuntimeError, match="layer 2: a second gradient"):
        squared(model, torch.randn(4, 8)).backward()


def test_a_second_backward_pass_through_one_graph_is_refused() -> None:
    model, rate = network(), torch.zeros(())
    FastAdamW(model, rate, 0.1, early=model)
    loss = squared(model, torch.randn(4, 8))
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="layer 2: a second gradient"):
        loss.backward()


def test_summed_gradients_are_torchs_where_no_layer_is_early() -> None:
    ours, x = network(), torch.randn(4, 8)
    theirs, rate = copy.deepcopy(ours), torch.full((), 0.01)
    optimizers: list[tuple[nn.Module, AnyAdamW]] = [
        (ours, FastAdamW(ours, rate, 0.1)),
        (theirs, torch_adamw(theirs, rate)),
    ]
    for model, optimizer in optimizers:
        squared(model, x).backward()
        squared(model, -x).backward()
        optimizer.step()
    for mine, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, expected)


def test_a_call_without_a_backward_pass_counts_for_nothing() -> None:
    def seen_twice(model: nn.Module, x: Tensor) -> Tensor:
        model(x + 1)
        with torch.inference_mode():
            model(x)
        return squared(model, x)

    assert_equal(*both(network(), seen_twice))


@pytest.mark.parametrize("steps", [1, 4])
def test_a_layer_that_is_not_called_stays_as_it_is(steps: int) -> None:
    """In the second step: neither its large weight nor its bias is changed, nor do their moments or step counts."""
    called = iter([*range(steps)] * 2)

    def one_at_a_time(model: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(model, Branches)
        return squared(model.one if next(called) % 2 == 0 else model.two, model.into(x))

    assert_equal(*both(Branches(), one_at_a_time, steps))


def test_a_weight_that_two_layers_share_is_updated_by_both_gradients() -> None:
    def through_both(model: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(model, Branches)
        return squared(model.two, model.one(model.into(x)).relu())

    ours, theirs = both(Branches(tied=True), through_both)
    assert isinstance(ours, Branches)
    assert ours.one.weight is ours.two.weight
    assert_equal(ours, theirs)


def test_a_layer_that_is_there_twice_is_updated_by_both_gradients() -> None:
    torch.manual_seed(0)
    layer = FastLinear(WIDE, WIDE)
    model = nn.Sequential(FastLinear(8, WIDE), layer, nn.ReLU(), layer)
    assert_equal(*both(model, squared))


def test_a_weight_that_is_used_outside_its_layer_is_refused() -> None:
    def by_hand(model: nn.Module, x: Tensor) -> Tensor:
        assert isinstance(model, Branches)
        return squared(model.one, functional.linear(model.into(x), model.one.weight))

    model, rate = Branches(), torch.zeros(())
    with pytest.raises(RuntimeError, match="layer one: its weight has a gradient from outside the layer"):
        train(model, FastAdamW(model, rate, 0.1, early=model), rate, range(1), by_hand)


def test_a_weight_that_is_frozen_later_stays_as_it_is() -> None:
    model, rate = network(), torch.zeros(())
    optimizer = FastAdamW(model, rate, 0.1, early=model)
    train(model, optimizer, rate, range(1))
    frozen = model[2].weight.requires_grad_(False).clone()
    train(model, optimizer, rate, range(1, 3))
    assert torch.equal(model[2].weight, frozen)


def test_a_copy_of_a_trained_model_has_gradients_as_usual() -> None:
    model, rate = network(), torch.zeros(())
    FastAdamW(model, rate, 0.1, early=model)
    copied = copy.deepcopy(model)
    before = copied[2].weight.detach().clone()
    squared(copied, torch.randn(4, 8)).backward()
    assert copied[2].weight.grad is not None
    assert torch.equal(copied[2].weight, before)


def test_a_second_optimizer_of_a_model_is_refused() -> None:
    model, rate = network(), torch.zeros(())
    FastAdamW(model, rate, 0.1, early=model)
    with pytest.raises(ValueError, match="layer 2: another optimiser updates its weight already"):
        FastAdamW(model, rate, 0.1, early=model)
