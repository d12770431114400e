"""Intervals against scipy and plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reports.intervals import summarise


def test_interval_is_that_of_scipy() -> None:
    values = [1.0, 1.5, 0.7, 2.2]
    table = pd.DataFrame({"group": "a", "value": values})
    row = summarise(table, ["group"]).iloc[0]
    expected = stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values))
    assert (row["low"], row["high"]) == pytest.approx(expected)
    assert row["mean"] == pytest.approx(np.mean(values))
    assert row["sd"] == pytest.approx(np.std(values, ddof=1))


def test_groups_agree_with_plain_pandas(rng: np.random.Generator) -> None:
    table = pd.DataFrame({"a": list("xyz") * 4, "b": list("pq") * 6, "value": rng.normal(size=12)})
    got = summarise(table, ["a", "b"]).set_index(["a", "b"])
    for levels, part in table.groupby(["a", "b"]):
        assert got.loc[levels, "mean"] == pytest.approx(part["value"].mean())
        assert got.loc[levels, "n"] == len(part)


def test_one_value_has_no_spread() -> None:
    row = summarise(pd.DataFrame({"group": ["a"], "value": [2.0]}), ["group"]).iloc[0]
    assert row["n"] == 1
    assert row["mean"] == 2.0
    assert row[["sd", "low", "high"]].isna().all()


def test_missing_values_do_not_count_and_missing_levels_are_levels() -> None:
    table = pd.DataFrame({"group": ["a", "a", None, None], "value": [1.0, np.nan, 3.0, 5.0]})
    got = summarise(table, ["group"])
    assert got["n"].tolist() == [1, 2]
    assert got["group"].isna().tolist() == [False, True]
    assert got["mean"].tolist() == [1.0, 4.0]


def test_without_groups_all_rows_are_one() -> None:
    got = summarise(pd.DataFrame({"value": [1.0, 3.0]}), [])
    assert got[["n", "mean"]].to_numpy().tolist() == [[2, 2.0]]


def test_half_width_of_two_values_is_known() -> None:
    row = summarise(pd.DataFrame({"group": "a", "value": [0.0, 1.0]}), ["group"]).iloc[0]
    assert row["high"] - row["mean"] == pytest.approx(12.7062 / 2, rel=1e-5)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
