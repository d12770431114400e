"""The table behind the training curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from reports.figures import history
from reports.figures.history import CURVES, Curve, running_mean
from reports.read_store import Results, read_results

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

CURVE_BY_NAME = {curve.name: curve for curve in CURVES}


def history_table(results: Results, curve: Curve) -> pd.DataFrame:
    return history.table(results, pd.DataFrame(), history.view_of(results, curve))


def history_caption(table: pd.DataFrame, curve: Curve, results: Results) -> str:
    return history.caption(table, history.view_of(results, curve), results)


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
    axes = history.draw(table, history.view_of(results, CURVE_BY_NAME["stage1_loss"])).axes
    assert [len(pair.lines) for pair in axes] == [3, 3, 3, 3]  # the baseline and two weights
    assert len({line.get_color() for line in axes[0].lines}) == 3
    assert all(float(tick).is_integer() for tick in axes[0].get_xticks())


def test_a_noisy_curve_is_a_running_mean_that_keeps_its_start() -> None:
    values = pd.Series(np.random.default_rng(0).normal(size=40))
    smooth = running_mean(values)  # over 5 of 40 epochs
    assert smooth[0] == values[0]
    assert smooth[1] == pytest.approx(values[:3].mean())
    assert smooth[20] == pytest.approx(values[18:23].mean())
    assert smooth[39] == pytest.approx(values[37:].mean())
    assert running_mean(values[:19]).tolist() == pytest.approx(values[:19].tolist())


def test_the_training_loss_of_the_prior_is_smoothed_and_says_so(writer: StoreWriter) -> None:
    writer.factors = {"dataset": ["Alpha"], "seed": [0, 1]}
    for seed in (0, 1):
        trial_id = writer.add({"dataset": "Alpha", "seed": seed}, {"prior_loss": 1.0})
        common = {"trial_id": trial_id, "stage": "stage2"}
        losses = [(epoch, 3.0 + seed + epoch % 2) for epoch in range(60, 0, -1)]
        rows = [{**common, "epoch": epoch, "prior_loss": loss, "validation_prior_loss": loss} for epoch, loss in losses]
        writer.write_rows("history", trial_id, rows)
    results = read_results(writer.finish(), "fixture")
    drawn = history_table(results, CURVE_BY_NAME["stage2_prior_loss"]).set_index("epoch")
    assert drawn.loc[[30, 31], "minimum"].tolist() == pytest.approx([3 + 4 / 7, 3 + 3 / 7])
    assert drawn.loc[[30, 31], "maximum"].tolist() == pytest.approx([4 + 4 / 7, 4 + 3 / 7])
    raw = history_table(results, CURVE_BY_NAME["stage2_validation_prior_loss"]).set_index("epoch")
    assert raw.loc[[30, 31], "minimum"].tolist() == [3.0, 4.0]
    words = "a running mean is drawn, over 10 % of the epochs"
    assert words in history_caption(drawn, CURVE_BY_NAME["stage2_prior_loss"], results)
    assert words not in history_caption(raw, CURVE_BY_NAME["stage2_validation_prior_loss"], results)
