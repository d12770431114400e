"""Curves against plain pandas and scipy: means and paired differences at each epoch."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from reports.statistics import Options
from reports.statistics.epochs import differences_by_epoch, means_by_epoch
from reports.statistics.specification import Scale
from tests.reports.statistics.examples import Example, cells, ssl_sweep, two_levels

SETTING = ["dataset", "ssl", "augmentations", "aug_recon_weight"]
USUAL = Options()


def lines_of(rows: pd.DataFrame, epochs: int = 3, seed: int = 0) -> pd.DataFrame:
    """Values by epoch, in an order of no meaning, that share the noise of their seeds."""
    generator = np.random.default_rng(seed)
    noise = {key: generator.normal() for key, _ in rows.groupby(["dataset", "seed"])}
    parts = [
        rows.assign(epoch=epoch, value=[
            np.exp(0.3 * noise[key] + 0.05 * generator.normal()) / epoch
            for key in zip(rows["dataset"], rows["seed"], strict=True)
        ])
        for epoch in range(1, epochs + 1)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed)


def at(lines: pd.DataFrame, epoch: int, **levels: str | None) -> pd.Series:
    """The values of a setting at an epoch, by seed."""
    lines = lines[lines["epoch"] == epoch]
    for name, level in levels.items():
        lines = lines[lines[name].isna() if level is None else lines[name] == level]
    return lines.set_index("seed")["value"].sort_index()


@pytest.fixture
def design() -> Example:
    return ssl_sweep(seeds=4)


def test_means_and_ranges_agree_with_plain_pandas(design: Example) -> None:
    lines = lines_of(cells(design))
    table = means_by_epoch(lines, SETTING)
    assert len(table) == 3 * 2 * (1 + 2 * 2 * 2)
    for _, row in table.iterrows():
        values = at(lines, row["epoch"], **{name: None if pd.isna(row[name]) else row[name] for name in SETTING})
        assert row["n"] == 4
        assert [row["value"], row["low"], row["high"]] == pytest.approx([values.mean(), values.min(), values.max()])


@pytest.mark.parametrize("scale", ["log", "raw"])
@pytest.mark.parametrize(("factor", "reference"), [("ssl", "none"), ("aug_recon_weight", "0.05")])
def test_differences_agree_with_plain_pairs(design: Example, scale: Scale, factor: str, reference: str) -> None:
    trials = cells(design)
    lines = lines_of(trials)
    table = differences_by_epoch(lines, trials, design, factor, scale, USUAL)
    assert len(table) == 3 * 2 * (8 if factor == "ssl" else 4)
    assert reference not in set(table[factor])
    for _, row in table.iterrows():
        levels = {name: row[name] for name in SETTING}
        values = at(lines, row["epoch"], **levels)
        without = {"ssl": "none", "dataset": row["dataset"]}
        other = at(lines, row["epoch"], **(without if factor == "ssl" else {**levels, factor: reference}))
        values, other = (np.log(each) if scale == "log" else each for each in (values, other))
        interval = ttest_rel(values, other).confidence_interval()
        assert row["n"] == 4
        assert [row["difference"], row["low"], row["high"]] == pytest.approx(
            [(values - other).mean(), interval.low, interval.high]
        )


def test_an_epoch_that_a_seed_lacks_has_the_pairs_that_are_whole() -> None:
    design = two_levels(seeds=3)
    trials = cells(design)
    lines = lines_of(trials)
    gone = (lines["variant"] == "b") & (lines["seed"] == "1") & (lines["epoch"] == 3)
    table = differences_by_epoch(lines[~gone], trials, design, "variant", "raw", USUAL).set_index("epoch")
    assert table["n"].to_dict() == {1: 3, 2: 3, 3: 2}
    difference = (at(lines, 3, variant="b") - at(lines, 3, variant="a")).drop("1")
    assert table.loc[3, "difference"] == pytest.approx(difference.mean())


def test_one_seed_has_no_interval() -> None:
    design = two_levels(seeds=1)
    trials = cells(design)
    table = differences_by_epoch(lines_of(trials), trials, design, "variant", "raw", USUAL)
    assert table["n"].tolist() == [1, 1, 1]
    assert table["difference"].notna().all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_trials_of_other_conditions_are_left_apart_unless_pooled() -> None:
    design = two_levels(seeds=3)
    trials = cells(design)
    trials.loc[(trials["variant"] == "b") & (trials["seed"] == "2"), "numerics_version"] = 1
    lines = lines_of(trials)
    apart = differences_by_epoch(lines, trials, design, "variant", "raw", USUAL)
    pooled = differences_by_epoch(lines, trials, design, "variant", "raw", Options(pool=True))
    assert set(apart["n"]) == {2}
    assert set(pooled["n"]) == {3}


def test_values_that_have_no_logarithm_are_no_pair() -> None:
    design = two_levels(seeds=3)
    trials = cells(design)
    lines = lines_of(trials)
    lines.loc[(lines["seed"] == "0") & (lines["epoch"] == 2) & (lines["variant"] == "a"), "value"] = -1.0
    table = differences_by_epoch(lines, trials, design, "variant", "log", USUAL).set_index("epoch")
    assert table["n"].to_dict() == {1: 3, 2: 2, 3: 3}


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(design: Example, seed: int) -> None:
    trials = cells(design)
    lines = lines_of(trials, seed=seed)
    first = differences_by_epoch(lines, trials, design, "ssl", "log", USUAL)
    mixed = [each.sample(frac=1, random_state=seed + 1) for each in (lines, trials)]
    keys = [*SETTING, "epoch"]
    pd.testing.assert_frame_equal(
        first.sort_values(keys, ignore_index=True),
        differences_by_epoch(*mixed, design, "ssl", "log", USUAL).sort_values(keys, ignore_index=True),
    )


def test_a_curve_that_is_the_same_differs_by_nothing() -> None:
    design = two_levels(seeds=3)
    trials = cells(design)
    lines = lines_of(trials)
    lines["value"] = lines["epoch"] + lines["seed"].astype(float)
    table = differences_by_epoch(lines, trials, design, "variant", "log", USUAL)
    assert table[["difference", "low", "high"]].abs().max().max() == pytest.approx(0.0, abs=1e-12)
