"""AdamW that frees large gradients early, and its state as named tensors."""

from functools import partial

import torch
from torch import Tensor, nn

LARGE = 1_000_000
"""Elements of a parameter from which on its gradient is not kept until the end of the backward pass."""


class AdamW:
    """Fused AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in two parts.

    A large parameter of `early` is updated as soon as its gradient is complete, inside the backward pass, and the
    gradient is freed: the gradients of two 4096 × 4096 layers never exist at a time. All others are updated by `step`.
    The numbers are those of one AdamW over all parameters.

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
        small = [parameter for parameter in trained if parameter not in set(large)]
        on_gpu = learning_rate.device.type == "cuda"
        adamw = partial(torch.optim.AdamW, lr=learning_rate, weight_decay=weight_decay, fused=True, capturable=on_gpu)
        self._parts = [adamw(small), *(adamw([parameter]) for parameter in large)]
        for part in self._parts:
            _start(part)
        for parameter, part in zip(large, self._parts[1:], strict=True):
            parameter.register_post_accumulate_grad_hook(partial(_update, part))  # type: ignore[no-untyped-call]

    def step(self) -> None:
        """Update the small parameters, after the backward pass, and free their gradients."""
        _update(self._parts[0])

    def state(self) -> dict[str, Tensor]:
        """Return the moments and step counts, as `PART.INDEX.NAME` tensors."""
        return {
            f"{part}.{index}.{name}": value
            for part, optimizer in enumerate(self._parts)
            for index, state in optimizer.state_dict()["state"].items()
            for name, value in state.items()
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


def _start(optimizer: torch.optim.Optimizer) -> None:
    """Make the moments now instead of at the first step, which may be under capture as a CUDA graph."""
    for parameter in optimizer.param_groups[0]["params"]:
        optimizer.state[parameter] = {
            "step": torch.zeros((), device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }


def _update(optimizer: torch.optim.Optimizer, parameter: Tensor | None = None) -> None:
    """Step and free gradients; the parameter is what a gradient hook passes."""
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
