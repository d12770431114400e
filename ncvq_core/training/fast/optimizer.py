"""AdamW that frees large gradients early."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

from ncvq_core.training.fast.linear import FastLinear, TakesGradient
from ncvq_core.training.optimizer import Optimizer, Part
from ncvq_core.training.switch import SWITCH


class FastAdamW(Optimizer):
    """Fused AdamW in two parts.

    A large weight of a layer in `early` is updated inside the backward pass, on a CPU a block of rows at a time, so
    that its gradient never exists as a whole. All other parameters are updated by `step`. The numbers are those of one
    `torch.optim.AdamW` over all parameters, whose class is not used because making one imports torch's compiler, 70 MB.

    That holds for one call of the layer and one backward pass between two calls of `step`; anything else raises. No
    `grad` of a large weight is there to be clipped, scaled or looked at, and `torch.autograd.grad` through such a layer
    updates it too.

    Args:
        modules: what is trained; parameters that need no gradient are left out.
        learning_rate: a scalar tensor, read at each update; the caller may change it between steps.
        weight_decay: decoupled weight decay.
        early: the part of `modules` whose layers are called once a step; None if there is no such part. A weight that
            several layers share is updated by `step`.

    Raises:
        ValueError: another optimiser updates a large weight already.
    """

    def __init__(
        self, modules: nn.Module, learning_rate: Tensor, weight_decay: float, early: nn.Module | None = None
    ) -> None:
        """Take up the parameters."""
        super().__init__(modules, early)
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
        self._early = []
        for (name, layer), part in zip(self.large.items(), self.parts[1:], strict=True):
            assert isinstance(layer, FastLinear)
            if layer.takes_gradient is not None:
                raise ValueError(f"layer {name}: another optimiser updates its weight already")
            layer.takes_gradient = _EarlyUpdate(name, part, self._adamw)
            self._early.append(layer.takes_gradient)

    @torch.no_grad()
    def step(self) -> None:
        """Update the small parameters, after the backward pass, and free their gradients.

        Raises:
            RuntimeError: a large weight has a gradient besides the one it was updated with.
        """
        for update in self._early:
            update.end_step()
        with_gradient = [each for each in zip(*self.parts[0], strict=True) if each[0].grad is not None]
        if with_gradient:
            parameters, means, squares, steps = (list(each) for each in zip(*with_gradient, strict=True))
            gradients = [parameter.grad for parameter in parameters]
            self._adamw(parameters, gradients, means, squares, state_steps=steps)
        for parameter in self.parts[0].parameters:
            parameter.grad = None


class _EarlyUpdate(TakesGradient):
    """Updates one large weight as its gradient comes to be, once a step.

    Args:
        name: of its layer, for error messages.
        part: the weight and its moments.
        update: `adamw` without the tensors.
    """

    def __init__(self, name: str, part: Part, update: Callable[..., None]) -> None:
        self._name, self._part, self._update = name, part, update
        self._updated = False

    def begin(self) -> None:
        if self._updated:
            raise RuntimeError(
                f"layer {self._name}: a second gradient of its weight in one step; the optimiser has updated it with "
                "the first, inside the backward pass. Call the layer once and go backward once between two calls of "
                f"`step`, or leave its module out of the optimiser's `early` (or set {SWITCH}=1)"
            )
        self._updated = True

    @torch.no_grad()
    def take(self, first: int, gradient: Tensor) -> None:
        last = first + len(gradient)
        (weight,), (mean,), (square,), (step,) = self._part
        counted = step if last == len(weight) else step.clone()  # once a step, with the last block
        rows = slice(first, last)
        self._update([weight[rows]], [gradient], [mean[rows]], [square[rows]], state_steps=[counted])

    def end_step(self) -> None:
        self._updated = False
        (weight,) = self._part.parameters
        if weight.grad is not None:
            weight.grad = None
            raise RuntimeError(
                f"layer {self._name}: its weight has a gradient from outside the layer, which the optimiser would not "
                f"use; leave the layer's module out of the optimiser's `early` (or set {SWITCH}=1)"
            )
