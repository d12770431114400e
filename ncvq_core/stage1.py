"""Stage 1: training the tokenizer, as a step machine."""

import copy
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.augmentations import augment
from ncvq_core.batches import BatchOrder
from ncvq_core.errors import DivergedError
from ncvq_core.memory import keep_freed_memory
from ncvq_core.optimizer import AdamW
from ncvq_core.precision import exact_float32, matrix_products
from ncvq_core.seeding import generator, initial_weights
from ncvq_core.ssl.base import SSLHead, Targets
from ncvq_core.ssl.momentum import follow_parameters
from ncvq_core.stage1_config import BANDS, Stage1Config
from ncvq_core.tokenizer import Tokenizer, pool
from ncvq_core.tokenizer.codebook import Quantized, perplexity
from ncvq_core.tokenizer.errors import band_errors

HISTORY = (
    "loss",
    "recon_time",
    "recon_timefreq",
    "commitment",
    "aug_recon_time",
    "aug_recon_timefreq",
    "ssl_loss",
    "perplexity",
    "learning_rate",
)


class View(NamedTuple):
    """Pooled features of a batch, and its reconstruction errors."""

    pooled: Tensor
    """(B, 2D · bands)."""
    recon_time: Tensor
    """Scalar: MSE of the series."""
    recon_timefreq: Tensor
    """Scalar: MSE of the maps, summed over bands."""


class Stage1Trainer:
    """Trains one tokenizer, one optimiser step at a time.

    `step` never waits for the device and sees only this object's own state, generators included: any number of
    trainers can be stepped in any order, and `state` / `restore` between steps leave the numbers unchanged.

    Attributes:
        tokenizer: the model.
        head: the SSL method's projector and loss, None without SSL.
        target: the momentum copy whose encoder gives the targets, None for a method without one.
        update: maps a batch (B, C, L) to what is measured in its optimiser step; always the same kernels on the same
            shapes, so that it can be replaced by a captured copy of itself.
        steps_done: optimiser steps so far.
        total_steps: steps of the whole training.
    """

    def __init__(self, config: Stage1Config, series: Tensor, device: torch.device | None = None) -> None:
        """Draw initial weights and put the data on the device.

        Args:
            config: the stage's configuration.
            series: scaled training series, (n, C, L), float32.
            device: where to train; default CPU.
        """
        self.config = config
        self.device = device or torch.device("cpu")
        keep_freed_memory()
        exact_float32()
        self.series = series.to(self.device)
        _, channels, length = series.shape
        with initial_weights(config.seed, "tokenizer"):
            self.tokenizer = Tokenizer(config, channels, length).to(self.device)
        self.head: SSLHead | None = None
        self.target: Tokenizer | None = None
        if config.ssl is not None:
            with initial_weights(config.seed, "ssl head"):
                features = 2 * config.channels * len(self.tokenizer.bands)
                self.head = config.ssl.head(features, config.projector_width).to(self.device)
            self.ssl_weight = config.ssl.default_weight if config.ssl_weight is None else config.ssl_weight
            self.aug_recon_weight = config.aug_recon_weight or 0.0  # never None with a method
        self.order = BatchOrder(len(series), config.batch_size, generator(config.seed, "batch order", self.device))
        self.augmentation_generator = generator(config.seed, "augmentation", self.device)
        self.total_steps = config.epochs * self.order.steps
        self.steps_done = 0
        self._modules = nn.ModuleDict({"tokenizer": self.tokenizer})
        if self.head is not None:
            self._modules["head"] = self.head
            if self.head.encoder_momentum is not None:
                self.target = copy.deepcopy(self.tokenizer).requires_grad_(False)
                self._modules["target"] = self.target
        self._modules.train()
        self._learning_rate = torch.zeros((), device=self.device)
        self._optimizer = AdamW(self._modules, self._learning_rate, config.weight_decay)
        self.update: Callable[[Tensor], Tensor] = self._update
        self._history = torch.zeros(config.epochs, len(HISTORY), device=self.device)

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return self.steps_done // self.order.steps

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.steps_done >= self.total_steps

    def step(self) -> None:
        """Do one optimiser step."""
        batch = self.series[self.order.batch(self.steps_done)]
        self._learning_rate.fill_(self._scheduled_rate())
        measured = self.update(batch)
        self._history[self.epoch] += measured / self.order.steps
        self.steps_done += 1

    def run_epoch(self) -> dict[str, float]:
        """Do the steps up to the end of the current epoch and return its mean losses; waits for the device once.

        Raises:
            DivergedError: the loss is no longer finite.
        """
        epoch = self.epoch
        while not self.finished and self.epoch == epoch:
            self.step()
        row = self.history_row(epoch)
        if not math.isfinite(row["loss"]):
            raise DivergedError(f"the loss became {row['loss']} in epoch {epoch + 1}")
        return row

    def history_row(self, epoch: int) -> dict[str, float]:
        """Return the means over an epoch, counted from 0; SSL's own entries are left out without SSL."""
        row = dict(zip(HISTORY, self._history[epoch].tolist(), strict=True))
        if self.head is None:
            for name in ("aug_recon_time", "aug_recon_timefreq", "ssl_loss"):
                del row[name]
        return row

    @torch.inference_mode()
    def held_out_ssl_loss(self, x: Tensor) -> float | None:
        """Return the SSL loss of series (B, C, L) that are not trained on; None without SSL.

        Evaluation mode, and always the same augmentations, from a stream of their own: nothing of the trainer changes.
        """
        if self.head is None:
            return None
        draws = generator(self.config.seed, "held-out augmentation", self.device)
        self._modules.eval()
        try:
            bands = self.tokenizer.transform(x)
            _, bands_view = self._augment(x, draws)
            quantized = self.tokenizer.quantize(self.tokenizer.encode(bands))
            pooled, pooled_view = pool([band.features for band in quantized]), pool(self.tokenizer.encode(bands_view))
            return float(self.head(pooled, pooled_view, self._targets(bands, bands_view)))
        finally:
            self._modules.train()

    def state(self) -> dict[str, Tensor]:
        """Return everything that the next steps depend on, as named tensors."""
        return {
            **{f"model.{name}": tensor for name, tensor in self._modules.state_dict().items()},
            **{f"optimizer.{name}": tensor for name, tensor in self._optimizer.state().items()},
            "generator.order": self.order.generator.get_state(),
            "generator.augmentation": self.augmentation_generator.get_state(),
            "permutation": self.order.permutation,
            "history": self._history,
            "steps_done": torch.tensor(self.steps_done),
        }

    def restore(self, state: dict[str, Tensor]) -> None:
        """Continue from what `state` returned; later steps are bit for bit those of an uninterrupted run."""
        model = {name.removeprefix("model."): value for name, value in state.items() if name.startswith("model.")}
        self._modules.load_state_dict(model)
        prefix = "optimizer."
        moments = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
        self._optimizer.restore(moments)
        self.order.generator.set_state(state["generator.order"])
        self.augmentation_generator.set_state(state["generator.augmentation"])
        self.order.permutation.copy_(state["permutation"])
        self._history.copy_(state["history"])
        self.steps_done = int(state["steps_done"])

    def _scheduled_rate(self) -> float:
        return self.config.learning_rate * 0.5 * (1 + math.cos(math.pi * self.steps_done / self.total_steps))

    def _update(self, x: Tensor) -> Tensor:
        with matrix_products(self.config.precision, self.device):
            loss, measured = self._loss(x)
        torch.autograd.backward(loss)
        self._optimizer.step()
        if self.head is not None:
            self._follow(self.head)
        return torch.stack([*measured, self._learning_rate]).detach()

    def _follow(self, head: SSLHead) -> None:
        head.follow()
        if self.target is not None and head.encoder_momentum is not None:
            follow_parameters(self.target, self.tokenizer, head.encoder_momentum)

    def _loss(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the loss of a batch (B, C, L) and the entries of HISTORY but the last."""
        bands = self.tokenizer.transform(x)
        quantized = self.tokenizer.quantize(self.tokenizer.encode(bands))
        commitment = torch.stack([band.commitment for band in quantized]).sum()
        view = self._view(x, bands, [band.features for band in quantized])
        loss = view.recon_time + view.recon_timefreq + self.config.commitment_weight * commitment
        extra = [loss.new_zeros(())] * 3
        if self.head is not None:
            x_view, bands_view = self._augment(x, self.augmentation_generator)
            augmented = self._view(x_view, bands_view, self.tokenizer.encode(bands_view))
            ssl_loss = self.head(view.pooled, augmented.pooled, self._targets(bands, bands_view))
            loss = loss + self.aug_recon_weight * (augmented.recon_time + augmented.recon_timefreq)
            loss = loss + self.ssl_weight * ssl_loss
            extra = [augmented.recon_time, augmented.recon_timefreq, ssl_loss]
        errors = [view.recon_time, view.recon_timefreq, commitment]
        return loss, [loss, *errors, *extra, mean_perplexity(quantized)]

    @torch.no_grad()
    def _augment(self, x: Tensor, draws: torch.Generator) -> tuple[Tensor, list[Tensor]]:
        """Return the augmented view of a batch, as series (B, C, L) and as bands."""
        augmented = augment(x, self.config.augmentations, draws)
        bands = self.tokenizer.transform(augmented)
        own_sets = dict(self.config.band_augmentations)
        if not own_sets:
            return augmented, bands
        for index, band in enumerate(BANDS[self.config.tokenizer]):
            if band in own_sets:
                augmented = augment(x, own_sets[band], draws)
                bands[index] = self.tokenizer.transform(augmented)[index]
        return self.tokenizer.transform.inverse(bands), bands

    @torch.no_grad()
    def _targets(self, bands: list[Tensor], bands_view: list[Tensor]) -> Targets | None:
        """Return what the momentum encoder sees in both views; None for a method without one."""
        if self.target is None:
            return None
        return pool(self.target.encode(bands)), pool(self.target.encode(bands_view))

    def _view(self, x: Tensor, bands: list[Tensor], features: list[Tensor]) -> View:
        reconstruction = self.tokenizer.decode(features)
        recon_time = functional.mse_loss(reconstruction.series, x)
        return View(pool(features), recon_time, band_errors(reconstruction.bands, bands))


def mean_perplexity(quantized: list[Quantized]) -> Tensor:
    """Return the perplexity of a batch's codes, averaged over the bands' codebooks."""
    return torch.stack([perplexity(band.usage) for band in quantized]).mean()
