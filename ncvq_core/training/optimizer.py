"""AdamW as trainers use it: its state as named tensors, and what it is in plain torch."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ncvq_core.training.plain import Linear
from ncvq_core.training.sizes import LARGE


class Part(NamedTuple):
    """Parameters that are updated together, and their moments."""

    parameters: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]

    @classmethod
    def of(cls, parameters: list[Tensor]) -> "Part":
        """Start with moments of zero, made now because the first step may be under capture as a CUDA graph."""
        means, squares = ([torch.zeros_like(parameter) for parameter in parameters] for _ in range(2))
        steps = [torch.zeros((), device=parameter.device) for parameter in parameters]
        return cls(parameters, means, squares, steps)


class Optimizer(ABC):
    """AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) with β = (0.9, 0.999) and ε = 1e-8.

    A parameter without a gradient is left as it is, as in torch. The first part are all parameters but the large
    weights of `early`, of which each is a part by itself.

    Args:
        modules: what is trained; parameters that need no gradient are left out.
        early: the part of `modules` whose layers are called once a step; None if there is no such part.
    """

    def __init__(self, modules: nn.Module, early: nn.Module | None) -> None:
        """Take up the parameters."""
        self.large = large_layers(modules, early)
        alone = {layer.weight for layer in self.large.values()}
        others: list[Tensor] = [each for each in modules.parameters() if each.requires_grad and each not in alone]
        self.parts = [Part.of(others), *(Part.of([layer.weight]) for layer in self.large.values())]

    @abstractmethod
    def step(self) -> None:
        """Finish the update of a step, after its backward pass, and free the gradients."""

    def state(self) -> dict[str, Tensor]:
        """Return the moments and step counts, as `PART.INDEX.NAME` tensors."""
        return {
            f"{part}.{index}.{name}": value
            for part, tensors in enumerate(self.parts)
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


class PlainAdamW(Optimizer):
    """`torch.optim.AdamW` over all parameters, after the backward pass.

    Args:
        modules: see `Optimizer`.
        learning_rate: a scalar tensor, read at each update; the caller may change it between steps.
        weight_decay: decoupled weight decay.
        early: see `Optimizer`; here it gives the tensors of the state their names, and nothing else.
    """

    def __init__(
        self, modules: nn.Module, learning_rate: Tensor, weight_decay: float, early: nn.Module | None = None
    ) -> None:
        """Take up the parameters."""
        super().__init__(modules, early)
        parameters = [parameter for part in self.parts for parameter in part.parameters]
        self._adamw = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)
        for part in self.parts:
            for parameter, mean, square, step in zip(*part, strict=True):
                self._adamw.state[parameter] = {"step": step, "exp_avg": mean, "exp_avg_sq": square}

    def step(self) -> None:
        """Update all parameters."""
        self._adamw.step()
        self._adamw.zero_grad()


def large_layers(modules: nn.Module, early: nn.Module | None) -> dict[str, Linear]:
    """Return the layers of `early` with a large weight that is trained and that no other layer shares, by name."""
    uses: Counter[Tensor] = Counter(parameter for _, parameter in modules.named_parameters(remove_duplicate=False))
    return {
        name: layer
        for name, layer in (early.named_modules() if early is not None else ())
        if isinstance(layer, Linear)
        and layer.weight.requires_grad
        and layer.weight.numel() >= LARGE
        and uses[layer.weight] == 1
    }
