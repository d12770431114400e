"""What every stage has in common: it advances in epochs, and its state can be saved between them."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from ncvq_core.data import Dataset


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What a finished stage leaves behind."""

    metrics: dict[str, float | None]
    """Final metrics; None where one is undefined for this dataset."""
    history: list[dict[str, float]]
    """One row an epoch: `epoch` from 1, and what was measured in it."""
    tensors: dict[str, Tensor]
    """The trained model, or what else the stage made, on the CPU."""
    seconds: float
    """Training and evaluation, all interrupted parts together."""
    peak_memory_bytes: int
    """Highest resident memory (CPU) or allocated memory (GPU) while the stage ran."""
    notes: tuple[str, ...]
    """What was done to the data, and which metrics are undefined and why."""


class StageRun(Protocol):
    """One stage, from its config to its result, an epoch at a time."""

    dataset: Dataset

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""

    def advance(self) -> dict[str, float]:
        """Do one epoch and return its row.

        Raises:
            DivergedError: the loss is no longer finite.
        """

    def result(self) -> StageResult:
        """Read TEST, for the first and only time, and return everything that is worth keeping."""

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the run depends on, as named tensors."""

    def restore(self, state: dict[str, Tensor]) -> None:
        """Continue from what `state` returned; the rest gives the same bits as an uninterrupted run.

        Raises:
            CheckpointError: the state is not one of this configuration and dataset.
        """
