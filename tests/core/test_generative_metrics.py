"""FID, inception score, precision and recall, spectra: against slow versions, and on cases with a known answer."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ncvq_core.evaluation.frechet import FeatureStatistics, frechet_distance
from ncvq_core.evaluation.inception import inception_score
from ncvq_core.evaluation.precision_recall import coverage, neighbour_radii
from ncvq_core.evaluation.spectra import mean_spectrum, psd_distance


def random(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def slow_fid(one: np.ndarray, other: np.ndarray) -> float:
    """The formula of arXiv 1706.08500 with a matrix root."""
    covariances = [np.cov(features, rowvar=False) for features in (one, other)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1])
    shift = one.mean(axis=0) - other.mean(axis=0)
    return float(shift @ shift + np.trace(covariances[0] + covariances[1] - 2 * np.real(root)))


@given(st.integers(0, 1000), st.integers(40, 90), st.integers(40, 90), st.integers(2, 12))
@settings(max_examples=25, deadline=None)
def test_fid_against_the_matrix_root(seed: int, n: int, m: int, dimension: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.standard_normal((n, dimension)) @ rng.standard_normal((dimension, dimension))
    other = rng.standard_normal((m, dimension)) @ rng.standard_normal((dimension, dimension)) + 1
    found = frechet_distance(FeatureStatistics.of(one), FeatureStatistics.of(other))
    assert found == pytest.approx(slow_fid(one, other), rel=1e-6)


def test_fid_of_a_set_and_itself_is_0() -> None:
    for shape in ((100, 8), (5, 8)):
        statistics = FeatureStatistics.of(random(*shape))
        assert frechet_distance(statistics, statistics) == pytest.approx(0, abs=1e-12)


def test_fid_of_a_shift_is_its_square_and_of_a_scaling_that_of_the_deviations() -> None:
    features = random(200, 6)
    shift = np.array([1.0, -2.0, 0, 0, 0, 3.0])
    original = FeatureStatistics.of(features)
    assert frechet_distance(original, FeatureStatistics.of(features + shift)) == pytest.approx(14)
    variances = np.cov(features, rowvar=False).trace()
    assert frechet_distance(original, FeatureStatistics.of(3 * features)) == pytest.approx(
        4 * variances + 4 * np.square(features.mean(axis=0)).sum()
    )


def slow_inception_score(probabilities: np.ndarray, parts: list[np.ndarray]) -> tuple[float, float]:
    scores = []
    for part in parts:
        marginal = probabilities[part].mean(axis=0)
        divergences = [scipy.stats.entropy(row, marginal) for row in probabilities[part]]
        scores.append(np.exp(np.mean(divergences)))
    return float(np.mean(scores)), float(np.std(scores))


def test_inception_score_against_scipys_divergence() -> None:
    logits = 2 * random(95, 4)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    parts = np.array_split(np.random.default_rng(0).permutation(95), 10)
    assert inception_score(logits) == pytest.approx(slow_inception_score(probabilities, parts))


def test_inception_score_of_sure_and_of_indifferent_judges() -> None:
    sure = np.where(np.eye(5)[np.arange(1000) % 5] > 0, 0.0, -1000.0)
    assert inception_score(sure, splits=1) == pytest.approx((5, 0))
    assert 4.7 < inception_score(sure)[0] < 5, "classes are not quite equally frequent in a split"
    assert inception_score(np.zeros((100, 5))) == pytest.approx((1, 0))
    assert inception_score(sure[np.arange(100) * 5]) == pytest.approx((1, 0))


def slow_coverage(points: np.ndarray, centres: np.ndarray, neighbours: int) -> float:
    inside = 0
    for point in points:
        for centre in centres:
            distances = sorted(np.linalg.norm(centres - centre, axis=1))
            if np.linalg.norm(point - centre) <= distances[neighbours]:
                inside += 1
                break
    return inside / len(points)


def test_coverage_against_loops() -> None:
    real, samples = random(40, 3), 1.5 * random(30, 3, seed=1)
    real_tensor, samples_tensor = torch.from_numpy(real), torch.from_numpy(samples)
    assert coverage(samples_tensor, real_tensor, neighbour_radii(real_tensor)) == slow_coverage(samples, real, 3)
    assert coverage(real_tensor, samples_tensor, neighbour_radii(samples_tensor)) == slow_coverage(real, samples, 3)


def test_precision_and_recall_tell_a_missing_mode_from_a_false_one() -> None:
    two_modes = torch.from_numpy(np.concatenate([random(50, 2), random(50, 2, seed=1) + 100]))
    one_mode = torch.from_numpy(random(50, 2, seed=2))
    precise = coverage(one_mode, two_modes, neighbour_radii(two_modes))
    covered = coverage(two_modes, one_mode, neighbour_radii(one_mode))
    assert precise > 0.8
    assert 0.35 < covered <= 0.5


def test_spectrum_of_noise_is_flat_and_of_a_wave_a_line() -> None:
    assert mean_spectrum(random(4000, 1, 32)) == pytest.approx(np.ones((1, 17)), rel=0.1)
    wave = np.sin(2 * np.pi * 5 * np.arange(64) / 64)[None, None]
    spectrum = mean_spectrum(wave)[0]
    assert spectrum.argmax() == 5
    assert spectrum[8:].max() < 1e-9 * spectrum.max()


def test_psd_distance_of_a_scaling_is_that_in_decibels() -> None:
    series = random(50, 2, 64)
    assert psd_distance(series, series) == 0
    assert psd_distance(10 * series, series) == pytest.approx(20, rel=1e-2)
    assert psd_distance(series[:, :, ::-1], series) == pytest.approx(0, abs=0.3)
