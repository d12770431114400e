from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics import MetricSpec, compare
from reports.statistics.scale import as_effect, margin_on_scale, on_scale
from tests.reports.statistics.examples import LOSS, only, random_trials, two_levels, with_values


def test_rule_1_log_values_are_logarithms_and_invalid_ones_are_named() -> None:
    found = on_scale(pd.Series([1.0, math.e, 0.0, -1.0, math.nan, math.inf, None]), "log")
    assert found["y"].tolist()[:2] == [0.0, 1.0]
    assert found["y"][2:].isna().all()
    named = ["", "", "not above 0", "not above 0", "no number", "infinite", "no number"]
    assert found["problem"].fillna("").tolist() == named


def test_rule_1_raw_values_may_have_any_sign() -> None:
    found = on_scale(pd.Series([0.0, -1.0, -math.inf]), "raw")
    assert found["y"].tolist()[:2] == [0.0, -1.0]
    assert found["problem"].fillna("").tolist() == ["", "", "infinite"]


@given(st.floats(-5, 5))
def test_rule_1_a_ratio_comes_back_in_per_cent(difference: float) -> None:
    effect = as_effect(pd.Series([difference]), "log")[0]
    assert 1 + effect / 100 == pytest.approx(math.exp(difference), rel=1e-12)
    assert as_effect(pd.Series([difference]), "raw")[0] == difference


def test_rule_1_margins() -> None:
    assert margin_on_scale(0.05, "log") == pytest.approx(math.log(1.05), rel=1e-15)
    assert margin_on_scale(0.02, "raw") == 0.02
    assert math.isnan(margin_on_scale(None, "raw"))


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan, math.inf])
def test_rule_1_a_margin_without_inside_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin of val_loss"):
        MetricSpec(name="val_loss", scale="log", margin=margin)


def test_rule_1_an_effect_is_the_mean_ratio() -> None:
    design = two_levels(seeds=3)
    trials = with_values(
        random_trials(design), "val_loss", lambda row: 2.0 ** int(row.seed) * (1.1 if row.variant == "b" else 1.0)
    )
    row = only(compare(trials, design, LOSS, "variant"), dataset="data0")
    assert row["effect"] == pytest.approx(10.0)
    assert row["unit"] == "%"
    assert row["verdict"] == "same difference"


def test_rule_1_a_pair_that_has_no_ratio_is_dropped_and_named() -> None:
    design = two_levels(seeds=4)
    trials = random_trials(design)
    trials.loc[(trials["variant"] == "b") & (trials["seed"] == "2"), "val_loss"] = 0.0
    row = only(compare(trials, design, LOSS, "variant"), dataset="data0")
    assert (row["n_blocks"], row["n_dropped"], row["dropped"]) == (3, 1, "data0 seed 2: b: not above 0")


def test_rule_1_nothing_is_claimed_where_the_metric_has_another_meaning() -> None:
    design = two_levels(datasets=2)
    metric = MetricSpec(name="val_loss", scale="log", margin=0.05, incomparable=frozenset({"variant"}))
    table = compare(random_trials(design), design, metric, "variant")
    assert set(table["reason"]) == {"other meaning"}
    assert set(table["verdict"]) == {"cannot be said"}
    assert np.isnan(table[["effect", "p", "p_adjusted", "needed"]].astype(float)).all(axis=None)
