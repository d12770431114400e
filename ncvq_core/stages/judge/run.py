"""The training of the FCN that judges samples of a dataset, where none is given."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ncvq_core.config.fcn import JUDGE_TRAINING as TRAINING
from ncvq_core.data import Dataset, Scaling
from ncvq_core.fcn.checkpoint import fcn_checksum
from ncvq_core.fcn.network import TEST_FEATURES, judge_test, said_scaling
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.training.memory import peak_memory_bytes


class FcnRun(StageRun):
    """Trains an FCN on all of TRAIN, for a fixed number of steps.

    None of it is held out to stop early: TRAIN may have 20 series, and the four that could be spared say little.
    There is one for each dataset and it depends on nothing else, so that all trials of a dataset are judged alike.

    Args:
        dataset: what it learns to classify.
        device: where to train; default CPU.
    """

    def __init__(self, dataset: Dataset, device: torch.device | None = None) -> None:
        """Scale the data and draw initial weights."""
        super().__init__(dataset, device)
        series = torch.from_numpy(Scaling.of(dataset.train).apply(dataset.train))
        data = LabelledSeries(series, dataset.train_labels)
        self.trainer: FcnTrainer = FcnTrainer(TRAINING, data, len(dataset.classes), self.device)

    def result(self) -> StageResult:
        """Read TEST and return the network, its accuracy there and what it makes of TEST."""
        judged = judge_test(self.trainer.network, self.dataset, self.device)
        own = {**self.trainer.network.state_dict(), **said_scaling(self.dataset)}
        tensors = {name: value.cpu() for name, value in {**own, TEST_FEATURES: judged.features}.items()}
        return StageResult(
            metrics={"fcn_accuracy": judged.accuracy},
            history=[],
            tensors=tensors,
            peak_memory_bytes=peak_memory_bytes(self.device),
            notes=self.dataset.notes,
            details={"fcn": f"trained {fcn_checksum(tensors)}"},
        )

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the run depends on, as named tensors."""
        return self.trainer.state()

    def _restore(self, state: Mapping[str, Tensor]) -> None:
        self.trainer.restore(state)

    def _row(self, epoch: int) -> dict[str, float]:
        return {"epoch": epoch + 1, **self.trainer.history_row(epoch)}
