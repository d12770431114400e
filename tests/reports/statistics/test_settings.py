"""Settings against plain pandas and scipy: means, paired differences, and what is left apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from reports.statistics import Options
from reports.statistics.settings import table_of_settings
from tests.reports.statistics.examples import LOSS, PROBE, cells, only, random_trials, ssl_sweep, two_levels

SETTING = ["dataset", "ssl", "augmentations", "aug_recon_weight"]


def values_of(rows: pd.DataFrame, metric: str, **levels: str | None) -> pd.Series:
    """The values of a setting by seed."""
    for name, level in levels.items():
        rows = rows[rows[name].isna() if level is None else rows[name] == level]
    return rows.set_index("seed")[metric].sort_index()


@pytest.mark.parametrize("metric", [LOSS, PROBE], ids=["log", "raw"])
def test_every_setting_agrees_with_plain_computations(metric: object) -> None:
    design = ssl_sweep(seeds=5)
    rows = random_trials(design)
    table = table_of_settings(rows, design, metric, "aug_recon_weight")
    assert len(table) == 2 * (1 + 2 * 2 * 2)
    assert not table.duplicated(SETTING).any()
    for _, row in table.iterrows():
        levels = {name: None if pd.isna(row[name]) else row[name] for name in SETTING}
        values = values_of(rows, metric.name, **levels)
        values = np.log(values) if metric is LOSS else values
        assert row["n"] == 5
        assert row["y"] == pytest.approx(values.mean())
        if row["aug_recon_weight"] != "0.2":  # the reference itself, and the method that has no weight
            assert row["n_pairs"] != row["n_pairs"] or row["n_pairs"] == 0
            assert row[["difference", "low", "high", "around"]].isna().all()
            continue
        reference = values_of(rows, metric.name, **{**levels, "aug_recon_weight": "0.05"})
        reference = np.log(reference) if metric is LOSS else reference
        interval = ttest_rel(values, reference).confidence_interval()
        assert row["n_pairs"] == 5
        assert row["difference"] == pytest.approx((values - reference).mean())
        assert [row["low"], row["high"]] == pytest.approx([interval.low, interval.high])
        assert row["around"] == pytest.approx(reference.mean())


def test_a_reference_without_the_factor_is_paired_with_every_setting() -> None:
    design = ssl_sweep(datasets=1)
    rows = random_trials(design)
    table = table_of_settings(rows, design, LOSS, "ssl")
    reference = np.log(values_of(rows, "val_loss", ssl="none"))
    compared = table[table["ssl"] != "none"]
    assert len(compared) == 8
    for _, row in compared.iterrows():
        levels = {name: row[name] for name in SETTING}
        values = np.log(values_of(rows, "val_loss", **levels))
        interval = ttest_rel(values, reference).confidence_interval()
        assert [row["difference"], row["low"], row["high"]] == pytest.approx(
            [(values - reference).mean(), interval.low, interval.high]
        )
        assert row["around"] == pytest.approx(reference.mean())


def test_a_setting_without_the_factor_is_compared_with_the_mean_of_several_references() -> None:
    """`none` has no weight; where a method with one is the reference, both weights are its partners."""
    design = ssl_sweep(datasets=1)
    rows = random_trials(design)
    turned = type(design)(factors=design.factors, baseline={"ssl": "barlowtwins"})
    row = only(table_of_settings(rows, turned, LOSS, "ssl"), ssl="none")
    here = np.log(values_of(rows, "val_loss", ssl="none"))
    there = rows[rows["ssl"] == "barlowtwins"].assign(y=lambda frame: np.log(frame["val_loss"]))
    difference = here - there.groupby("seed")["y"].mean()
    assert row["n_pairs"] == 4
    assert row["difference"] == pytest.approx(difference.mean())
    half = ttest_rel(here, there.groupby("seed")["y"].mean()).confidence_interval()
    assert [row["low"], row["high"]] == pytest.approx([half.low, half.high])


def test_a_missing_seed_leaves_the_mean_of_the_others_and_the_pairs_that_are_whole() -> None:
    design = two_levels(seeds=5)
    rows = random_trials(design)
    rows.loc[(rows["variant"] == "b") & (rows["seed"] == "1"), "val_loss"] = np.nan
    rows.loc[(rows["variant"] == "a") & (rows["seed"] == "3"), "status"] = "failed"
    row = only(table_of_settings(rows, design, LOSS, "variant"), variant="b")
    values, reference = (np.log(values_of(rows, "val_loss", variant=name)) for name in ("b", "a"))
    both = ["0", "2", "4"]
    interval = ttest_rel(values[both], reference[both]).confidence_interval()
    assert row["n"] == 4
    assert row["n_pairs"] == 3
    assert row["y"] == pytest.approx(values.dropna().mean())
    assert [row["difference"], row["low"], row["high"]] == pytest.approx(
        [(values - reference)[both].mean(), interval.low, interval.high]
    )
    assert row["around"] == pytest.approx(reference.drop("3").mean())


def test_one_seed_has_a_difference_and_no_interval() -> None:
    design = two_levels(seeds=1)
    row = only(table_of_settings(random_trials(design), design, PROBE, "variant"), variant="b")
    assert [row["n"], row["n_pairs"]] == [1, 1]
    assert np.isfinite(row["difference"])
    assert row[["low", "high"]].isna().all()


def test_no_pair_leaves_the_mean_alone() -> None:
    design = two_levels(seeds=2)
    rows = random_trials(design)
    row = only(table_of_settings(rows[rows["variant"] == "b"], design, PROBE, "variant"), variant="b")
    assert row["n"] == 2
    assert row[["difference", "low", "high", "around"]].isna().all()


@pytest.mark.parametrize("change", [{"numerics_version": 1}, {"data_checksum": "other"}, {"dtype": "bf16"},
                                    {"device": "cuda:0"}])  # fmt: skip
def test_trials_of_other_conditions_are_left_apart_unless_pooled(change: dict[str, object]) -> None:
    design = two_levels(seeds=4)
    rows = random_trials(design)
    other = (rows["variant"] == "b") & (rows["seed"] == "3")
    for name, value in change.items():
        rows.loc[other, name] = value
    row = only(table_of_settings(rows, design, PROBE, "variant"), variant="b")
    assert [row["n"], row["n_pairs"]] == [3, 3]
    assert row["y"] == pytest.approx(rows.loc[(rows["variant"] == "b") & ~other, "probe_svm"].mean())
    pooled = only(table_of_settings(rows, design, PROBE, "variant", Options(pool=True)), variant="b")
    assert [pooled["n"], pooled["n_pairs"]] == [4, 4]


def test_a_difference_on_the_log_scale_does_not_depend_on_the_unit() -> None:
    design = ssl_sweep()
    rows = random_trials(design)
    columns = ["difference", "low", "high"]
    first = table_of_settings(rows, design, LOSS, "ssl")[columns]
    scaled = rows.assign(val_loss=1000 * rows["val_loss"])
    pd.testing.assert_frame_equal(first, table_of_settings(scaled, design, LOSS, "ssl")[columns])


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_trials_does_not_matter(seed: int) -> None:
    design = ssl_sweep()
    rows = random_trials(design, seed)
    first = table_of_settings(rows, design, LOSS, "ssl").sort_values(SETTING, ignore_index=True)
    shuffled = table_of_settings(rows.sample(frac=1, random_state=seed), design, LOSS, "ssl")
    pd.testing.assert_frame_equal(first, shuffled.sort_values(SETTING, ignore_index=True))


def test_what_is_common_to_a_seed_widens_no_interval() -> None:
    design = two_levels(seeds=4)
    rows = random_trials(design)
    shifted = rows.assign(probe_svm=rows["probe_svm"] + rows["seed"].astype(float))
    columns = ["difference", "low", "high"]
    first, second = (
        only(table_of_settings(each, design, PROBE, "variant"), variant="b")[columns] for each in (rows, shifted)
    )
    assert first.tolist() == pytest.approx(second.tolist())


def test_no_value_gives_an_empty_table_with_its_columns() -> None:
    design = two_levels()
    table = table_of_settings(cells(design).assign(probe_svm=np.nan), design, PROBE, "variant")
    assert table.empty
    assert {"n", "y", "n_pairs", "difference", "low", "high", "around"} <= set(table)
