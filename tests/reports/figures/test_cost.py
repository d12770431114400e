"""Cost: seconds and memory of each run once, by dataset and method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports.figures import cost
from tests.reports.figures.grids import figures_of, results_of_grid

SWEEP: dict[str, list[Any]] = {"dataset": ["Alpha", "Beta"], "ssl": ["none", "byol"], "seed": [0, 1, 2]}
TIME, MEMORY = "stage 1: time [s]", "stage 1: peak memory [GB]"


def test_means_and_ranges_agree_with_plain_pandas(tmp_path: Path) -> None:
    ((view, table, shown),) = figures_of(results_of_grid(tmp_path, SWEEP), "cost")
    trials = pd.read_parquet(tmp_path / "trials")
    for kind, column, unit in ((cost.TIME, "stage1_seconds", 1.0), (cost.MEMORY, "stage1_peak_memory_bytes", 1e-9)):
        expected = (
            (trials[column] * unit).groupby([trials["dataset"], trials["ssl"]]).agg(["size", "mean", "min", "max"])
        )
        found = table[table["kind"] == kind].set_index(["dataset", "method"])
        assert len(found) == 4
        for key, row in found.iterrows():
            assert row[["n", "value", "low", "high"]].tolist() == pytest.approx(expected.loc[key].tolist())
    words = cost.caption(table, view, shown)
    assert "(3 runs a mark)" in words
    assert words.endswith("Measured on test-device.")
    assert "stage 1 time from " in cost.alt_text(table, view)


def test_a_mark_a_dataset_and_method(tmp_path: Path) -> None:
    ((view, table, _),) = figures_of(results_of_grid(tmp_path, SWEEP), "cost")
    figure = cost.draw(table, view)
    assert [axes.get_title() for axes in figure.axes] == [TIME, MEMORY]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Alpha", "Beta"]
    for axes in figure.axes:
        assert [len(line.get_xdata()) for line in axes.lines] == [2, 2]
    assert figure.axes[1].get_xlim()[0] == 0


def test_a_run_that_trials_share_counts_once(tmp_path: Path) -> None:
    results = results_of_grid(
        tmp_path, {"ssl": ["none"], "token_embedding": ["learned", "codebook_init"], "seed": [0, 1]},
        baseline={"token_embedding": "learned"}, change=lambda levels: {"stage1_id": f"shared{levels['seed']}"},
    )  # fmt: skip
    ((_, table, _),) = figures_of(results, "cost")
    runs = table[table["kind"] == cost.TIME].set_index("stage")["n"]
    assert runs["stage 1"] == 2
    assert runs["stage 2"] == 4


def test_one_run_is_said(tmp_path: Path) -> None:
    ((view, table, shown),) = figures_of(results_of_grid(tmp_path, SWEEP | {"seed": [0]}), "cost")
    assert "(1 run a mark)" in cost.caption(table, view, shown)


def test_without_times_there_is_no_such_figure(tmp_path: Path) -> None:
    def change(levels: dict[str, Any]) -> dict[str, Any]:
        return {"stage1_seconds": None, "stage1_peak_memory_bytes": None}

    assert figures_of(results_of_grid(tmp_path, SWEEP, change=change), "cost") == []


def test_a_failed_trial_that_ran_counts(tmp_path: Path) -> None:
    results = results_of_grid(
        tmp_path, SWEEP, change=lambda levels: {"status": "failed"} if levels["seed"] == 0 else {}
    )
    ((_, table, _),) = figures_of(results, "cost")
    assert set(table["n"]) == {3}
