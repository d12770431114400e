"""The validation part of TRAIN."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncvq_core.data.validation import split_train

LABELS = np.repeat([0, 1, 2], [40, 20, 5])


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    fraction=st.floats(0, 0.5),
    seed=st.integers(0, 2**31 - 1),
)
def test_parts_are_disjoint_complete_and_stratified(counts: list[int], fraction: float, seed: int) -> None:
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    training, validation = split_train(labels, fraction, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, validation])), np.arange(len(labels)))
    np.testing.assert_array_equal(training, np.sort(training))
    np.testing.assert_array_equal(validation, np.sort(validation))
    for label, count in enumerate(counts):
        assert (labels[training] == label).sum() >= 1
        assert abs((labels[validation] == label).sum() - fraction * count) <= 0.5


def test_equal_seeds_give_equal_parts_and_different_seeds_different_ones() -> None:
    first, again, other = (split_train(LABELS, 0.2, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.bincount(LABELS[first]).tolist() == [8, 4, 1]


def test_every_series_can_be_chosen() -> None:
    chosen = np.concatenate([split_train(LABELS, 0.5, seed)[1] for seed in range(40)])
    assert len(np.unique(chosen)) == len(LABELS)


@pytest.mark.parametrize("fraction", [0.0, 0.01])
def test_a_small_fraction_gives_no_validation_part(fraction: float) -> None:
    training, validation = split_train(LABELS, fraction, 0)
    assert len(validation) == 0
    assert validation.dtype == np.int64
    np.testing.assert_array_equal(training, np.arange(65))
