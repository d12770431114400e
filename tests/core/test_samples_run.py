"""Samples of a trial and their metrics: complete, resumed to the same bits, TEST read at the end."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, load_dataset
from ncvq_core.errors import CheckpointError, DataError, DivergedError
from ncvq_core.evaluation.cas import MINIMUM_SERIES, synthetic_labels
from ncvq_core.evaluation.judge import Judge
from ncvq_core.fcn import Fcn
from ncvq_core.fcn.network import TEST_FEATURES
from ncvq_core.stages.base import StageResult, StageRun
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.samples.run import (
    FID_BY_CLASS,
    LABELLED_SAMPLES,
    SAMPLE_LABELS,
    SAMPLE_METRICS,
    SAMPLES,
    SamplesRun,
)
from ncvq_core.stages.tokenizer.run import Stage1Run

pytestmark = pytest.mark.whole

Trials = Callable[..., TrialConfig]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def italy() -> Dataset:
    """Series of 24 points, 60 in TRAIN and 150 in TEST: short, for a classifier is trained at each run."""
    whole = load_dataset("ItalyPowerDemand")
    train = np.concatenate([np.flatnonzero(whole.train_labels == label)[:30] for label in (0, 1)])
    return dataclasses.replace(
        whole, train=whole.train[train], train_labels=whole.train_labels[train],
        test=whole.test[:150], test_labels=whole.test_labels[:150],
    )  # fmt: skip


@pytest.fixture(scope="module")
def config(prior_config: Trials) -> TrialConfig:
    return prior_config(ssl="barlowtwins", dataset="ItalyPowerDemand", metrics=["context_fid"])


@pytest.fixture(scope="module")
def fcn() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return Fcn(1, 2).state_dict()


@pytest.fixture(scope="module")
def start(config: TrialConfig, italy: Dataset, fcn: dict[str, Tensor]) -> Callable[..., SamplesRun]:
    tokenizer = finish(Stage1Run(config.stage1, italy)).tensors
    prior = finish(Stage2Run(config, italy, tokenizer)).tensors

    def build(dataset: Dataset = italy) -> SamplesRun:
        return SamplesRun(config, dataset, tokenizer, prior, fcn)

    return build


def finish(run: StageRun) -> StageResult:
    while not run.finished:
        run.advance()
    return run.result()


@pytest.fixture(scope="module")
def result(start: Callable[..., SamplesRun]) -> StageResult:
    return finish(start())


def test_result_is_complete(result: StageResult, italy: Dataset) -> None:
    assert tuple(result.metrics) == (*SAMPLE_METRICS, "context_fid")
    assert None not in result.metrics.values()
    assert result.tensors[SAMPLES].shape == italy.test.shape
    assert len(result.tensors[LABELLED_SAMPLES]) == len(result.tensors[SAMPLE_LABELS]) == MINIMUM_SERIES
    assert result.tensors[FID_BY_CLASS].shape == (2,)
    assert result.tensors[FID_BY_CLASS].isfinite().all()
    assert 0 <= float(result.metrics["cas"] or 0) <= 1
    assert result.notes == ("fid_by_class is ill-conditioned for classes of at most 128 series: 1, 2",)


@pytest.mark.thorough
def test_resumed_in_the_middle_it_gives_the_same_bits(start: Callable[..., SamplesRun], result: StageResult) -> None:
    first = start()
    assert first.state() == {}
    first.advance()
    first.advance()
    second = start()
    second.restore({name: value.clone() for name, value in first.state().items()})
    assert second.epoch == 2
    resumed = finish(second)
    assert resumed.metrics == result.metrics
    assert [name for name in result.tensors if not torch.equal(result.tensors[name], resumed.tensors[name])] == []


def test_a_damaged_state_is_refused(start: Callable[..., SamplesRun]) -> None:
    run = start()
    run.advance()
    state = {name: value for name, value in run.state().items() if name != "cas.history"}
    with pytest.raises(CheckpointError, match="checkpoint does not fit ItalyPowerDemand"):
        start().restore(state)


def test_samples_that_are_not_finite_are_refused(start: Callable[..., SamplesRun]) -> None:
    run = start()
    codes = run._generator.tokenizer.model.codebooks[0].codes
    codes.fill_(torch.inf)
    with pytest.raises(DivergedError, match=r"^150 of 150 samples without a class hold values that are not finite$"):
        run.advance()


@pytest.mark.thorough
def test_test_labels_change_no_sample(start: Callable[..., SamplesRun], result: StageResult, italy: Dataset) -> None:
    swapped = 1 - italy.test_labels  # changes the accuracy even of a classifier that always says the same
    other = finish(start(dataclasses.replace(italy, test_labels=swapped)))
    for name in (SAMPLES, LABELLED_SAMPLES, SAMPLE_LABELS):
        assert torch.equal(other.tensors[name], result.tensors[name])
    assert other.metrics["fid"] == result.metrics["fid"]
    assert other.metrics["cas"] != result.metrics["cas"]


@pytest.mark.thorough
def test_few_series_and_lone_classes_are_noted(start: Callable[..., SamplesRun], italy: Dataset) -> None:
    lone = np.zeros(20, dtype=np.int64)
    lone[0] = 1
    few = dataclasses.replace(italy, test=italy.test[:20], test_labels=lone)
    result = finish(start(few))
    assert "fid is ill-conditioned: 20 series for 128 features" in result.notes
    assert f"fid undefined for classes with fewer than two series: {italy.classes[1]}" in result.notes
    assert result.tensors[FID_BY_CLASS].isnan().tolist() == [False, True]
    fewer = dataclasses.replace(italy, test=italy.test[:3], test_labels=lone[:3])
    metrics = finish(start(fewer))
    assert metrics.metrics["sample_precision"] is None
    assert "undefined for 3 series: sample_precision, sample_recall" in metrics.notes


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0] * 30 + [1] * 10, [750, 250]),
        ([0] * 1500 + [1] * 500, [1500, 500]),
        ([0, 0, 1, 1, 1], [400, 600]),
        ([0, 0, 1], [667, 334]),
    ],
)
def test_synthetic_classes_are_as_frequent_as_in_train(labels: list[int], expected: list[int]) -> None:
    assert torch.bincount(synthetic_labels(np.array(labels), 2)).tolist() == expected


def test_a_rare_class_has_a_sample_and_an_absent_one_none() -> None:
    counts = torch.bincount(synthetic_labels(np.array([0] * 5000 + [2]), 3), minlength=3).tolist()
    assert counts == [5000, 0, 1]


def test_real_series_against_themselves(italy: Dataset, fcn: dict[str, Tensor]) -> None:
    judge = Judge(fcn, italy, CPU)
    metrics = judge.judge(torch.from_numpy(italy.test))
    assert metrics["fid"] == pytest.approx(0, abs=1e-6)
    assert metrics["sample_precision"] == metrics["sample_recall"] == 1
    assert judge.fid_by_class(torch.from_numpy(italy.test), italy.test_labels) == pytest.approx([0, 0], abs=1e-6)


def test_noise_is_farther_from_test_than_train_is(italy: Dataset, fcn: dict[str, Tensor]) -> None:
    judge = Judge(fcn, italy, CPU)
    noise = torch.randn(italy.test.shape, generator=torch.Generator().manual_seed(0))
    fids = [float(judge.judge(series)["fid"] or 0) for series in (torch.from_numpy(italy.train), noise)]
    assert fids[0] < 0.1 * fids[1]


def test_real_features_are_computed_once(italy: Dataset, fcn: dict[str, Tensor]) -> None:
    assert Judge(fcn, italy, CPU).real is Judge(fcn, italy, CPU).real
    changed = {name: value + 1 if value.is_floating_point() else value for name, value in fcn.items()}
    assert Judge(changed, italy, CPU).real is not Judge(fcn, italy, CPU).real


def test_given_features_of_test_are_taken(italy: Dataset, fcn: dict[str, Tensor]) -> None:
    computed = Judge(fcn, italy, CPU).real.features
    given = Judge({**fcn, TEST_FEATURES: computed + 1}, italy, CPU).real.features
    assert torch.equal(given, computed + 1)


def test_a_single_test_series_is_refused(italy: Dataset, fcn: dict[str, Tensor]) -> None:
    lone = dataclasses.replace(italy, test=italy.test[:1], test_labels=italy.test_labels[:1])
    with pytest.raises(DataError, match="TEST is a single series, at least 2 are needed"):
        Judge(fcn, lone, CPU)
