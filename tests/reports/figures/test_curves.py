"""Curves: means and ranges by epoch, paired differences below, and no common axis where there is no common scale."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from reports.figures import curves
from reports.figures.contract import View
from reports.figures.curve_list import curves as all_curves
from reports.figures.lines import ALL, DIFFERENCE, VALUE, running_mean
from reports.read_store import Results, read_results
from tests.reports.figures.grids import figures_of, results_of_grid

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

SWEEP: dict[str, list[Any]] = {
    "dataset": ["Alpha", "Beta"], "ssl": ["none", "byol"], "augmentations": ["warp", "slice"],
    "aug_recon_weight": [0.05, 0.2], "seed": [0, 1, 2],
}  # fmt: skip


def pages_of(results: Results, column: str) -> list[tuple[View, pd.DataFrame, Results]]:
    return [page for page in figures_of(results, "curves") if page[0].subject == column]


def lines_of(root: Path, column: str) -> pd.DataFrame:
    """The history of stage 1 with the settings of its trials."""
    history = pd.read_parquet(root / "history")
    trials = pd.read_parquet(root / "trials")[
        ["trial_id", "dataset", "ssl", "augmentations", "aug_recon_weight", "seed"]
    ]
    joined = history[history["stage"] == "stage1"].merge(trials, on="trial_id")
    return joined.assign(y=joined[column], augmentations=joined["augmentations"].str.removeprefix("raw "))


def test_values_agree_with_plain_pandas(tmp_path: Path) -> None:
    ((_, table, _),) = pages_of(results_of_grid(tmp_path, SWEEP), "recon_time")
    plain = lines_of(tmp_path, "recon_time")
    rows = table[(table["track"] == VALUE) & (table["augmentations"] == "warp") & (table["series"] == "0.2")]
    for dataset in ("Alpha", "Beta"):
        here = plain[(plain["dataset"] == dataset) & (plain["augmentations"] == "warp")]
        expected = here[here["aug_recon_weight"] == 0.2].groupby("epoch")["y"].agg(["mean", "min", "max", "size"])
        found = rows[rows["dataset"] == dataset].set_index("epoch")
        assert found["value"].tolist() == pytest.approx(expected["mean"].tolist())
        assert found["low"].tolist() == pytest.approx(expected["min"].tolist())
        assert found["high"].tolist() == pytest.approx(expected["max"].tolist())
        assert found["n"].tolist() == expected["size"].tolist()


def test_differences_agree_with_plain_pairs(tmp_path: Path) -> None:
    ((_, table, _),) = pages_of(results_of_grid(tmp_path, SWEEP), "recon_time")
    plain = lines_of(tmp_path, "recon_time")
    rows = table[table["track"] == DIFFERENCE]
    assert set(rows["series"]) == {"0.2"}
    for _, row in rows.iterrows():
        here = plain[(plain["dataset"] == row["dataset"]) & (plain["augmentations"] == row["augmentations"])]
        here = here[here["epoch"] == row["epoch"]]
        one, other = (np.log(here[here["aug_recon_weight"] == level].set_index("seed")["y"]) for level in (0.2, 0.05))
        interval = ttest_rel(one, other).confidence_interval()
        expected = 100 * np.expm1([(one - other).mean(), interval.low, interval.high])
        assert row[["value", "low", "high"]].tolist() == pytest.approx(expected.tolist())


def test_a_panel_a_setting_with_a_line_a_level_and_one_of_the_baseline(tmp_path: Path) -> None:
    ((view, table, _),) = pages_of(results_of_grid(tmp_path, SWEEP), "recon_time")
    figure = curves.draw(table, view)
    for above, below in zip(figure.axes[::2], figure.axes[1::2], strict=True):
        assert len(above.lines) == 3  # two weights, and the method without one
        assert len({line.get_color() for line in above.lines}) == 3
        assert len(below.lines) == 2  # the larger weight, and no difference
        assert all(float(tick).is_integer() for tick in below.get_xticks())
    assert set(table["series"]) == {"0.05", "0.2", "none"}


def test_losses_of_methods_have_panels_and_axes_of_their_own(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, SWEEP | {"ssl": ["none", "byol", "vicreg"]})
    ((view, table, _),) = pages_of(results, "ssl_loss")
    methods = [dict(key)["ssl"] for key in view.layout.panels]
    assert methods == ["byol", "byol", "vicreg", "vicreg"] * 2
    assert "none" not in set(table[["series", "ssl"]].to_numpy().ravel())
    figure = curves.draw(table, view)
    for axes in figure.axes:
        assert axes.get_shared_y_axes().get_siblings(axes) == [axes]


def test_panels_of_one_dataset_share_an_axis_where_numbers_mean_the_same(tmp_path: Path) -> None:
    ((view, table, _),) = pages_of(results_of_grid(tmp_path, SWEEP), "recon_time")
    first = curves.draw(table, view).axes[0]
    assert len(first.get_shared_y_axes().get_siblings(first)) == 2


def test_one_epoch_is_a_mark_with_a_whisker(tmp_path: Path) -> None:
    ((view, table, shown),) = pages_of(results_of_grid(tmp_path, SWEEP, epochs=1), "recon_time")
    figure = curves.draw(table, view)
    for line in figure.axes[0].lines:
        assert line.get_marker() not in ("", "None")
        assert len(line.get_xdata()) == 1
    markers = [entry.get_marker() for entry in figure.legends[0].legend_handles]
    assert all(marker not in ("", "None") for marker in markers)
    assert "over 1 epoch;" in curves.alt_text(table, view)
    assert "(3 seeds)" in curves.caption(table, view, shown)


def test_the_caption_of_one_trial_is_true(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, {"dataset": ["Alpha"], "ssl": ["none"], "seed": [0]})
    ((view, table, shown),) = pages_of(results, "recon_time")
    assert set(table["series"]) == {ALL}
    assert curves.caption(table, view, shown) == "Reconstruction MSE, time in training by epoch (1 seed)."
    assert len(curves.draw(table, view).axes) == 1


@pytest.mark.parametrize("extra", [{}, {"tokenizer": ["stft", "patch"]}, {"ssl_weight": [0.1, 1.0]}])
def test_a_line_never_averages_over_anything_but_seeds(tmp_path: Path, extra: dict[str, list[Any]]) -> None:
    results = results_of_grid(tmp_path, SWEEP | extra | {"seed": [0, 1]})
    for view, table, _ in figures_of(results, "curves"):
        assert set(table["n"]) == {2}, view.name
        assert not table.duplicated(["panel", "track", "series", "epoch"]).any(), view.name
        places = {view.layout.colour, *(name for key in view.layout.panels for name, _ in key)}
        assert set(results.sweep.varying) <= places, view.name


def test_left_out_epochs_and_trials_are_no_zero(tmp_path: Path) -> None:
    def change(levels: dict[str, Any]) -> dict[str, Any]:
        return {"status": "failed", "error": "invented"} if levels["seed"] == 2 and levels["ssl"] == "byol" else {}

    ((view, table, shown),) = pages_of(results_of_grid(tmp_path, SWEEP, change=change), "recon_time")
    assert sorted(table["n"].unique()) == [2, 3]
    assert "(2 to 3 seeds)" in curves.caption(table, view, shown)


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
    pages = {
        view.subject: (view, table.set_index("epoch"), shown) for view, table, shown in figures_of(results, "curves")
    }
    view, drawn, shown = pages["prior_loss"]
    assert drawn.loc[[30, 31], "low"].tolist() == pytest.approx([3 + 4 / 7, 3 + 3 / 7])
    assert drawn.loc[[30, 31], "high"].tolist() == pytest.approx([4 + 4 / 7, 4 + 3 / 7])
    words = "a running mean is drawn, over 10 % of the epochs"
    assert words in curves.caption(drawn.reset_index(), view, shown)
    view, raw, shown = pages["validation_prior_loss"]
    assert raw.loc[[30, 31], "low"].tolist() == [3.0, 4.0]
    assert words not in curves.caption(raw.reset_index(), view, shown)


def test_every_column_of_the_history_has_a_curve_with_a_label() -> None:
    found = all_curves()
    assert len({curve.name for curve in found}) == len(found)
    assert all(curve.label for curve in found)
