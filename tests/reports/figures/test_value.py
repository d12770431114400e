"""The table behind the figure of a metric, its panels and its axis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from ncvq_core.metrics import METRICS, Metric
from reports.figures import value
from reports.figures.value_axis import reference_rows, use_log_axis, value_limits
from reports.metrics import metrics_with_data
from reports.panels import split_panels, value_layout
from reports.read_store import Results, read_results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tests.reports.conftest import StoreWriter

METRIC_BY_NAME = {metric.name: metric for metric in METRICS}
RECON = METRIC_BY_NAME["recon_time"]


def value_table(results: Results, metric: Metric) -> pd.DataFrame:
    return value.table(results, pd.DataFrame(), value.view_of(results, metric))


def draw_values(table: pd.DataFrame, metric: Metric, results: Results) -> Figure:
    return value.draw(table, value.view_of(results, metric))


def value_caption(table: pd.DataFrame, metric: Metric, results: Results) -> str:
    return value.caption(table, value.view_of(results, metric), results)


def panels_of(results: Results, metric: Metric = RECON) -> dict[str, pd.DataFrame]:
    table = value_table(results, metric)
    return {panel.title: panel.table for panel in split_panels(table, results.sweep, value_layout(results.sweep))}


def test_table_agrees_with_plain_pandas(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    table = value_table(results, RECON)
    trials = pd.read_parquet(full_store / "trials")
    part = trials[(trials["dataset"] == "Beta") & (trials["augmentations"] == "raw_slice")]
    expected = part[part["aug_recon_weight"] == 0.2]["recon_time"]
    chosen = (table["dataset"] == "Beta") & (table["augmentations"] == "slice") & (table["aug_recon_weight"] == "0.2")
    assert sorted(table.loc[chosen, "value"]) == pytest.approx(sorted(expected))
    assert table.loc[chosen, "mean"].unique() == pytest.approx(expected.mean())
    assert table.loc[chosen, "sd"].unique() == pytest.approx(expected.std())
    assert (table["n"] == 3).all()
    assert len(table) == len(trials) == 30


def test_augmentations_have_their_own_panels_and_the_baseline_is_in_each(full_store: Path) -> None:
    panels = panels_of(read_results(full_store, "fixture"))
    assert list(panels) == ["Alpha · warp", "Alpha · slice", "Beta · warp", "Beta · slice"]
    for title, panel in panels.items():
        assert set(panel["augmentations"].dropna()) == {title.split(" · ")[1]}
        assert reference_rows(panel)["ssl"].unique().tolist() == ["none"]
        assert len(reference_rows(panel)) == 3


def test_a_mark_never_averages_over_anything_but_seeds(writer: StoreWriter) -> None:
    writer.factors = {
        "ssl": ["none", "barlowtwins"],
        "aug_recon_weight": [0.1, 0.2],
        "token_embedding": ["learned", "codebook_init"],
        "seed": [0, 1],
    }
    for embedding in ("learned", "codebook_init"):
        for seed in (0, 1):
            rest = {"token_embedding": embedding, "seed": seed}
            writer.add({**rest, "ssl": "none", "aug_recon_weight": None}, {"fid": 1.0})
            writer.add({**rest, "ssl": "barlowtwins", "aug_recon_weight": 0.1}, {"fid": float(seed)})
    panels = panels_of(read_results(writer.finish(), "fixture"), METRIC_BY_NAME["fid"])
    assert list(panels) == ["learned", "codebook_init"]
    for panel in panels.values():
        assert (panel.groupby(["ssl", "position"], dropna=False)["seed"].nunique() == 2).all()
        assert not panel.duplicated(["ssl", "position", "seed"]).any()


def test_without_weights_the_axis_has_methods_and_augmentations(writer: StoreWriter) -> None:
    writer.factors = {"dataset": ["Alpha"], "ssl": ["none", "byol"], "augmentations": ["warp", "slice"], "seed": [0, 1]}
    for seed in (0, 1):
        for ssl, augmentations in (("none", None), ("byol", "warp"), ("byol", "slice")):
            levels = {"dataset": "Alpha", "ssl": ssl, "augmentations": augmentations, "seed": seed}
            writer.add(levels, {"recon_time": 1.0 + seed})
    results = read_results(writer.finish(), "fixture")
    table = value_table(results, RECON)
    assert list(table["position"].unique()) == ["none", "byol\nwarp", "byol\nslice"]
    assert reference_rows(table)["ssl"].unique().tolist() == ["none"]
    axes = draw_values(table, RECON, results).axes
    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["none", "byol\nwarp", "byol\nslice"]


def test_diverged_and_valueless_trials_are_left_out_and_counted(
    writer: StoreWriter, cells: list[dict[str, Any]]
) -> None:
    for index, levels in enumerate(cells):
        changes: dict[str, object] = {}
        if index == 1:
            changes = {"status": "diverged", "recon_time": 1e9}
        if index == 2:
            changes = {"recon_time": float("nan")}
        if index == 3:
            changes = {"recon_time": float("inf")}
        writer.add_done(levels, **changes)
    results = read_results(writer.finish(), "fixture")
    table = value_table(results, RECON)
    assert len(table) == 27
    assert table["value"].max() < 10
    assert sorted(table["n"].unique()) == [2, 3]
    caption = value_caption(table, RECON, results)
    assert "1 diverged" in caption
    assert "2 done trials have no finite value" in caption
    assert "n = 2 to 3" in caption


def test_one_seed_has_no_interval_and_the_caption_says_so(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    for levels in cells:
        if levels["seed"] == 0:
            writer.add_done(levels)
    results = read_results(writer.finish(), "fixture")
    table = value_table(results, RECON)
    assert table["low"].isna().all()
    caption = value_caption(table, RECON, results)
    assert "n = 1" in caption
    assert "interval can be drawn" in caption
    assert "band" not in caption
    assert not any(axes.patches for axes in draw_values(table, RECON, results).axes)


def test_only_the_baseline_makes_one_panel_a_dataset(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    for levels in cells:
        if levels["ssl"] == "none":
            writer.add_done(levels)
    results = read_results(writer.finish(), "fixture")
    assert list(panels_of(results)) == ["Alpha", "Beta"]
    figure = draw_values(value_table(results, RECON), RECON, results)
    assert [axes.get_title() for axes in figure.axes] == ["Alpha", "Beta"]


def test_panels_of_a_dataset_share_their_axis_and_wrap(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    axes = draw_values(value_table(results, RECON), RECON, results).axes
    limits = {pair.get_title(): pair.get_ylim() for pair in axes}
    assert limits["Alpha · warp"] == limits["Alpha · slice"]


def test_metrics_with_data_skips_the_empty_ones(full_store: Path) -> None:
    names = [metric.name for metric in metrics_with_data(read_results(full_store, "fixture").done)]
    assert names == ["recon_time", "probe_svm", "ssl_loss"]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_limits_hold_all_values_and_cut_wide_intervals(logarithmic: bool) -> None:
    table = pd.DataFrame({"value": [1.0, 2.0, 1.5], "low": [-50.0, -50.0, 1.2], "high": [50.0, 50.0, 1.8]})
    low, high = value_limits(table, logarithmic=logarithmic)
    assert low < 1.0
    assert 2.0 < high < 50.0
    assert not logarithmic or low > 0


def test_log_axis_only_for_positive_values_over_a_decade() -> None:
    metric = METRIC_BY_NAME["ssl_loss"]
    assert use_log_axis(pd.DataFrame({"value": [0.1, 5.0]}), metric)
    assert not use_log_axis(pd.DataFrame({"value": [1.0, 5.0]}), metric)
    assert not use_log_axis(pd.DataFrame({"value": [0.0, 5.0]}), metric)
    assert not use_log_axis(pd.DataFrame({"value": [0.1, 5.0]}), RECON)
