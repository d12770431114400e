"""Which augmentation suits which dataset: the study's Figures 2 to 4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from reports.figures import robustness
from reports.figures.points import LINE, MEAN, SEED
from tests.reports.figures.grids import figures_of, results_of_grid

SWEEP: dict[str, list[Any]] = {
    "dataset": ["Alpha", "Beta"], "ssl": ["none", "byol", "vicreg"], "augmentations": ["warp", "slice"],
    "seed": [0, 1, 2],
}  # fmt: skip
TRACKS = ("probe_svm", "probe_knn", "recon_time", "val_loss")


def test_probes_and_reconstruction_stand_by_dataset_and_set_coloured_by_method(tmp_path: Path) -> None:
    ((view, table, shown),) = figures_of(results_of_grid(tmp_path, SWEEP), "robustness")
    assert view.metrics == TRACKS
    trials = pd.read_parquet(tmp_path / "trials")
    marks = table[(table["mark"] == MEAN) & (table["track"] == "probe_svm")]
    assert len(marks) == 2 * 2 * 2
    for _, row in marks.iterrows():
        here = trials[(trials["dataset"] == row["dataset"]) & (trials["ssl"] == row["series"])]
        values = here[here["augmentations"] == f"raw {row['place']}"].set_index("seed")["probe_svm"]
        other = trials[(trials["dataset"] == row["dataset"]) & (trials["ssl"] == "none")].set_index("seed")["probe_svm"]
        interval = ttest_rel(values, other).confidence_interval()
        assert row["value"] == pytest.approx(values.mean())
        assert row["low"] == pytest.approx(other.mean() + interval.low)
        assert row["high"] == pytest.approx(other.mean() + interval.high)
    words = robustness.caption(table, view, shown)
    assert "(3 seeds)" in words
    assert "Dashed line: none." in words
    assert "Whiskers: paired difference from ssl none." in words


def test_each_panel_has_the_baseline_as_a_line_and_a_mark_a_method(tmp_path: Path) -> None:
    ((view, table, _),) = figures_of(results_of_grid(tmp_path, SWEEP), "robustness")
    lines = table[table["mark"] == LINE]
    assert lines.groupby(["panel", "track"]).size().tolist() == [1] * (2 * 4)
    assert set(lines["series"]) == {"none"}
    figure = robustness.draw(table, view)
    assert len(figure.axes) == 2 * 4
    for axes in figure.axes:
        assert [line.get_linestyle() for line in axes.lines].count("--") == 1
        marks = [line for line in axes.lines if line.get_marker() in ("v", "^") and len(line.get_xdata())]
        assert [len(line.get_xdata()) for line in marks] == [2, 2]
        at = np.concatenate([line.get_xdata() for line in marks])
        assert len(set(at)) == 4  # methods stand side by side


def test_the_seeds_of_the_baseline_are_in_the_table(tmp_path: Path) -> None:
    ((_, table, _),) = figures_of(results_of_grid(tmp_path, SWEEP), "robustness")
    seeds = table[(table["mark"] == SEED) & (table["track"] == "val_loss")]
    assert seeds["trial_id"].nunique() == 2 * 3 * (1 + 2 * 2)


@pytest.mark.parametrize("change", [{"augmentations": ["warp"]}, {"ssl": ["byol"]}, {"aug_recon_weight": [0.1, 0.2]}])
def test_it_needs_both_factors_and_leaves_weights_to_their_figure(tmp_path: Path, change: dict[str, list[Any]]) -> None:
    assert figures_of(results_of_grid(tmp_path, SWEEP | change), "robustness") == []


def test_other_factors_have_panels_that_name_them(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, SWEEP | {"ssl_weight": [0.1, 1.0], "seed": [0, 1]})
    pages = figures_of(results, "robustness")
    titles = {title for _, table, _ in pages for title in table["title"]}
    assert titles == {f"{name}\nssl_weight={level}" for name in ("Alpha", "Beta") for level in ("0.1", "1")}
    for _, table, _ in pages:
        marks = table[table["mark"] == MEAN]
        assert not marks.duplicated(["panel", "track", "series", "place"]).any()
        assert set(marks["n"]) == {2}


def test_one_seed_is_said(tmp_path: Path) -> None:
    ((view, table, shown),) = figures_of(results_of_grid(tmp_path, SWEEP | {"seed": [0]}), "robustness")
    words = robustness.caption(table, view, shown)
    assert "(1 seed)" in words
    assert "No whisker" in words
    assert robustness.alt_text(table, view).count("from") == 4
