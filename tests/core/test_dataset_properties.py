"""Properties of a dataset: as scikit-learn and the model's own transform have them."""

import numpy as np
import pytest
import torch
from sklearn.metrics import silhouette_score

from ncvq_core.data import Dataset, Scaling
from ncvq_core.data.properties import MOST_SERIES, high_frequency_share, properties_of, silhouette
from ncvq_core.tokenizer.bands import LowAndHighBand

GENERATOR = np.random.default_rng(2)


def dataset(train: np.ndarray, labels: np.ndarray) -> Dataset:
    """A dataset with these series, which are TEST as well."""
    classes = tuple(map(str, range(int(labels.max()) + 1)))
    return Dataset(name="invented", train=train, train_labels=labels, test=train, test_labels=labels, classes=classes)


@pytest.mark.parametrize("sizes", [(10, 10), (1, 5, 9), (40, 3, 2, 2)])
def test_the_silhouette_is_that_of_scikit_learn(sizes: tuple[int, ...]) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    points = (1e3 + GENERATOR.normal(size=(len(labels), 30)) + labels[:, None]).astype(np.float32)
    assert silhouette(points, labels) == pytest.approx(silhouette_score(points.astype(np.float64), labels), abs=1e-6)


def test_the_silhouette_of_extremes() -> None:
    labels = np.repeat([0, 1], 4)
    assert silhouette(labels[:, None].astype(np.float32), labels) == 1
    assert silhouette(np.zeros((8, 3), np.float32), labels) == 0
    assert silhouette(np.zeros((8, 3), np.float32), np.zeros(8, np.int64)) is None
    assert silhouette(np.zeros((8, 3), np.float32), np.arange(8)) is None


@pytest.mark.parametrize(("length", "channels"), [(8, 1), (31, 1), (96, 3)])
def test_high_frequencies_are_those_of_the_models_high_band(length: int, channels: int) -> None:
    series = GENERATOR.normal(size=(5, channels, length)).cumsum(axis=2).astype(np.float32)
    low, high = LowAndHighBand(length)(torch.from_numpy(series))
    twice = torch.tensor([2.0, 2.0, 2.0, 1.0])[:, None]  # frequencies 1 to 3 of a real signal stand for two each
    expected = float((high**2 * twice).sum() / ((high**2 * twice).sum() + (low**2).sum()))
    assert high_frequency_share(series) == pytest.approx(expected, rel=1e-4)


def test_slow_waves_have_little_high_frequency_energy_and_fast_ones_little_else() -> None:
    time = np.arange(128)
    slow, fast = (np.sin(2 * np.pi * time / period)[None, None].astype(np.float32) for period in (64, 2.5))
    assert 0.33 < high_frequency_share(slow) < 0.35 < 0.95 < high_frequency_share(fast)
    assert high_frequency_share(np.zeros((2, 1, 16), np.float32)) == 0


def test_properties_are_those_of_the_scaled_train() -> None:
    labels = np.repeat([0, 1, 2], [10, 20, 5])
    train = (5 + 3 * GENERATOR.normal(size=(35, 2, 40)) + labels[:, None, None]).astype(np.float64)
    train[3, 1, 30:] = np.nan
    one = dataset(train, labels)
    found = properties_of(one)
    assert (found.train_series, found.length, found.classes) == (35, 40, 3)
    scaled = Scaling.of(one.train).apply(one.train)
    assert found.distinctness == pytest.approx(silhouette_score(scaled.reshape(35, -1), labels), abs=1e-6)
    assert found.high_frequency_share == pytest.approx(high_frequency_share(scaled))


def test_a_large_train_is_looked_at_in_part_with_all_its_classes() -> None:
    labels = np.sort(GENERATOR.integers(0, 3, size=3 * MOST_SERIES))
    train = (GENERATOR.normal(size=(len(labels), 1, 16)) + labels[:, None, None]).astype(np.float32)
    found = properties_of(dataset(train, labels))
    assert found.train_series == 3 * MOST_SERIES
    some = GENERATOR.permutation(len(labels))[:1500]
    assert found.distinctness == pytest.approx(silhouette_score(train[some, 0], labels[some]), abs=0.02)
    backwards = properties_of(dataset(train[::-1].copy(), labels[::-1].copy()))
    assert backwards.distinctness == pytest.approx(found.distinctness, abs=0.02)
