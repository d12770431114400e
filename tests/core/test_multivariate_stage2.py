"""Stage 2 and samples of series with several channels."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset
from ncvq_core.evaluation.cas import cas_training
from ncvq_core.fcn import Fcn
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.samples.run import LABELLED_SAMPLES, SAMPLE_METRICS, SAMPLES, SamplesRun
from ncvq_core.stages.tokenizer.run import Stage1Run

LEVELS = np.array([-1.0, 0.0, 1.0], np.float32)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Three channels at levels of their own, in two classes."""
    noise = np.random.default_rng(0).normal(0, 0.1, (32, 3, 40)).astype(np.float32)
    series, labels = LEVELS[:, None] + noise, np.arange(32) % 2
    return Dataset(
        name="Levels",
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


def test_channels_keep_their_places(
    dataset: Dataset, prior_config: Callable[..., TrialConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ncvq_core.evaluation.cas.MINIMUM_SERIES", 20)
    monkeypatch.setattr(
        "ncvq_core.stages.samples.run.cas_training", lambda *given: dataclasses.replace(cas_training(*given), steps=1)
    )
    config = prior_config(epochs=20, learning_rate=0.01, prior_epochs=15, prior_learning_rate=0.01, sampling_steps=2)
    tokenizer = finish(Stage1Run(config.stage1, dataset)).tensors
    prior = finish(Stage2Run(config, dataset, tokenizer))
    assert np.isfinite([prior.metrics["prior_loss"], prior.metrics["test_prior_loss"]]).all()
    result = finish(SamplesRun(config, dataset, tokenizer, prior.tensors, Fcn(3, 2).state_dict()))
    assert tuple(result.metrics) == SAMPLE_METRICS
    for name, count in ((SAMPLES, 12), (LABELLED_SAMPLES, 20)):
        samples = result.tensors[name]
        assert samples.shape == (count, 3, 40)
        torch.testing.assert_close(samples.mean(dim=(0, 2)), torch.from_numpy(LEVELS), atol=0.4, rtol=0)
