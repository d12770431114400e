"""AdamW that frees large gradients early, and its state as named tensors."""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

LARGE = 1_000_000
"""Elements of a parameter from which on its gradient is not kept until the end of the backward pass."""


class AdamW:
    """Fused AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in two parts.

    A large parameter of `early` is updated as soon as its gradient is complete, inside the backward pass, and the
    gradient is freed: the gradients of two 4096 × 4096 layers never exist at a time. All others are updated by `step`.
    The numbers are those of one `torch.optim.AdamW` over all parameters, whose class is not used because making one
    imports torch's compiler, 70 MB.

    Args:
        modules: what is trained; parameters that need no gradient are left out.
        learning_rate: a scalar tensor, read at each update; the caller may change it between steps.
        weight_decay: decoupled weight decay.
        early: the part of `modules` that one backward pass a step goes through; None if there is no such part.
    """

    def __init__(
        self, modules: nn.Module, learning_rate: Tensor, weight_decay: float, early: nn.Module | None = None
    ) -> None:
        """Take up the parameters."""
        trained = [parameter for parameter in modules.parameters() if parameter.requires_grad]
        candidates = set(early.parameters()) if early is not None else set()
        large = [parameter for parameter in trained if parameter in candidates and parameter.numel() >= LARGE]
        small = [parameter for parameter in trained if parameter not in candidates or parameter.numel() < LARGE]
        self._parts = [_Part.of(small), *(_Part.of([parameter]) for parameter in large)]
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
        for parameter, part in zip(large, self._parts[1:], strict=True):
            parameter.register_post_accumulate_grad_hook(partial(self._update, part))  # type: ignore[no-untyped-call]

    def step(self) -> None:
        """Update the small parameters, after the backward pass, and free their gradients."""
        self._update(self._parts[0])

    def state(self) -> dict[str, Tensor]:
        """Return the moments and step counts, as `PART.INDEX.NAME` tensors."""
        return {
            f"{part}.{index}.{name}": value
            for part, tensors in enumerate(self._parts)
            for name, values in (("step", tensors.steps), ("exp_avg", tensors.means), ("exp_avg_sq", tensors.squares))
            for index, value in enumerate(values)
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put back what `state` returned, into the tensors that are there: captured steps keep updating them.

        Raises:
            KeyError: the tensors are those of other parameters.
            RuntimeError: their shapes are.
        """
        own = self.state()
        if own.keys() != tensors.keys():
            raise KeyError(f"optimiser state of other parameters: {sorted(own.keys() ^ tensors.keys())[0]}")
        for name, tensor in own.items():
            tensor.copy_(tensors[name])

    @torch.no_grad()
    def _update(self, part: "_Part", _: Tensor | None = None) -> None:
        """Update and free gradients; the last argument is what a gradient hook passes."""
        gradients = [parameter.grad for parameter in part.parameters if parameter.grad is not None]
        self._adamw(part.parameters, gradients, part.means, part.squares, state_steps=part.steps)
        for parameter in part.parameters:
            parameter.grad = None


class _Part(NamedTuple):
    """Parameters that are updated together, and their moments."""

    parameters: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]

    @classmethod
    def of(cls, parameters: list[nn.Parameter]) -> "_Part":
        """Start with moments of zero, made now because the first step may be under capture as a CUDA graph."""
        means, squares = ([torch.zeros_like(parameter) for parameter in parameters] for _ in range(2))
        steps = [torch.zeros((), device=parameter.device) for parameter in parameters]
        return cls(list(parameters), means, squares, steps)
