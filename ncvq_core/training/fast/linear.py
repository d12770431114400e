"""Linear layers: fast on CPUs on which torch's products are slow, and with a gradient in parts for large weights."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from ncvq_core.training.plain import Linear
from ncvq_core.training.precision import has_onednn
from ncvq_core.training.sizes import ROWS


class TakesGradient(ABC):
    """What takes a weight's gradient inside the backward pass, block by block; `weight.grad` then stays None."""

    @abstractmethod
    def begin(self) -> None:
        """Be told that a gradient comes, before any of it."""

    @abstractmethod
    def take(self, first: int, gradient: Tensor) -> None:
        """Take the gradient (R, features in) of the rows from `first` on; these rows of the weight may change now."""


class FastLinear(Linear):
    """`nn.Linear` by `linear`.

    Attributes:
        takes_gradient: what takes the weight's gradient while the weight needs one; a copy of the layer has none. None
            for a gradient as usual.
    """

    takes_gradient: TakesGradient | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, features in) to (…, features out)."""
        return linear(x, self.weight, self.bias, self.takes_gradient if self.weight.requires_grad else None)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy has: a copied weight is no optimiser's yet."""
        return {name: value for name, value in self.__dict__.items() if name != "takes_gradient"}


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, takes_gradient: TakesGradient | None = None) -> Tensor:
    """Return x · weightᵀ + bias, in float32 on a CPU with oneDNN's products where they are faster.

    torch multiplies float32 with MKL there, which on AMD reaches three quarters to six sevenths of oneDNN's rate. Only
    rounding differs. In other types and on other devices the products are those of `functional.linear`.

    Args:
        x: (…, features in).
        weight: (features out, features in).
        bias: (features out,).
        takes_gradient: see `FastLinear`.
    """
    device, product_type = x.device.type, x.dtype
    if torch.is_autocast_enabled(device):
        product_type = torch.get_autocast_dtype(device)
    if takes_gradient is None and not _by_onednn(x, product_type):
        return functional.linear(x, weight, bias)
    cast = None if bias is None else bias.to(product_type)
    inputs = x.flatten(0, -2).to(product_type)
    output: Tensor = _Linear.apply(inputs, weight, cast, product_type, takes_gradient)  # type: ignore[no-untyped-call]
    return output.view(*x.shape[:-1], len(weight))


class _Linear(torch.autograd.Function):
    """The product for x (R, features in); the weight is cast to the product's type here."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        product_type: torch.dtype,
        takes_gradient: TakesGradient | None,
    ) -> Tensor:
        cast = weight.to(product_type)
        ctx.save_for_backward(x, cast)
        ctx.weight_type, ctx.has_bias, ctx.takes_gradient = weight.dtype, bias is not None, takes_gradient
        return _product(x, cast, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.takes_gradient is not None:
            ctx.takes_gradient.begin()  # before the weight is read, which it may have changed
        x, weight = ctx.saved_tensors
        to_input = _product(gradient, weight.T)  # before the weight changes
        to_bias = gradient.sum(0) if ctx.has_bias else None
        if ctx.takes_gradient is None:
            return to_input, _to_weight(gradient, x).to(ctx.weight_type), to_bias, None, None
        rows = ROWS if x.device.type == "cpu" else len(weight)
        for first in range(0, len(weight), rows):
            ctx.takes_gradient.take(first, _to_weight(gradient[:, first : first + rows], x).to(ctx.weight_type))
        return to_input, None, to_bias, None, None


def _to_weight(gradient: Tensor, x: Tensor) -> Tensor:
    """Return the weight's gradient; over many rows of x MKL is faster than oneDNN."""
    few_rows = len(gradient) < x.shape[1]
    return _product(gradient.T, x.T) if few_rows else gradient.T @ x


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return left · rightᵀ + bias."""
    if not _by_onednn(left, left.dtype):
        return functional.linear(left, right, bias)
    product: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return product


def _by_onednn(x: Tensor, product_type: torch.dtype) -> bool:
    return x.device.type == "cpu" and product_type == torch.float32 and has_onednn()
