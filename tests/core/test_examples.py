"""What stages keep for figures: points of a plane, nearest series, spectra, and which series are shown."""

import dataclasses

import numpy as np
import pytest
import torch

from ncvq_core.augmentations import AUGMENTATIONS, STUDY_SETS
from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.evaluation.spectra import psd_distance, spectral_levels
from ncvq_core.stages.examples import (
    MOST_CLASSES,
    MOST_VALUES,
    Plane,
    first_of,
    nearest,
    shown_channels,
    shown_classes,
    spread,
)
from ncvq_core.stages.kind import Shown
from ncvq_core.stages.tokenizer.examples import VIEWS, view_examples

CPU = torch.device("cpu")


def test_the_plane_is_that_of_the_principal_components() -> None:
    from sklearn.decomposition import PCA

    features = np.random.default_rng(0).normal(size=(40, 6)) * [5, 3, 1, 1, 1, 1]
    plane, known = Plane(features), PCA(2).fit(features)
    assert plane.shares == pytest.approx(known.explained_variance_ratio_)
    assert np.abs(plane.points(features)) == pytest.approx(np.abs(known.transform(features)))
    mirrored = Plane(features[::-1])
    assert mirrored.points(features) == pytest.approx(plane.points(features))


@pytest.mark.parametrize("features", [np.ones((1, 4)), np.ones((5, 4)), np.arange(3.0)[:, None]])
def test_features_that_vary_in_fewer_directions_have_a_plane(features: np.ndarray) -> None:
    plane = Plane(features)
    assert plane.points(features).shape == (len(features), 2)
    assert np.isfinite(plane.shares).all()
    assert plane.shares.sum() == pytest.approx(1.0 if np.ptp(features) else 0.0)


def test_the_nearest_series_is_that_of_the_least_distance() -> None:
    generator = np.random.default_rng(1)
    series, others = generator.normal(size=(7, 2, 9)), generator.normal(size=(30, 2, 9))
    others[4] = series[2]
    found, distances = nearest(series, others)
    slow = np.sqrt(((series[:, None] - others) ** 2).mean(axis=(2, 3)))
    assert found.tolist() == slow.argmin(axis=1).tolist()
    assert distances == pytest.approx(slow.min(axis=1))
    assert (found[2], distances[2]) == (4, 0.0)


def test_levels_of_spectra_are_what_the_distance_is_of() -> None:
    generator = np.random.default_rng(2)
    series, reference = generator.normal(size=(20, 2, 30)), 2 * generator.normal(size=(25, 2, 30)).cumsum(axis=2)
    differences = spectral_levels(series, reference) - spectral_levels(reference, reference)
    assert np.sqrt(np.mean(differences**2)) == pytest.approx(psd_distance(series, reference))


def test_so_many_are_shown_that_a_stage_keeps_little() -> None:
    assert spread(5).tolist() == [0, 1, 2, 3, 4]
    assert len(spread(10_000)) == 500
    assert first_of(np.array([1, 0, 1, 1, 0, 2]), [0, 1], 2).tolist() == [1, 4, 0, 2]
    for channels, length in ((1, 24), (1, 1024), (9, 300), (6, 18_000)):
        data = made_up(channels, length, classes=9)
        assert len(shown_classes(data)) * length <= max(MOST_VALUES, length)
        assert len(shown_classes(data)) <= MOST_CLASSES
        assert shown_channels(data) <= min(channels, 3)


def made_up(channels: int, length: int, classes: int) -> Dataset:
    series = np.random.default_rng(3).normal(size=(2 * classes, channels, length)).astype(np.float32)
    labels = np.arange(2 * classes) % classes
    return Dataset(
        name="Made up", train=series, train_labels=labels, test=series, test_labels=labels,
        classes=tuple(map(str, range(classes))),
    )  # fmt: skip


def test_views_are_of_the_first_series_of_each_class_and_come_again() -> None:
    dataset = load_dataset("GunPoint")
    config = TrialConfig.from_dict({"dataset": "GunPoint", "ssl": "byol", "augmentations": ["flip"]}).stage1
    scaling = Scaling.of(dataset.train)
    examples = list(view_examples(config, dataset, scaling, CPU))
    real = [each for each in examples if each.what == Shown.REAL]
    assert [each.label for each in real] == list(dataset.classes)
    first = np.flatnonzero(dataset.train_labels == 0)[:1]
    assert np.array_equal(real[0].values, scaling.apply(dataset.train[first])[0, 0])
    flipped = [each for each in examples if each.what == Shown.VIEW and each.label == dataset.classes[0]]
    assert [each.number for each in flipped] == list(range(VIEWS))
    assert np.array_equal(flipped[0].values, real[0].values[::-1])
    plain = dataclasses.replace(config, ssl=None, augmentations=(), aug_recon_weight=None)
    assert {each.what for each in view_examples(plain, dataset, scaling, CPU)} == {Shown.REAL}


def test_the_sets_of_the_study_are_augmentations() -> None:
    assert {name for names in STUDY_SETS.values() for name in names} <= set(AUGMENTATIONS)
