"""A stage 2 from its config to its result, an epoch at a time."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.config.prior import Stage2Config
from ncvq_core.data import Dataset, Series
from ncvq_core.data.validation import split_train
from ncvq_core.metrics import metric_names
from ncvq_core.prior.token_source import TokenSource
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.prior.trainer import Stage2Trainer
from ncvq_core.tokenizer.load import TOKENIZER, load_tokenizer
from ncvq_core.training.memory import peak_memory_bytes, release_freed_memory

PRIOR_METRICS = metric_names("stage2")
"""Cross-entropy of masked tokens, in nats a token: mean over the last epoch, on the validation part, on TEST."""


class Stage2Run(StageRun):
    """Trains and evaluates one prior on a tokenizer that is there.

    Args:
        config: a trial with stage 2.
        dataset: the data that the trial names.
        tokenizer: `StageResult.tensors` of the trial's stage 1.
        device: where to train; default CPU.

    Raises:
        CheckpointError: the tokenizer is that of another config or dataset.
    """

    def __init__(
        self, config: TrialConfig, dataset: Dataset, tokenizer: Mapping[str, Tensor], device: torch.device | None = None
    ) -> None:
        """Turn TRAIN into tokens, and draw initial weights."""
        super().__init__(dataset, device)
        self.config: Stage2Config = config.stage2 or Stage2Config()
        stage1 = config.stage1
        self._tokenizer = load_tokenizer(stage1, dataset, tokenizer, self.device)
        training, validation = split_train(dataset.train_labels, stage1.val_fraction, stage1.seed)
        self._validation = self._source(dataset.train, dataset.train_labels, validation) if len(validation) else None
        source, labels = self._source(dataset.train, dataset.train_labels, training)
        self.trainer: Stage2Trainer = Stage2Trainer(
            self.config, source, labels, len(dataset.classes), seed=stage1.seed, precision=stage1.precision
        )
        self._held_out = torch.full((self.config.prior_epochs,), torch.nan, dtype=torch.float64)

    def result(self) -> StageResult:
        """Read TEST, for the first and only time, and return everything that is worth keeping."""
        last = self._row(self.epoch - 1)
        release_freed_memory()  # tensors of a step have other sizes
        test = self._source(self.dataset.test, self.dataset.test_labels, np.arange(len(self.dataset.test)))
        metrics: dict[str, float | None] = {
            "prior_loss": last["prior_loss"],
            "validation_prior_loss": last.get("validation_prior_loss"),
            "test_prior_loss": self.trainer.held_out_loss(*test),
        }
        weights = {name: value.cpu() for name, value in self.trainer.prior.state_dict().items()}
        return StageResult(
            metrics=metrics,
            history=[self._row(epoch) for epoch in range(self.epoch)],
            tensors={**weights, TOKENIZER: self._tokenizer.checksum},
            peak_memory_bytes=peak_memory_bytes(self.device),
            notes=self.dataset.notes,
        )

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the run depends on, as named tensors."""
        return {**self.trainer.state(), "held_out": self._held_out, TOKENIZER: self._tokenizer.checksum}

    def _restore(self, state: Mapping[str, Tensor]) -> None:
        if not torch.equal(state[TOKENIZER], self._tokenizer.checksum):
            raise ValueError("it comes from a prior on another tokenizer")
        self.trainer.restore(state)
        self._held_out.copy_(state["held_out"])

    def _end_epoch(self) -> None:
        """Measure the loss on the validation part where there is one, and on a CPU give back what no step needs.

        Each step masks another number of tokens, so that what it frees fits the next one badly: without this a process
        grows from step to step.
        """
        if self.device.type == "cpu":
            release_freed_memory()
        if self._validation is not None:
            self._held_out[self.epoch - 1] = self.trainer.held_out_loss(*self._validation)

    def _source(
        self, series: Series, labels: NDArray[np.int64], chosen: NDArray[np.int64]
    ) -> tuple[TokenSource, Tensor]:
        scaled = torch.from_numpy(self._tokenizer.scaling.apply(series[chosen])).to(self.device)
        source = TokenSource(self._tokenizer.model, scaled, self.config.token_temperature)
        return source, torch.from_numpy(labels[chosen]).to(self.device)

    def _row(self, epoch: int) -> dict[str, float]:
        held_out = float(self._held_out[epoch])
        validation = {} if np.isnan(held_out) else {"validation_prior_loss": held_out}
        return {"epoch": epoch + 1, **self.trainer.history_row(epoch), **validation}
