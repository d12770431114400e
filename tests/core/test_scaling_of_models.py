"""Trained models keep their scaling: of each channel, in float64 where digits need it, and as older ones had it."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.scaling import SCALING
from ncvq_core.errors import CheckpointError
from ncvq_core.evaluation.cas import cas_training
from ncvq_core.evaluation.judge import Judge
from ncvq_core.prior.series_sampler import load_generator
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.judge.run import TRAINING, FcnRun
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.samples.run import LABELLED_SAMPLES, SAMPLES, SamplesRun
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.tokenizer.load import load_tokenizer

CPU = torch.device("cpu")
LABELS = np.arange(32) % 2
LEVELS = np.array([0.1, 50_000.0])
SIZES = np.array([0.05, 1000.0])


def made(series: np.ndarray) -> Dataset:
    return Dataset(
        name="Made",
        train=series[:20],
        train_labels=LABELS[:20],
        test=series[20:],
        test_labels=LABELS[20:],
        classes=("a", "b"),
    )


def waves(channels: int) -> np.ndarray:
    """Return (32, C, 24) of mean about 0 and size about 1, in two classes."""
    draws = np.random.default_rng(0)
    phases = draws.uniform(0, 6, (32, channels, 1))
    return np.sin(np.arange(24) * (0.3 + 0.4 * LABELS[:, None, None]) + phases)


def finish(run: StageRun) -> StageResult:
    while not run.finished:
        run.advance()
    return run.result()


def every_stage(config: TrialConfig, dataset: Dataset) -> list[StageResult]:
    stage1 = finish(Stage1Run(config.stage1, dataset))
    stage2 = finish(Stage2Run(config, dataset, stage1.tensors))
    fcn = finish(FcnRun(dataset))
    samples = finish(SamplesRun(config, dataset, stage1.tensors, stage2.tensors, fcn.tensors))
    return [stage1, stage2, fcn, samples]


@pytest.fixture(autouse=True)
def _briefly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ncvq_core.evaluation.cas.MINIMUM_SERIES", 20)
        patch.setattr(
            "ncvq_core.stages.samples.run.cas_training",
            lambda *given: dataclasses.replace(cas_training(*given), steps=1),
        )
        patch.setattr("ncvq_core.stages.judge.run.TRAINING", dataclasses.replace(TRAINING, epochs=1, steps=4))
        yield


@pytest.fixture
def two_units() -> Dataset:
    return made(waves(2) * SIZES[:, None] + LEVELS[:, None])


@pytest.fixture
def config(prior_config: Callable[..., TrialConfig]) -> TrialConfig:
    return prior_config(dataset="Made", prior_epochs=2)


def test_an_offset_changes_nothing_but_the_offset(config: TrialConfig) -> None:
    """Metrics of data at 1.7e9 are those of the same data at 0, but for what rounding makes of training."""
    plain, shifted = (every_stage(config, made(series)) for series in (waves(1), waves(1) * 4 + 1.7e9))
    for one, other in zip(plain, shifted, strict=True):
        for name, value in one.metrics.items():
            expected = None if value is None else pytest.approx(value, rel=0.05, abs=0.05)
            assert other.metrics[name] == expected, name
    for name in (SAMPLES, LABELLED_SAMPLES):
        series = shifted[3].tensors[name]
        assert series.dtype == torch.float64
        assert len(series[0].unique()) == 24
        torch.testing.assert_close((series - 1.7e9).std(), 4 * plain[3].tensors[name].std().double(), atol=0, rtol=0.3)


def test_samples_of_channels_in_units_of_their_own(two_units: Dataset, config: TrialConfig) -> None:
    stage1, _, fcn, drawn = every_stage(config, two_units)
    assert stage1.tensors[SCALING].shape == (2, 2)
    assert torch.equal(fcn.tensors[SCALING], Scaling.of(two_units.train).tensor())
    samples = drawn.tensors[SAMPLES]
    assert samples.dtype == torch.float32
    far = (samples.numpy() - LEVELS[:, None]) / SIZES[:, None]
    assert np.abs(far.mean(axis=(0, 2))).max() < 2
    assert far.std(axis=(0, 2)).min() > 0.01, "each channel moves in its own unit"


def test_a_tokenizer_of_before_keeps_its_one_scale(two_units: Dataset, config: TrialConfig) -> None:
    tensors = finish(Stage1Run(config.stage1, two_units)).tensors
    before = {**tensors, SCALING: torch.tensor([25_000.0, 24_000.0], dtype=torch.float64)}
    scaling = load_tokenizer(config.stage1, two_units, before, CPU).scaling
    np.testing.assert_array_equal(scaling.apply(two_units.train), (two_units.train - 25_000.0) / 24_000.0)
    prior = finish(Stage2Run(config, two_units, before)).tensors
    generator = load_generator(config, two_units, before, prior)
    series = generator.sample(generator.unconditional(3), torch.Generator().manual_seed(0))
    assert series.dtype == torch.float32
    assert 0 < float(series.mean()) < 50_000
    wrong = {**tensors, SCALING: torch.zeros(6, dtype=torch.float64)}
    with pytest.raises(CheckpointError, match="does not fit Made and its config: a scaling of 3 channels, not 2"):
        load_tokenizer(config.stage1, two_units, wrong, CPU)


def test_a_judge_of_before_keeps_its_one_scale(two_units: Dataset) -> None:
    tensors = finish(FcnRun(two_units)).tensors
    before = {name: value for name, value in tensors.items() if name != SCALING}
    narrow = two_units.train
    one = (narrow - float(np.mean(narrow, dtype=np.float64))) / float(np.std(narrow, dtype=np.float64))
    np.testing.assert_array_equal(Judge(before, two_units, CPU).scaled(narrow), one)
    each = Scaling.of(narrow).apply(narrow)
    np.testing.assert_array_equal(Judge(tensors, two_units, CPU).scaled(narrow), each)


def test_a_network_for_one_channel_in_float32_holds_what_it_always_did() -> None:
    assert SCALING not in finish(FcnRun(made(waves(1)))).tensors
