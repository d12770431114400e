"""The table behind the figures of metrics: every setting where it belongs, and nothing averaged but seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from scipy.stats import ttest_rel

from ncvq_core.metrics import metrics_by_name
from reports.figures import value
from reports.figures.contract import View
from reports.figures.points import LINE, MEAN, SEED, places_of
from reports.figures.value_axis import use_log_axis, value_limits
from reports.read_store import Results
from tests.reports.figures.grids import cells_of, figures_of, results_of_grid

pytestmark = pytest.mark.whole

METRICS = metrics_by_name()
SETS, WEIGHTS = ["warp", "slice"], [0.05, 0.2]
FULL: dict[str, list[Any]] = {
    "dataset": ["Alpha", "Beta"], "ssl": ["none", "byol"], "augmentations": SETS, "aug_recon_weight": WEIGHTS,
    "seed": [0, 1, 2],
}  # fmt: skip
SHAPES: dict[str, dict[str, list[Any]]] = {
    "full": FULL,
    "one dataset": {"ssl": ["none", "byol"], "augmentations": SETS, "seed": [0, 1]},
    "no method": {"dataset": ["Alpha", "Beta"], "tokenizer": ["stft", "patch"], "projector_width": [16, 32],
                  "seed": [0, 1]},
    "four factors": {"dataset": ["Alpha", "Beta"], "ssl": ["none", "byol", "vicreg"], "augmentations": SETS,
                     "tokenizer": ["stft", "patch"], "ssl_weight": [0.1, 1.0], "seed": [0, 1]},
    "embeddings": {"dataset": ["Alpha"], "ssl": ["none", "byol"], "token_embedding": ["learned", "codebook_init"],
                   "seed": [0, 1]},
    "one factor": {"learning_rate": [0.001, 0.01, 0.1], "seed": [0, 1, 2]},
}  # fmt: skip


def pages_of(results: Results) -> list[tuple[View, pd.DataFrame, Results]]:
    return figures_of(results, "value")


def first_page(results: Results) -> tuple[View, pd.DataFrame, Results]:
    return pages_of(results)[0]


def same(rows: pd.DataFrame, name: str, level: object) -> pd.Series:
    return rows[name].isna() if pd.isna(level) else rows[name] == level


def test_points_agree_with_plain_pandas(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, FULL)
    _, table, _ = first_page(results)
    trials = pd.read_parquet(tmp_path / "trials").set_index("trial_id")
    means = table[(table["track"] == "recon_time") & (table["mark"] != SEED)]
    assert len(means) == 2 * 2 * (2 + 1)  # datasets, sets: two weights and the line of the baseline
    for _, row in means.iterrows():
        here = results.cells
        for name in ("dataset", "ssl", "augmentations", "aug_recon_weight"):
            here = here[same(here, name, row[name])]
        logarithms = np.log(trials.loc[here["trial_id"], "recon_time"])
        assert row["n"] == 3
        assert row["value"] == pytest.approx(np.exp(logarithms.mean()))
        if row["mark"] == MEAN:
            other = results.cells[(results.cells["ssl"] == "none") & (results.cells["dataset"] == row["dataset"])]
            reference = np.log(trials.loc[other["trial_id"], "recon_time"])
            interval = ttest_rel(logarithms.to_numpy(), reference.to_numpy()).confidence_interval()
            assert [row["low"], row["high"]] == pytest.approx(
                np.exp([reference.mean() + interval.low, reference.mean() + interval.high]).tolist()
            )
    seeds = table[(table["track"] == "recon_time") & (table["mark"] == SEED)]
    assert seeds["value"].tolist() == pytest.approx(trials.loc[seeds["trial_id"], "recon_time"].tolist())
    assert set(seeds["trial_id"]) == set(trials.index)


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_mark_never_averages_over_anything_but_seeds(tmp_path: Path, shape: str) -> None:
    factors = SHAPES[shape]
    results = results_of_grid(tmp_path, factors)
    varying = [name for name in results.sweep.varying]
    seen: dict[str, set[tuple[Any, ...]]] = {}
    for view, table, shown in pages_of(results):
        marks = table[table["mark"] != SEED]
        assert (marks["n"] == len(factors["seed"])).all()
        places = {view.layout.x, view.layout.colour, *(name for key in view.layout.panels for name, _ in key)}
        assert set(shown.sweep.varying) <= places, view.name
        # In a panel and track, no two settings have one place and series; the reference may be a mark and a line.
        assert not marks.duplicated(["panel", "track", "series", "place", "mark"]).any()
        assert not table[table["mark"] == SEED].duplicated(["panel", "track", "series", "place", "seed"]).any()
        for track, rows in marks.groupby("track"):
            names = [name for name in varying if name in rows]
            levels = rows[names].astype(object).where(rows[names].notna(), None)
            seen.setdefault(str(track), set()).update(map(tuple, levels.to_numpy()))
    first = next(iter(seen))
    if METRICS[first].stage != "stage2" and "token_embedding" not in factors:
        settings = {repr({name: level for name, level in cell.items() if name != "seed"}) for cell in cells_of(factors)}
        assert all(len(found) == len(settings) for found in seen.values())


def test_each_panel_has_the_baseline_as_a_dashed_line(tmp_path: Path) -> None:
    view, table, _ = first_page(results_of_grid(tmp_path, FULL))
    titles = ["Alpha\naugmentations=warp", "Alpha\naugmentations=slice", "Beta\naugmentations=warp"]
    assert list(dict.fromkeys(table["title"]))[:3] == titles
    lines = table[table["mark"] == LINE]
    assert set(lines["series"]) == {"none"}
    assert len(lines) == len(view.layout.panels) * len(view.layout.tracks)
    figure = value.draw(table, view)
    for axes in figure.axes:
        dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
        assert len(dashed) == 1
        assert (
            len([line for line in axes.lines if line.get_marker() not in ("", "None") and len(line.get_xdata())]) == 1
        )


def test_the_places_are_the_levels_in_order(tmp_path: Path) -> None:
    view, table, _ = first_page(results_of_grid(tmp_path, FULL))
    axes = value.draw(table, view).axes[-1]
    assert (
        [label.get_text() for label in axes.get_xticklabels()] == places_of(view.sweep, view.layout) == ["0.05", "0.2"]
    )


def lost(levels: dict[str, Any]) -> dict[str, Any]:
    if levels == {"dataset": "Alpha", "ssl": "byol", "augmentations": "warp", "aug_recon_weight": 0.05, "seed": 0}:
        return {"status": "diverged", "recon_time": 1e9}
    if (
        levels["dataset"] == "Beta"
        and levels["ssl"] == "byol"
        and levels["seed"] == 2
        and levels["augmentations"] == "warp"
    ):
        return {"recon_time": float("nan") if levels["aug_recon_weight"] == 0.05 else float("inf")}
    return {}


def test_what_is_left_out_is_named_and_not_drawn(tmp_path: Path) -> None:
    view, table, shown = first_page(results_of_grid(tmp_path, FULL, change=lost))
    rows = table[table["track"] == "recon_time"]
    assert len(rows[rows["mark"] == SEED].drop_duplicates("trial_id")) == 30 - 3
    assert rows["value"].max() < 10
    assert sorted(rows["n"].dropna().unique()) == [2, 3]
    words = value.caption(table, view, shown)
    assert "2 to 3 seeds" in words
    assert "3 trials are left out: " in words
    assert "Alpha ssl=byol augmentations=warp aug_recon_weight=0.05 seed 0 (diverged)" in words
    assert "Beta ssl=byol augmentations=warp aug_recon_weight=0.2 seed 2 (no finite recon_time)" in words


def test_one_seed_has_no_whisker_and_the_caption_says_so(tmp_path: Path) -> None:
    view, table, shown = first_page(results_of_grid(tmp_path, FULL | {"seed": [0]}))
    assert table["low"].isna().all()
    words = value.caption(table, view, shown)
    assert "(1 seed)" in words
    assert "No whisker: no setting has two pairs." in words
    whiskers = [each for axes in value.draw(table, view).axes for each in axes.findobj(LineCollection)]
    assert all(not len(each.get_segments()) for each in whiskers)


def test_one_trial_has_no_such_figure(tmp_path: Path) -> None:
    assert pages_of(results_of_grid(tmp_path, {"dataset": ["Alpha"], "ssl": ["none"], "seed": [0]})) == []


def test_only_the_baseline_makes_one_panel_a_dataset(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, FULL, change=lambda levels: {} if levels["ssl"] == "none" else None)
    view, table, _ = first_page(results)
    assert [axes.get_title() for axes in value.draw(table, view).axes if axes.get_title()] == ["Alpha", "Beta"]


def test_panels_of_a_dataset_share_their_axis(tmp_path: Path) -> None:
    view, table, _ = first_page(results_of_grid(tmp_path, FULL))
    limits = {axes.get_title(): axes.get_ylim() for axes in value.draw(table, view).axes if axes.get_title()}
    assert limits["Alpha\naugmentations=warp"] == limits["Alpha\naugmentations=slice"]
    assert limits["Alpha\naugmentations=warp"] != limits["Beta\naugmentations=warp"]


def test_numbers_that_do_not_mean_the_same_are_not_in_one_figure(tmp_path: Path) -> None:
    shown = {name for view, _, _ in pages_of(results_of_grid(tmp_path, FULL)) for name in view.metrics}
    assert {"recon_time", "val_loss", "probe_svm", "probe_knn"} <= shown
    two = results_of_grid(tmp_path / "two", FULL | {"ssl": ["none", "byol", "vicreg"]})
    assert "ssl_loss" not in {name for view, _, _ in pages_of(two) for name in view.metrics}


@pytest.mark.parametrize("logarithmic", [False, True])
def test_limits_hold_all_values_and_cut_wide_intervals(logarithmic: bool) -> None:
    table = pd.DataFrame({"value": [1.0, 2.0, 1.5], "low": [-50.0, -50.0, 1.2], "high": [50.0, 50.0, 1.8]})
    low, high = value_limits(table, logarithmic=logarithmic)
    assert low < 1.0
    assert 2.0 < high < 50.0
    assert not logarithmic or low > 0


def test_log_axis_only_for_positive_values_over_a_decade() -> None:
    metric = METRICS["ssl_loss"]
    assert use_log_axis(pd.DataFrame({"value": [0.1, 5.0]}), metric)
    assert not use_log_axis(pd.DataFrame({"value": [1.0, 5.0]}), metric)
    assert not use_log_axis(pd.DataFrame({"value": [0.0, 5.0]}), metric)
    assert not use_log_axis(pd.DataFrame({"value": [0.1, 5.0]}), METRICS["recon_time"])
