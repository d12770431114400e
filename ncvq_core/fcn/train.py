"""Training an FCN on labelled series, as a step machine."""

import copy
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.config.fcn import FcnTraining
from ncvq_core.data.validation import split_train
from ncvq_core.fcn.network import Fcn, NormalizedFcn, judge_series
from ncvq_core.training.named_tensors import Under, load_in_turn
from ncvq_core.training.precision import matrix_products
from ncvq_core.training.seeding import initial_weights
from ncvq_core.training.trainer import LEARNING_RATE, Trainer

HELD_OUT = ("validation_loss", "validation_accuracy")


class LabelledSeries(NamedTuple):
    """Scaled series and their classes."""

    series: Tensor
    """(n, C, L), float32."""
    labels: NDArray[np.int64]
    """(n,)."""


class FcnTrainer(Trainer):
    """Trains one FCN: cross-entropy of the class.

    The weights of the epoch with the lowest validation loss are kept; where nothing is held out, or no class has enough
    series for it, those of the last epoch.

    Args:
        settings: how.
        data: at least two series.
        classes: K.
        device: where to train; default CPU.
    """

    loss_name = "loss"
    history_columns = ("loss", LEARNING_RATE)
    order_stream = "batch order of the FCN"
    draws_stream = "FCN"

    def __init__(
        self, settings: FcnTraining, data: LabelledSeries, classes: int, device: torch.device | None = None
    ) -> None:
        """Hold out the validation part and draw initial weights."""
        device = device or torch.device("cpu")
        self.settings = settings
        training, validation = split_train(data.labels, settings.validation_fraction, settings.seed)
        self._series, self._labels = _part(data, training, device)
        self._held_out_series, self._held_out_labels = _part(data, validation, device)
        with initial_weights(settings.seed, "fcn"):
            self._network = NormalizedFcn(data.series.shape[1], classes).to(device)
        self._best = copy.deepcopy(self._network).eval().requires_grad_(False)
        self._best_epoch = 0
        self.epochs = settings.epochs_on(len(training))
        self._held_out = torch.full((self.epochs, len(HELD_OUT)), torch.nan, dtype=torch.float64)
        super().__init__(
            nn.ModuleDict({"fcn": self._network}),
            device,
            seed=settings.seed,
            series=len(training),
            batch_size=settings.batch_size,
            epochs=self.epochs,
            learning_rate=settings.learning_rate,
            weight_decay=settings.weight_decay,
            early=None,
        )

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the validation loss has stopped falling."""
        return super().finished or self.epoch - self._best_epoch >= self.settings.patience

    @property
    def network(self) -> Fcn:
        """The network of the best epoch so far, in evaluation mode."""
        return self._best.folded()

    def history_row(self, epoch: int) -> dict[str, float]:
        """Return what was measured in an epoch, counted from 0; nothing of a validation part that is not there."""
        held_out = dict(zip(HELD_OUT, self._held_out[epoch].tolist(), strict=True))
        return super().history_row(epoch) | {name: value for name, value in held_out.items() if not math.isnan(value)}

    def state(self) -> dict[str, Tensor]:
        """Return everything that the next steps depend on, as named tensors."""
        return {
            **super().state(),
            **{f"best.{name}": tensor for name, tensor in self._best.state_dict().items()},
            "held_out": self._held_out,
            "best_epoch": torch.tensor(self._best_epoch),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Continue from what `state` returned: every tensor has the same bits, and later steps go on as if unbroken."""
        super().restore(state)
        load_in_turn(self._best, Under(state, "best."))
        self._held_out.copy_(state["held_out"])
        self._best_epoch = int(state["best_epoch"])

    def _end_epoch(self) -> None:
        """Measure the validation part, and keep the weights where they are the best so far."""
        if len(self._held_out_series):
            self._held_out[self.epoch - 1] = self._validate()
        losses = self._held_out[: self.epoch, 0]
        if not len(self._held_out_series) or losses.argmin() == self.epoch - 1:
            self._best.load_state_dict(self._network.state_dict())
            self._best_epoch = self.epoch

    def _backward(self, batch: Tensor) -> list[Tensor]:
        with matrix_products(self.settings.precision, self.device):
            logits = self._network(self._series[batch])
        loss = functional.cross_entropy(logits.float(), self._labels[batch])
        torch.autograd.backward(loss)
        return [loss]

    def _validate(self) -> Tensor:
        logits = judge_series(self._network.folded(), self._held_out_series, self.settings.precision).logits
        right = logits.argmax(dim=1) == self._held_out_labels
        return torch.stack([functional.cross_entropy(logits, self._held_out_labels), right.double().mean()]).cpu()


def _part(data: LabelledSeries, chosen: NDArray[np.int64], device: torch.device) -> tuple[Tensor, Tensor]:
    return data.series[torch.from_numpy(chosen)].to(device), torch.from_numpy(data.labels[chosen]).to(device)
