"""The table behind the training curves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reports.history_figure import CURVES, draw_history, history_table
from reports.read_store import read_results

CURVE_BY_NAME = {curve.name: curve for curve in CURVES}


def test_table_agrees_with_plain_pandas(full_store: Path) -> None:
    table = history_table(read_results(full_store, "fixture"), CURVE_BY_NAME["stage1_loss"])
    trials = pd.read_parquet(full_store / "trials")
    history = pd.read_parquet(full_store / "history")
    ids = trials[(trials["dataset"] == "Alpha") & (trials["ssl"] == "none")]["trial_id"]
    expected = history[history["trial_id"].isin(ids)].groupby("epoch")["loss"]
    got = table[(table["dataset"] == "Alpha") & (table["ssl"] == "none")].set_index("epoch")
    assert got["mean"].to_dict() == pytest.approx(expected.mean().to_dict())
    assert got["minimum"].to_dict() == pytest.approx(expected.min().to_dict())
    assert got["maximum"].to_dict() == pytest.approx(expected.max().to_dict())
    assert got["n"].tolist() == [3, 3, 3, 3]


def test_ssl_loss_has_no_baseline_and_an_absent_stage_is_empty(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    assert set(history_table(results, CURVE_BY_NAME["stage1_ssl_loss"])["ssl"]) == {"barlowtwins"}
    assert history_table(results, CURVE_BY_NAME["stage2_prior_loss"]).empty


def test_each_line_is_one_group(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    table = history_table(results, CURVE_BY_NAME["stage1_loss"])
    axes = draw_history(table, CURVE_BY_NAME["stage1_loss"], results.sweep).axes
    assert [len(pair.lines) for pair in axes] == [3, 3, 3, 3]  # the baseline and two weights
    assert len({line.get_color() for line in axes[0].lines}) == 3
    assert all(float(tick).is_integer() for tick in axes[0].get_xticks())
