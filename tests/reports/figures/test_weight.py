"""Does the weight matter: differences from the smallest above, values below, methods without a weight as lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from ncvq_core.metrics import metrics_by_name
from reports.figures import weight
from reports.figures.points import LINE, MEAN
from reports.figures.weight import DIFFERENCE
from tests.reports.figures.grids import figures_of, results_of_grid

pytestmark = pytest.mark.whole

SWEEP: dict[str, list[Any]] = {
    "dataset": ["Alpha", "Beta"], "ssl": ["none", "byol"], "augmentations": ["warp", "slice"],
    "aug_recon_weight": [0.05, 0.1, 0.2], "seed": [0, 1, 2],
}  # fmt: skip


def in_time(root: Path) -> pd.DataFrame:
    """The logarithm of val_loss of each trial by seed, with its levels."""
    trials = pd.read_parquet(root / "trials")
    return trials.assign(y=np.log(trials["val_loss"]))


def test_differences_are_paired_with_the_smallest_weight(tmp_path: Path) -> None:
    view, table, _ = figures_of(results_of_grid(tmp_path, SWEEP), "weight")[0]
    assert view.name == "weight_val_loss"
    rows = table[(table["track"] == DIFFERENCE) & (table["place"] != "0.05")]
    assert len(rows) == 2 * 2 * 2
    trials = in_time(tmp_path)
    for _, row in rows.iterrows():
        here = trials[
            (trials["dataset"] == row["dataset"]) & (trials["augmentations"] == f"raw {row['augmentations']}")
        ]
        by_weight = {key: part.set_index("seed")["y"] for key, part in here.groupby("aug_recon_weight")}
        difference = by_weight[float(row["place"])] - by_weight[0.05]
        interval = ttest_rel(by_weight[float(row["place"])], by_weight[0.05]).confidence_interval()
        expected = 100 * np.expm1([difference.mean(), interval.low, interval.high])
        assert row[["value", "low", "high"]].tolist() == pytest.approx(expected.tolist())
    margin = metrics_by_name()["val_loss"].margin
    assert rows["margin_high"].tolist() == pytest.approx([100 * margin] * len(rows))
    assert rows["margin_low"].tolist() == pytest.approx([-100 * margin / (1 + margin)] * len(rows))
    smallest = table[(table["track"] == DIFFERENCE) & (table["place"] == "0.05")]
    assert (smallest["value"] == 0).all()


def test_values_are_means_and_methods_without_a_weight_are_dashed_lines(tmp_path: Path) -> None:
    view, table, _ = figures_of(results_of_grid(tmp_path, SWEEP), "weight")[0]
    values = table[table["track"] == "val_loss"]
    trials = in_time(tmp_path)
    for _, row in values[values["mark"] == MEAN].iterrows():
        here = trials[
            (trials["dataset"] == row["dataset"]) & (trials["augmentations"] == f"raw {row['augmentations']}")
        ]
        here = here[here["aug_recon_weight"] == float(row["place"])]
        assert row["value"] == pytest.approx(np.exp(here["y"].mean()))
    lines = values[values["mark"] == LINE]
    assert set(lines["series"]) == {"none"}
    assert sorted(lines["panel"]) == [0, 1, 2, 3]
    figure = weight.draw(table, view)
    assert len(figure.axes) == 2 * 4
    for above, below in zip(figure.axes[::2], figure.axes[1::2], strict=True):
        assert [line.get_linestyle() for line in below.lines].count("--") == 1
        assert not [line for line in above.lines if line.get_linestyle() == "--"]
        for axes in (above, below):
            (joined,) = [line for line in axes.lines if line.get_marker() == "v"]  # byol
            assert len(joined.get_xdata()) == 3


def test_every_panel_and_page_is_of_one_setting_of_the_other_factors(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, SWEEP | {"tokenizer": ["stft", "patch"], "seed": [0, 1]})
    for view, table, _ in figures_of(results, "weight"):
        marks = table[table["mark"] == MEAN]
        assert not marks.duplicated(["panel", "track", "series", "place"]).any(), view.name
        assert set(marks["n"]) == {2}


def test_what_does_not_mean_the_same_across_methods_has_panels_for_each(tmp_path: Path) -> None:
    pages = figures_of(results_of_grid(tmp_path, SWEEP | {"ssl": ["none", "byol", "vicreg"]}), "weight")
    (losses,) = [view for view, _, _ in pages if view.subject == "ssl_loss"]
    assert {dict(key)["ssl"] for key in losses.layout.panels} == {"byol", "vicreg"}
    (table,) = [table for view, table, _ in pages if view.subject == "ssl_loss"]
    assert "none" not in set(table["series"])


def test_captions_and_words_are_true(tmp_path: Path) -> None:
    def change(levels: dict[str, Any]) -> dict[str, Any] | None:
        return None if levels["seed"] == 2 and levels["aug_recon_weight"] == 0.2 and levels["dataset"] == "Beta" else {}

    view, table, shown = figures_of(results_of_grid(tmp_path, SWEEP, change=change), "weight")[0]
    words = weight.caption(table, view, shown)
    assert "difference from 0.05" in words
    assert "(2 to 3 seeds)" in words
    assert "2 trials are left out: Beta ssl=byol augmentations=warp aug_recon_weight=0.2 seed 2 (missing); " in words
    told = weight.alt_text(table, view)
    compared = table[(table["track"] == DIFFERENCE) & (table["place"] != "0.05")]["value"]
    assert f"from {compared.min():+.3g} to {compared.max():+.3g} %" in told


def test_no_pair_is_said(tmp_path: Path) -> None:
    def change(levels: dict[str, Any]) -> dict[str, Any] | None:
        return {} if levels["aug_recon_weight"] in (None, 0.2) else None

    view, table, shown = figures_of(results_of_grid(tmp_path, SWEEP, change=change), "weight")[0]
    assert weight.alt_text(table, view).endswith("no weight has a pair yet.")
    assert weight.draw(table, view).axes
    assert "3 seeds" in weight.caption(table, view, shown)


def test_one_weight_has_no_such_figure(tmp_path: Path) -> None:
    assert figures_of(results_of_grid(tmp_path, SWEEP | {"aug_recon_weight": [0.1]}), "weight") == []


def test_many_datasets_are_a_map_and_their_panels_stand_in_the_appendix(tmp_path: Path) -> None:
    many = SWEEP | {"dataset": [f"Data{place:02d}" for place in range(12)], "seed": [0, 1]}
    views = weight.views(results_of_grid(tmp_path, many), pd.DataFrame())
    maps = [view for view in views if view.layout.datasets]
    assert {dataset for view in maps for dataset in view.layout.datasets} == set(many["dataset"])
    assert all(view.appendix for view in views if not view.layout.datasets)
    assert not next(view for view in maps if view.subject == "val_loss").appendix
