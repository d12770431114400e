"""Series of the least length pass through everything."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ncvq_core.augmentations import AUGMENTATIONS
from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset
from ncvq_core.data.dataset import MINIMUM_LENGTH
from ncvq_core.evaluation.cas import cas_training
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.judge.run import FcnRun
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.samples.run import SAMPLES, SamplesRun
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.tokenizer.bands import TRANSFORMS, build_transform

pytestmark = pytest.mark.whole


def short(length: int, channels: int = 1) -> Dataset:
    draws = np.random.default_rng(0)
    labels = np.arange(40) % 2
    waves = np.sin(np.arange(length) * (0.5 + labels[:, None]) + draws.uniform(0, 6, (40, 1)))
    series = np.stack([waves] * channels, axis=1) + draws.normal(0, 0.1, (40, channels, length))
    return Dataset(
        name="Short",
        train=series[:20],
        train_labels=labels[:20],
        test=series[20:],
        test_labels=labels[20:],
        classes=("a", "b"),
    )


def finish(run: StageRun) -> StageResult:
    while not run.finished:
        run.advance()
    return run.result()


@pytest.fixture
def _briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ncvq_core.evaluation.cas.MINIMUM_SERIES", 20)
    monkeypatch.setattr(
        "ncvq_core.stages.samples.run.cas_training", lambda *given: dataclasses.replace(cas_training(*given), steps=1)
    )
    monkeypatch.setattr(
        "ncvq_core.stages.judge.run.TRAINING",
        dataclasses.replace(cas_training(0, torch.device("cpu")), epochs=1, steps=1),
    )


def test_the_least_length_is_eight() -> None:
    assert MINIMUM_LENGTH == 8


@pytest.mark.usefixtures("_briefly")
@pytest.mark.parametrize("length", [8, 9, 15])
@pytest.mark.parametrize(
    ("tokenizer", "ssl", "channels"),
    [("stft", "barlowtwins", 1), ("stft_lfhf", "vibcreg", 2), ("wavelet", "byol", 1), ("stft", "none", 1)],
)
def test_short_series_pass_through_every_stage(
    prior_config: Callable[..., TrialConfig], length: int, tokenizer: str, ssl: str, channels: int
) -> None:
    dataset = short(length, channels)
    chosen = {"augmentations": [*AUGMENTATIONS]} if ssl != "none" else {}
    config = prior_config(dataset="Short", tokenizer=tokenizer, ssl=ssl, prior_epochs=2, **chosen)
    stage1 = finish(Stage1Run(config.stage1, dataset))
    stage2 = finish(Stage2Run(config, dataset, stage1.tensors))
    fcn = finish(FcnRun(dataset))
    samples = finish(SamplesRun(config, dataset, stage1.tensors, stage2.tensors, fcn.tensors))
    assert samples.tensors[SAMPLES].shape == (20, channels, length)
    for result in (stage1, stage2, fcn, samples):
        values = [value for name, value in result.metrics.items() if value is not None and name != "ssl_loss"]
        assert np.isfinite(values).all()


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("length", range(MINIMUM_LENGTH, 17))
def test_transforms_of_short_series_are_inverted(name: str, length: int) -> None:
    series = torch.randn(4, 2, length, generator=torch.Generator().manual_seed(0))
    transform = build_transform(name, length)
    torch.testing.assert_close(transform.inverse(transform(series)), series, atol=1e-5, rtol=1e-5)
