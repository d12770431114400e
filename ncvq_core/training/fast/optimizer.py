"""AdamW that frees large gradients early, and its state as named tensors."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from ncvq_core.training.fast.linear import Linear

LARGE = 1_000_000
"""Elements of a linear layer's weight from which on its gradient is not kept until the end of the backward pass."""


class AdamW:
    """Fused AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in two parts.

    A large weight of a `Linear` in `early` is updated inside the backward pass, on a CPU a block of rows at a time, so
    that its gradient never exists as a whole. All other parameters are updated by `step`. The numbers are those of one
    `torch.optim.AdamW` over all parameters, whose class is not used because making one imports torch's compiler, 70 MB.

    Args:
        modules: what is trained; parameters that need no gradient are left out.
        learning_rate: a scalar tensor, read at each update; the caller may change it between steps.
        weight_decay: decoupled weight decay.
        early: the part of `modules` whose layers are called once a step; None if there is no such part.
    """

    def __init__(
        self, modules: nn.Module, learning_rate: Tensor, weight_decay: float, early: nn.Module | None = None
    ) -> None:
        """Take up the parameters."""
        layers = [
            layer
            for layer in (early.modules() if early is not None else ())
            if isinstance(layer, Linear) and layer.weight.requires_grad and layer.weight.numel() >= LARGE
        ]
        large = {layer.weight for layer in layers}
        small: list[Tensor] = [each for each in modules.parameters() if each.requires_grad and each not in large]
        self._parts = [_Part.of(small), *(_Part.of([layer.weight]) for layer in layers)]
        self._adamw = partial(
            adamw,
            max_exp_avg_sqs=[],
            lr=learning_rate,
            weight_decay=weight_decay,
            beta1=0.9,
            beta2=0.999,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
            fused=True,
            capturable=learning_rate.device.type == "cuda",
        )
        for layer, part in zip(layers, self._parts[1:], strict=True):
            layer.take_rows = partial(self._update_rows, part)

    @torch.no_grad()
    def step(self) -> None:
        """Update the small parameters, after the backward pass, and free their gradients."""
        small = self._parts[0]
        gradients = [parameter.grad for parameter in small.parameters if parameter.grad is not None]
        self._adamw(small.parameters, gradients, small.means, small.squares, state_steps=small.steps)
        for parameter in small.parameters:
            parameter.grad = None

    def state(self) -> dict[str, Tensor]:
        """Return the moments and step counts, as `PART.INDEX.NAME` tensors."""
        return {
            f"{part}.{index}.{name}": value
            for part, tensors in enumerate(self._parts)
            for name, values in (("step", tensors.steps), ("exp_avg", tensors.means), ("exp_avg_sq", tensors.squares))
            for index, value in enumerate(values)
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what `state` returned, into the tensors that are there: captured steps keep updating them.

        Raises:
            ValueError: the tensors are those of other parameters.
            RuntimeError: their shapes are.
        """
        own = self.state()
        if own.keys() != tensors.keys():
            raise ValueError(f"optimiser state of other parameters: {sorted(own.keys() ^ tensors.keys())[0]}")
        for name, tensor in own.items():
            tensor.copy_(tensors[name])

    @torch.no_grad()
    def _update_rows(self, part: "_Part", first: int, gradient: Tensor) -> None:
        """Update the rows of a large weight from `first` on, for which there is a gradient."""
        last = first + len(gradient)
        (weight,), (mean,), (square,), (step,) = part
        counted = step if last == len(weight) else step.clone()  # once a step, with the last block
        rows = slice(first, last)
        self._adamw([weight[rows]], [gradient], [mean[rows]], [square[rows]], state_steps=[counted])


class _Part(NamedTuple):
    """Parameters that are updated together, and their moments."""

    parameters: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]

    @classmethod
    def of(cls, parameters: list[Tensor]) -> "_Part":
        """Start with moments of zero, made now because the first step may be under capture as a CUDA graph."""
        means, squares = ([torch.zeros_like(parameter) for parameter in parameters] for _ in range(2))
        steps = [torch.zeros((), device=parameter.device) for parameter in parameters]
        return cls(parameters, means, squares, steps)
