"""A stage 1 from its config to its result, an epoch at a time."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Dataset, Scaling, Series
from ncvq_core.data.scaling import SCALING
from ncvq_core.data.validation import split_train
from ncvq_core.errors import DataError
from ncvq_core.evaluation.further import Measured, measure_further
from ncvq_core.evaluation.tokenizer import Evaluation, Labelled, evaluate_stage1
from ncvq_core.metrics import metric_names
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.memory import peak_memory_bytes, release_freed_memory

CODES, SILHOUETTES = "codes", "silhouettes"
"""What is known of TEST when the metrics are: its pooled codes, and their silhouette coefficients."""
EVALUATED = metric_names("stage1")
"""What is measured on the validation part along the way."""


class Stage1Run(StageRun):
    """Trains and evaluates one tokenizer.

    Args:
        config: the stage's configuration.
        dataset: the data that `config.dataset` names.
        device: where to train; default CPU.
        further: names of further metrics to measure at the end.

    Raises:
        DataError: `config.val_fraction` leaves no series for validation, or fewer than two for training.
    """

    def __init__(
        self,
        config: Stage1Config,
        dataset: Dataset,
        device: torch.device | None = None,
        further: tuple[str, ...] = (),
    ) -> None:
        """Scale and split the data, and draw initial weights."""
        super().__init__(dataset, device)
        self._further = further
        self.config = config
        training, validation = split_train(dataset.train_labels, config.val_fraction, config.seed)
        if config.val_fraction and not len(validation):
            raise DataError(f"{dataset.name}: val_fraction = {config.val_fraction:g} leaves no series for validation")
        if len(training) < 2:
            raise DataError(
                f"{dataset.name}: val_fraction = {config.val_fraction:g} leaves {len(training)} series for training, "
                "at least 2 are needed"
            )
        self.scaling = Scaling.of(dataset.train[training])
        labelled = partial(_labelled, scaling=self.scaling, device=self.device)
        self._train = labelled(dataset.train[training], dataset.train_labels[training])
        self._validation = labelled(dataset.train[validation], dataset.train_labels[validation])
        self.trainer: Stage1Trainer = Stage1Trainer(config, self._train.series, self.device)
        self._evaluations = torch.full((config.epochs, len(EVALUATED)), torch.nan, dtype=torch.float64)

    def result(self) -> StageResult:
        """Read TEST, for the first and only time, and return everything that is worth keeping."""
        test = _labelled(self.dataset.test, self.dataset.test_labels, self.scaling, self.device)
        found = self._evaluate(test)
        metrics = dict(found.metrics)
        history = [self._row(epoch) for epoch in range(self.epoch)]
        metrics["ssl_loss"] = history[-1].get("ssl_loss")
        metrics |= self._measure_further()
        tensors = {name: value.cpu() for name, value in self.trainer.tokenizer.state_dict().items()}
        return StageResult(
            metrics=metrics,
            history=history,
            tensors={**tensors, SCALING: self.scaling.tensor()},
            peak_memory_bytes=peak_memory_bytes(self.device),
            notes=self.dataset.notes + self._undefined(metrics),
            known={CODES: found.codes, SILHOUETTES: found.silhouettes},
        )

    def state(self) -> dict[str, Tensor]:
        """Return all that the rest of the run depends on, as named tensors."""
        return {**self.trainer.state(), "evaluations": self._evaluations}

    def _restore(self, state: Mapping[str, Tensor]) -> None:
        self.trainer.restore(state)
        self._evaluations.copy_(state["evaluations"])

    def _end_epoch(self) -> None:
        """Evaluate on the validation part, in the epochs in which the config asks for it."""
        every = self.config.evaluate_every
        if every and self.epoch % every == 0:
            self.check()
            metrics = self._evaluate(self._validation).metrics
            metrics["ssl_loss"] = self.trainer.held_out_ssl_loss(self._validation.series)
            values = [metrics[name] for name in EVALUATED]
            numbers = [np.nan if value is None else value for value in values]
            self._evaluations[self.epoch - 1] = torch.tensor(numbers, dtype=torch.float64)

    def _evaluate(self, held_out: Labelled) -> Evaluation:
        """Measure the tokenizer; its tensors have other sizes than those of a step, and do not fit in their holes."""
        release_freed_memory()
        return evaluate_stage1(self.trainer.tokenizer, self._train, held_out)

    def _measure_further(self) -> dict[str, float | None]:
        tokenizer = self.trainer.tokenizer
        was_training = tokenizer.training
        tokenizer.eval()
        try:
            with torch.inference_mode():
                return measure_further(self._further, Measured(self.dataset, self.config.seed, tokenizer=tokenizer))
        finally:
            tokenizer.train(was_training)

    def _row(self, epoch: int) -> dict[str, float]:
        evaluated = dict(zip(EVALUATED, self._evaluations[epoch].tolist(), strict=True))
        validation = {f"validation_{name}": value for name, value in evaluated.items() if not np.isnan(value)}
        return {"epoch": epoch + 1, **self.trainer.history_row(epoch), **validation}

    def _undefined(self, metrics: dict[str, float | None]) -> tuple[str, ...]:
        missing = [name for name, value in metrics.items() if value is None and name != "ssl_loss"]
        return (f"undefined for these class labels: {', '.join(missing)}",) if missing else ()


def _labelled(series: Series, labels: np.ndarray, scaling: Scaling, device: torch.device) -> Labelled:
    return Labelled(torch.from_numpy(scaling.apply(series)).to(device), labels)
