"""What every stage has in common: it is done in small pieces of work, between which its state can be saved."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ncvq_core.data import Dataset
from ncvq_core.errors import CheckpointError, misfit
from ncvq_core.training.memory import reset_peak_memory
from ncvq_core.training.precision import check_exact_float32
from ncvq_core.training.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What a finished stage leaves behind."""

    metrics: dict[str, float | None]
    """Final metrics; None where one is undefined for this dataset."""
    history: list[dict[str, float]]
    """One row an epoch: `epoch` from 1, and what was measured in it."""
    tensors: dict[str, Tensor]
    """The trained model, or what else the stage made, on the CPU."""
    peak_memory_bytes: int
    """Highest resident memory (CPU) or allocated memory (GPU) of this process since the stage was set up."""
    notes: tuple[str, ...]
    """What was done to the data, and which metrics are undefined and why."""
    known: dict[str, Any] = field(default_factory=dict)
    """What metrics were made of and its examples need again, by name."""
    details: dict[str, Any] = field(default_factory=dict)
    """What its kind names beside metrics, as JSON can hold it."""


class StageRun(ABC):
    """Adds data and evaluation to a trainer: one stage, from its config to its result.

    Args:
        dataset: the data of the stage.
        device: where to compute; default CPU. On a GPU the process has called `prepare_process` before.

    Raises:
        ConfigError: it has not.

    Attributes:
        trainer: what is trained; None while there is nothing to train yet.
    """

    trainer: Trainer | None

    def __init__(self, dataset: Dataset, device: torch.device | None) -> None:
        """Begin to measure memory."""
        self.dataset = dataset
        self.device = device or torch.device("cpu")
        check_exact_float32(self.device)
        reset_peak_memory(self.device)

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return self.trainer.epoch if self.trainer else 0

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return self.trainer is not None and self.trainer.finished

    def step(self) -> None:
        """Do one piece of work, an optimiser step as a rule, and at the end of an epoch what belongs there."""
        assert self.trainer is not None
        epoch = self.epoch
        self.trainer.step()
        if self.epoch > epoch:
            self._end_epoch()

    def check(self) -> None:
        """Look at the loss of the steps so far; waits for the device.

        Raises:
            DivergedError: it is no longer finite.
        """
        if self.trainer:
            self.trainer.check()

    def advance(self) -> dict[str, float]:
        """Do one epoch and return its row.

        Raises:
            DivergedError: the loss is no longer finite.
        """
        epoch = self.epoch
        while self.epoch == epoch:
            self.step()
        self.check()
        return self._row(epoch)

    def measured(self, column: str, since: int) -> dict[int, float]:
        """Return a column of the history by epoch, counted from 1, of the epochs finished since so many that have it.

        It may wait for the device.
        """
        rows = (self._row(epoch) for epoch in range(since, self.epoch))
        return {int(row["epoch"]): row[column] for row in rows if column in row}

    @abstractmethod
    def result(self) -> StageResult:
        """Read TEST, for the first and only time, and return everything that is worth keeping."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the run depends on, as named tensors."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what `state` returned; the rest is that of an uninterrupted run (see `training.deterministic`).

        The tensors are copied, one after the other.

        Raises:
            CheckpointError: the state is not one of this configuration and dataset.
        """
        try:
            self._restore(state)
        except (torch.OutOfMemoryError, torch.AcceleratorError):
            raise  # RuntimeErrors too, but none of the checkpoint's
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(f"checkpoint does not fit {self.dataset.name}: {misfit(error)}") from error

    @abstractmethod
    def _restore(self, state: Mapping[str, Tensor]) -> None: ...

    @abstractmethod
    def _row(self, epoch: int) -> dict[str, float]:
        """Return the history's row of a finished epoch, counted from 0."""

    def _end_epoch(self) -> None:  # noqa: B027
        """Do what belongs to the end of an epoch beside the trainer's own work; by default nothing."""
