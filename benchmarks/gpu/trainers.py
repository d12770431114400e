"""The three trainers, small, on made series."""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.gpu.place import Place
from benchmarks.gpu.series import made
from ncvq_core.config import TrialConfig
from ncvq_core.config.fcn import FcnTraining
from ncvq_core.config.prior import Stage2Config
from ncvq_core.data import Dataset, Scaling
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.prior.token_source import TokenSource
from ncvq_core.stages.prior.trainer import Stage2Trainer
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.trainer import Trainer

SMALL = {"channels": 8, "residual_blocks": 1, "batch_size": 16, "epochs": 1000, "projector_width": 16}
WITH_SSL: dict[str, Any] = {"ssl": "barlowtwins", "augmentations": ["slice_and_shuffle"]}
UPDATED_EARLY: dict[str, Any] = {**WITH_SSL, "projector_width": 1024}
"""Weights so large that the optimiser updates them inside the backward pass."""
SMALL_PRIOR = {"prior_width": 32, "prior_layers": 2, "prior_epochs": 1000, "prior_batch_size": 24}

Build = Callable[[Place, int], Trainer]


def tokenizer(place: Place, seed: int = 0, **values: object) -> Stage1Trainer:
    """Return the trainer of a tokenizer; `values` are settings of a trial."""
    data = made("Small")
    config = TrialConfig.from_dict({"dataset": data.name, "seed": seed, **SMALL, **values}).stage1
    return Stage1Trainer(config, scaled(data), place.device)


def prior(place: Place, seed: int = 0, *, embedding: str = "learned", **values: object) -> Stage2Trainer:
    """Return the trainer of a prior on a tokenizer that is not trained; `values` are settings of the tokenizer."""
    data = made("Small")
    below = tokenizer(place, seed, **values)
    config = Stage2Config(token_embedding=embedding, **SMALL_PRIOR)
    source = TokenSource(below.tokenizer.eval(), below.series, config.token_temperature)
    labels = torch.from_numpy(data.train_labels).to(place.device)
    return Stage2Trainer(
        config, source, labels, len(data.classes), seed=seed, precision=below.config.precision
    )  # fmt: skip


def fcn(place: Place, seed: int = 0, *, precision: str = "fp32") -> FcnTrainer:
    """Return the trainer of an FCN."""
    data = made("Small")
    settings = FcnTraining(epochs=1000, steps=1, batch_size=16, precision=precision, seed=seed)
    return FcnTrainer(settings, LabelledSeries(scaled(data), data.train_labels), len(data.classes), place.device)


def scaled(data: Dataset) -> torch.Tensor:
    """Return TRAIN as stage 1 takes it, (n, C, L)."""
    return torch.from_numpy(Scaling.of(data.train).apply(data.train))


KINDS: dict[str, Build] = {
    "tokenizer": lambda place, seed: tokenizer(place, seed, **UPDATED_EARLY),
    "prior": lambda place, seed: prior(place, seed),
    "fcn": lambda place, seed: fcn(place, seed),
}
"""The trainers that a worker captures; equal seeds give equal ones."""

MIXED: dict[str, Build] = {
    **KINDS,
    "momentum tokenizer": lambda place, seed: tokenizer(
        place, seed, **WITH_SSL | {"ssl": "byol", "tokenizer": "stft_lfhf"}
    ),
}
"""A pack of four."""
