"""Discriminative score, predictive score, context-FID: real against real, against noise, and against other tools."""

import dataclasses

import numpy as np
import pytest
import scipy.linalg
import sklearn.metrics
import torch
from torch.nn import functional

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, load_dataset
from ncvq_core.evaluation import recurrent
from ncvq_core.evaluation.context_encoder import contrast
from ncvq_core.evaluation.context_fid import _features_of
from ncvq_core.evaluation.discriminative_score import score_of
from ncvq_core.evaluation.further import Measured, measure_further
from ncvq_core.evaluation.predictive_score import error_of
from ncvq_core.evaluation.recurrent import LONGEST, as_steps
from ncvq_core.metrics import FURTHER

pytestmark = pytest.mark.whole

OWN = ("discriminative_score", "predictive_score", "context_fid")


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the training, which tells real series from noise as well."""
    monkeypatch.setattr(recurrent, "STEPS", 60)


@pytest.fixture(scope="module")
def halves() -> tuple[Dataset, np.ndarray]:
    """A dataset with one half of its TEST, and the other half."""
    whole = load_dataset("ItalyPowerDemand")
    order = np.random.default_rng(0).permutation(len(whole.test))
    kept, other = order[:514], order[514:1028]
    return dataclasses.replace(whole, test=whole.test[kept], test_labels=whole.test_labels[kept]), whole.test[other]


def values(name: str, dataset: Dataset, samples: np.ndarray, seed: int = 0) -> float:
    measured = Measured(dataset, seed, samples=torch.from_numpy(samples.astype(np.float32)))
    value = measure_further([name], measured)[name]
    assert value is not None
    return value


def noise(real: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).normal(real.mean(), real.std(), real.shape)


@pytest.mark.parametrize("name", OWN)
def test_real_series_are_better_than_noise(name: str, halves: tuple[Dataset, np.ndarray]) -> None:
    dataset, real = halves
    at_most, at_least = {"discriminative_score": (0.1, 0.4), "predictive_score": (0.3, 0.6), "context_fid": (0.5, 5)}[
        name
    ]
    assert values(name, dataset, real) < at_most
    assert values(name, dataset, noise(real)) > at_least


@pytest.mark.parametrize("name", OWN)
def test_equal_seeds_give_equal_values(
    name: str, halves: tuple[Dataset, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurrent, "STEPS", 10)
    dataset, real = halves
    assert values(name, dataset, real[:40]) == values(name, dataset, real[:40])


def test_an_encoder_is_that_of_the_dataset_whatever_the_seed(
    halves: tuple[Dataset, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurrent, "STEPS", 10)
    dataset, real = halves
    assert values("context_fid", dataset, real, seed=1) == values("context_fid", dataset, real, seed=2)
    assert values("predictive_score", dataset, real[:40], seed=1) != values(
        "predictive_score", dataset, real[:40], seed=2
    )


def test_too_few_series_have_no_discriminative_score(halves: tuple[Dataset, np.ndarray]) -> None:
    dataset, real = halves
    measured = Measured(dataset, 0, samples=torch.from_numpy(real[:9]))
    assert measure_further(["discriminative_score"], measured) == {"discriminative_score": None}


# Against other tools


def test_accuracy_is_sklearns() -> None:
    logits = np.random.default_rng(0).normal(size=50)
    labels = np.random.default_rng(1).integers(2, size=50)
    expected = abs(sklearn.metrics.accuracy_score(labels, logits > 0) - 0.5)
    assert score_of(torch.from_numpy(logits), torch.from_numpy(labels)) == pytest.approx(expected)


def test_the_error_is_sklearns_over_what_is_present() -> None:
    said, real = np.random.default_rng(0).normal(size=(2, 6, 5, 3))
    present = np.random.default_rng(1).random((6, 5, 3)) < 0.7
    found = error_of(*map(torch.from_numpy, (said, real, present)))
    assert found == pytest.approx(sklearn.metrics.mean_absolute_error(real[present], said[present]))
    assert error_of(*map(torch.from_numpy, (said, real, present & False))) is None


def test_context_fid_is_scipys_distance_of_the_features(halves: tuple[Dataset, np.ndarray]) -> None:
    dataset, real = halves
    measured = Measured(dataset, 0, samples=torch.from_numpy(real[:200]))
    features = _features_of(dataset)
    one, other = (features(each).double().numpy() for each in (measured.scaled_samples(), measured.scaled_test()))
    covariances = [np.cov(each, rowvar=False) for each in (one, other)]
    root = np.real(scipy.linalg.sqrtm(covariances[0] @ covariances[1]))
    shift = one.mean(axis=0) - other.mean(axis=0)
    expected = shift @ shift + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert values("context_fid", dataset, real[:200]) == pytest.approx(expected, rel=1e-4)


def test_the_contrast_is_that_of_a_loop() -> None:
    one, other = (torch.randn(5, 4, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    losses = []
    for first, second in ((one, other), (other, one)):
        for row in range(5):
            nearness = [float(functional.cosine_similarity(first[row], each, dim=0)) / 0.2 for each in second]
            losses.append(np.log(np.exp(nearness).sum()) - nearness[row])
    assert float(contrast(one, other)) == pytest.approx(np.mean(losses), rel=1e-5)


def test_long_series_are_taken_in_few_steps_and_short_ones_point_by_point() -> None:
    series = torch.arange(2 * 3 * 300.0).reshape(2, 3, 300)
    steps = as_steps(series)
    assert steps.shape == (2, 100, 9)
    assert steps[1, 7].reshape(3, 3).equal(series[1, :, 21:24])
    assert as_steps(series[..., :LONGEST]).equal(series[..., :LONGEST].transpose(1, 2))
    longer = as_steps(series[..., :299])
    assert longer.shape == (2, 100, 9)
    assert longer[0, -1].reshape(3, 3)[:, -1].equal(series[0, :, 298])


def test_they_are_off_unless_named_and_need_samples() -> None:
    flat = {"dataset": "GunPoint", "stages": 2}
    assert tuple(FURTHER) == OWN
    assert TrialConfig.from_dict(flat).metrics == ()
    named = TrialConfig.from_dict({**flat, "metrics": [*OWN, "context_fid"]})
    assert named.metrics == tuple(sorted(OWN))
    assert named.stage2_id == TrialConfig.from_dict(flat).stage2_id
    assert named.samples_id != TrialConfig.from_dict(flat).samples_id
