"""Training as a step machine: what both stages have in common."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ncvq_core.errors import DivergedError
from ncvq_core.training.batches import BatchOrder
from ncvq_core.training.fast.optimizer import FastAdamW
from ncvq_core.training.named_tensors import Under, load_in_turn
from ncvq_core.training.optimizer import Optimizer, PlainAdamW
from ncvq_core.training.precision import check_exact_float32
from ncvq_core.training.seeding import stream
from ncvq_core.training.switch import is_plain

LEARNING_RATE = "learning_rate"


class Trainer(ABC):
    """Adds training to modules: batches, AdamW and its rate (a cosine to 0 over all steps), one step at a time.

    `step` never waits for the device and sees only this object's own state, generators included: any number of
    trainers can be stepped in any order, and saved and restored between steps. Their numbers are then the same, in bits
    or, on a GPU, within the bound that `deterministic` names.

    Args:
        modules: all that is trained, or changes along the way.
        device: where it is trained.
        seed: of the trainer's own generators.
        series: how many there are in TRAIN.
        batch_size: series a step, at most.
        epochs: passes over TRAIN.
        learning_rate: initial rate.
        weight_decay: decoupled weight decay.
        early: the part of `modules` whose layers are called once a step; its backward pass updates large weights.

    Attributes:
        loss_name: the column of the history that must stay finite.
        history_columns: what a step measures, the learning rate last.
        draws: source of what `update` draws.
        replay: does what `update` does, where a lane has captured it; else None.
        steps_done: optimiser steps so far.
        total_steps: steps of the whole training.
    """

    loss_name: str
    history_columns: tuple[str, ...]
    order_stream: str
    """Purpose for which the generator of the batch order is seeded."""
    draws_stream: str
    """The same for `draws`."""

    def __init__(
        self,
        modules: nn.ModuleDict,
        device: torch.device,
        *,
        seed: int,
        series: int,
        batch_size: int,
        epochs: int,
        learning_rate: float,
        weight_decay: float,
        early: nn.Module | None,
    ) -> None:
        """Make optimiser, batch order and generators."""
        check_exact_float32(device)
        self.device = device
        self.order = BatchOrder(series, batch_size, stream(seed, self.order_stream, device))
        self.draws = stream(seed, self.draws_stream, device)
        self.total_steps = epochs * self.order.steps
        self.steps_done = 0
        self._modules = modules.train()
        self._initial_rate = learning_rate
        self._learning_rate = torch.zeros((), device=device)
        optimizer_type = PlainAdamW if is_plain() else FastAdamW
        self._optimizer: Optimizer = optimizer_type(modules, self._learning_rate, weight_decay, early)
        self._history = torch.zeros(epochs, len(self.history_columns), device=device)
        self.replay: Callable[[Tensor], Tensor] | None = None

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return self.steps_done // self.order.steps

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.steps_done >= self.total_steps

    def update(self, batch: Tensor) -> Tensor:
        """Do the optimiser step of a batch, given as indices (B,), and return what is measured in it, (columns,)."""
        return self.eager_update(batch) if self.replay is None else self.replay(batch)

    def step(self) -> None:
        """Do one optimiser step, and after the last one of an epoch what belongs to its end."""
        self._learning_rate.fill_(self._scheduled_rate())
        measured = self.update(self.order.batch(self.steps_done))
        self._history[self.epoch] += measured / self.order.steps
        self.steps_done += 1
        if self.steps_done % self.order.steps == 0:
            self._end_epoch()

    def check(self) -> None:
        """Look at the loss of all steps so far; waits for the device.

        Raises:
            DivergedError: it is no longer finite, and since which epoch.
        """
        begun = min(len(self._history), self.epoch + 1)
        losses = self._history[:begun, self.history_columns.index(self.loss_name)].tolist()
        for epoch, loss in enumerate(losses, start=1):
            if not math.isfinite(loss):
                raise DivergedError(f"the loss became {loss} in epoch {epoch}")

    def history_row(self, epoch: int) -> dict[str, float]:
        """Return the means over an epoch, counted from 0."""
        return dict(zip(self.history_columns, self._history[epoch].tolist(), strict=True))

    def state(self) -> dict[str, Tensor]:
        """Return everything that the next steps depend on, as named tensors."""
        return {
            **{f"model.{name}": tensor for name, tensor in self._modules.state_dict().items()},
            **{f"optimizer.{name}": tensor for name, tensor in self._optimizer.state().items()},
            "generator.order": self.order.generator.get_state(),
            "generator.draws": self.draws.get_state(),
            "permutation": self.order.permutation,
            "history": self._history,
            "steps_done": torch.tensor(self.steps_done),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what `state` returned: every tensor has the same bits, and later steps go on as if unbroken."""
        load_in_turn(self._modules, Under(state, "model."))
        self._optimizer.restore(Under(state, "optimizer."))
        self.order.generator.set_state(state["generator.order"])
        self.draws.set_state(state["generator.draws"])
        self.order.permutation.copy_(state["permutation"])
        self._history.copy_(state["history"])
        self.steps_done = int(state["steps_done"])

    def _end_epoch(self) -> None:  # noqa: B027
        """Do what belongs to the end of an epoch; by default nothing."""

    @abstractmethod
    def _backward(self, batch: Tensor) -> list[Tensor]:
        """Give the parameters the gradients of the series with indices `batch` (B,).

        Returns:
            What is measured: `history_columns` without the learning rate.
        """

    def eager_update(self, batch: Tensor) -> Tensor:
        """Do what `update` does, kernel by kernel: always the same ones on the same shapes, fit for a capture."""
        measured = self._backward(batch)
        self._optimizer.step()
        return torch.stack([*measured, self._learning_rate]).detach()

    def _scheduled_rate(self) -> float:
        return self._initial_rate * 0.5 * (1 + math.cos(math.pi * self.steps_done / self.total_steps))
