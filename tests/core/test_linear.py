"""The linear layer is `nn.Linear`."""

import copy

import pytest
import torch
from torch import nn

from ncvq_core.training.fast.linear import FastLinear


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("batch", "features", "out"), [(250, 128, 96), (27, 300, 7), (2, 5, 5)])
def test_output_and_gradients_are_those_of_linear(batch: int, features: int, out: int, precision: torch.dtype) -> None:
    torch.manual_seed(0)
    ours, theirs = FastLinear(features, out), nn.Linear(features, out)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(batch, features, requires_grad=True)
    x_other = x.detach().clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        output, expected = ours(x), theirs(x_other)
    assert output.dtype == expected.dtype == precision
    torch.testing.assert_close(output, expected)
    direction = torch.randn(batch, out).to(precision)
    output.backward(direction)
    expected.backward(direction)
    torch.testing.assert_close(x.grad, x_other.grad, rtol=1e-5, atol=1e-5)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_any_number_of_positions(bias: bool) -> None:
    torch.manual_seed(0)
    ours, x = FastLinear(16, 8, bias=bias), torch.randn(5, 30, 16).transpose(0, 1).requires_grad_()
    parameters, direction = list(ours.parameters()), torch.randn(30, 5, 8)
    expected = nn.functional.linear(x, ours.weight, ours.bias)
    torch.testing.assert_close(ours(x), expected)
    for mine, other in zip(
        torch.autograd.grad(ours(x), [x, *parameters], direction),
        torch.autograd.grad(expected, [x, *parameters], direction),
        strict=True,
    ):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-4)


def test_it_works_in_double_precision_and_is_copied() -> None:
    layer = copy.deepcopy(FastLinear(6, 4).double())
    x = torch.randn(3, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
