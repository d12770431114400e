"""What must not change, or must change sign, whatever the numbers are."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.statistics import compare
from tests.reports.statistics.examples import LOSS, PROBE, Example, random_trials, ssl_sweep, two_levels

pytestmark = pytest.mark.whole

NUMBERS = ["p", "p_adjusted", "p_equivalence", "p_equivalence_adjusted", "df", "se", "needed", "n_blocks"]
ENDS = {"estimate": "estimate", "low": "high", "high": "low", "low90": "high90", "high90": "low90"}
FEW = settings(max_examples=10)
SEEDS = st.integers(0, 10_000)


def swapped(design: Example) -> Example:
    return dataclasses.replace(design, baseline={"variant": "b"})


def same(here: pd.DataFrame, there: pd.DataFrame, columns: list[str]) -> None:
    np.testing.assert_allclose(here[columns].astype(float), there[columns].astype(float), rtol=1e-6, atol=1e-12)


@FEW
@given(SEEDS, st.integers(1, 4), st.integers(1, 5))
def test_swapping_level_and_reference_changes_the_sign_alone(seed: int, datasets: int, seeds: int) -> None:
    design = two_levels(datasets, seeds)
    trials = random_trials(design, seed)
    for metric in (LOSS, PROBE):
        here, there = (compare(trials, found, metric, "variant") for found in (design, swapped(design)))
        same(here, there, NUMBERS)
        for name, other in ENDS.items():
            np.testing.assert_allclose(here[name], -there[other], rtol=1e-6, atol=1e-12)
        words = there["verdict"].str.replace("better", "?").str.replace("worse", "better").str.replace("?", "worse")
        assert here["verdict"].tolist() == words.tolist()


@FEW
@given(SEEDS)
def test_the_order_of_rows_means_nothing(seed: int) -> None:
    design = ssl_sweep(2, 3)
    trials = random_trials(design, seed)
    trials.loc[seed % len(trials), "status"] = "failed"
    shuffled = trials.sample(frac=1, random_state=seed)
    for factor in ("ssl", "aug_recon_weight"):
        here, there = compare(trials, design, LOSS, factor), compare(shuffled, design, LOSS, factor)
        pd.testing.assert_frame_equal(
            here.drop(columns=["dropped"]), there.drop(columns=["dropped"]), rtol=1e-9, atol=1e-15
        )
        assert [sorted(str(text).split("; ")) for text in here["dropped"]] == [
            sorted(str(text).split("; ")) for text in there["dropped"]
        ]


@FEW
@given(SEEDS, st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_a_factor_on_the_log_scale_and_a_constant_on_the_raw_one_mean_nothing(
    seed: int, times: float, plus: float
) -> None:
    design = ssl_sweep(2, 4)
    trials = random_trials(design, seed)
    moved = trials.assign(val_loss=times * trials["val_loss"], probe_svm=plus + trials["probe_svm"])
    for metric in (LOSS, PROBE):
        here, there = (compare(found, design, metric, "ssl") for found in (trials, moved))
        same(here, there, [*NUMBERS, *ENDS])
        assert here["verdict"].tolist() == there["verdict"].tolist()


@FEW
@given(SEEDS, st.sampled_from([0.25, 2.0, 1024.0]))
def test_the_unit_of_a_raw_metric_means_nothing(seed: int, times: float) -> None:
    design = ssl_sweep(2, 4)
    trials = random_trials(design, seed)
    scaled = dataclasses.replace(PROBE, margin=0.02 * times)
    here = compare(trials, design, PROBE, "ssl")
    there = compare(trials.assign(probe_svm=times * trials["probe_svm"]), design, scaled, "ssl")
    same(here, there, ["p", "p_adjusted", "p_equivalence", "df", "needed"])
    np.testing.assert_allclose(times * here["estimate"], there["estimate"], rtol=1e-9)


@FEW
@given(SEEDS)
def test_the_noise_that_seeds_share_means_nothing(seed: int) -> None:
    design = ssl_sweep(2, 4)
    trials = random_trials(design, seed)
    generator = np.random.default_rng(seed)
    shift = trials[["dataset", "seed"]].drop_duplicates()
    shift = shift.assign(shift=generator.normal(size=len(shift)))
    moved = trials.assign(probe_svm=trials["probe_svm"] + trials.merge(shift, on=["dataset", "seed"])["shift"])
    same(compare(trials, design, PROBE, "ssl"), compare(moved, design, PROBE, "ssl"), [*NUMBERS, *ENDS])


def test_inputs_are_left_as_they_are() -> None:
    design = ssl_sweep()
    trials = random_trials(design)
    before = trials.copy(deep=True)
    compare(trials, design, LOSS, "ssl")
    pd.testing.assert_frame_equal(trials, before)


@pytest.mark.parametrize("name", ["dataset", "seed"])
def test_datasets_and_seeds_are_not_compared(name: str) -> None:
    design = ssl_sweep()
    with pytest.raises(ValueError, match=f"{name} is not a factor to compare"):
        compare(random_trials(design), design, LOSS, name)
