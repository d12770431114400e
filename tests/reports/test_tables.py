"""The table of means, coverage and provenance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from ncvq_core.metrics import METRICS
from orchestrator.store import StageRecord, Store
from reports.coverage import MAX_GRID_COLUMNS, coverage_grids, coverage_table, status_counts, troubled_cells
from reports.metrics import metrics_with_data
from reports.page import duration, memory
from reports.provenance import peak_memory_bytes, provenance_table, provenance_warnings, total_seconds
from reports.read_store import read_results
from reports.tables.means import mean_and_sd, summary_table
from tests.orchestrator.tables import writing

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

METRIC_BY_NAME = {metric.name: metric for metric in METRICS}


def test_summary_agrees_with_plain_pandas(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    summary = summary_table(results, metrics_with_data(results.done))
    trials = pd.read_parquet(full_store / "trials")
    expected = trials[trials["ssl"] == "none"].groupby("dataset")["probe_svm"].agg(["mean", "std"])
    got = summary[(summary["metric"] == "probe_svm") & (summary["ssl"] == "none")].set_index("dataset")
    assert got["mean"].to_dict() == pytest.approx(expected["mean"].to_dict())
    assert got["sd"].to_dict() == pytest.approx(expected["std"].to_dict())


@pytest.fixture
def four_seeds(writer: StoreWriter, cells: list[dict[str, Any]]) -> StoreWriter:
    """A sweep in which each setting has the seeds 0 to 3."""
    writer.factors = {**writer.factors, "seed": [0, 1, 2, 3]}
    for levels in [*cells, *({**levels, "seed": 3} for levels in cells if levels["seed"] == 0)]:
        writer.add_done(levels)
    return writer


def test_best_is_by_dataset_and_direction(four_seeds: StoreWriter) -> None:
    results = read_results(four_seeds.finish(), "fixture")
    summary = summary_table(results, metrics_with_data(results.done))
    best = summary[summary["best"]].set_index("metric")
    assert best.loc["recon_time", "ssl"].tolist() == ["none", "none"]  # lower is better
    assert best.loc["probe_svm", "augmentations"].tolist() == ["slice", "slice"]  # higher is better
    assert best.loc["probe_svm", "aug_recon_weight"].tolist() == ["0.2", "0.2"]
    assert "ssl_loss" not in best.index  # ranks nothing


def test_three_seeds_show_no_best(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    assert not summary_table(results, metrics_with_data(results.done))["best"].any()


@pytest.mark.parametrize("removed", [0, 7, 20, 39])
def test_no_best_in_a_dataset_that_lacks_a_trial(four_seeds: StoreWriter, removed: int) -> None:
    store = four_seeds.finish()
    trial = four_seeds.cells[removed]
    (store / "trials" / f"{trial['trial_id']}.parquet").unlink()
    results = read_results(store, "fixture")
    summary = summary_table(results, [METRIC_BY_NAME["recon_time"]]).set_index("dataset")
    missing = trial["levels"]["dataset"]
    assert not summary.loc[missing, "best"].any()
    assert summary.loc[missing, "n"].max() == 3
    assert summary.drop(index=missing)["best"].any()


def test_settings_that_no_test_tells_apart_share_the_best(four_seeds: StoreWriter) -> None:
    for index, cell in enumerate(four_seeds.cells):
        better = 1 + 1e-3 * (index % 3)
        value = (1 + cell["levels"]["seed"]) * (1.5 if cell["levels"]["augmentations"] == "slice" else better)
        four_seeds.write_trial(cell["trial_id"], cell["levels"], {"recon_time": value}, epochs=1)
    results = read_results(four_seeds.finish(), "fixture")
    best = summary_table(results, [METRIC_BY_NAME["recon_time"]]).query("best")
    assert set(best["augmentations"].fillna("none")) == {"warp", "none"}
    assert len(best) > 2


@pytest.mark.parametrize(
    ("mean", "sd", "text"),
    [
        (0.91234, 0.0131, "0.912 ± 0.013"),
        (12.3456, 1.5, "12.3 ± 1.5"),
        (1234.5, 150.0, "1234 ± 150"),
        (0.5, float("nan"), "0.5"),
        (0.5, 0.0, "0.5 ± 0"),
        (1.234e-7, 2.0e-8, "1.23e-07 ± 2.0e-08"),
        (float("nan"), float("nan"), "–"),
    ],
)
def test_mean_and_sd_keep_the_digits_that_mean_something(mean: float, sd: float, text: str) -> None:
    assert mean_and_sd(mean, sd) == text


def test_coverage_counts_every_cell_once(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    writer.add_done(cells[0])
    writer.add_done(cells[1], status="failed", error="first line\nsecond line")
    writer.add_done(cells[2], status="diverged", error="loss is nan")
    writer.add(cells[3])
    results = read_results(writer.finish(), "fixture")
    counts = status_counts(results.cells)
    assert counts == {"done": 1, "running": 0, "failed": 1, "diverged": 1, "pruned": 0, "missing": 1}
    trouble = troubled_cells(coverage_table(results))
    assert sorted(trouble["error"]) == ["first line", "loss is nan"]


def test_grids_hold_every_cell_once_and_fit_a_page(writer: StoreWriter) -> None:
    datasets = [f"set{index}" for index in range(20)]
    writer.factors = {"dataset": datasets, "ssl": ["none", "byol"], "seed": [0, 1, 2]}
    for dataset in datasets:
        for ssl in ("none", "byol"):
            for seed in (0, 1, 2):
                writer.add({"dataset": dataset, "ssl": ssl, "seed": seed})
    results = read_results(writer.finish(), "fixture")
    grids = coverage_grids(results)
    assert all(grid.shape[1] <= MAX_GRID_COLUMNS for grid in grids)
    held = sorted(int(index) for grid in grids for index in grid.to_numpy().ravel())
    assert held == list(range(120))
    coverage = coverage_table(results)
    for grid in grids:
        for (dataset, seed), column in grid.items():
            for ssl, index in column.items():
                cell = coverage.loc[index]
                assert (cell["dataset"], cell["seed"], cell["ssl"]) == (dataset, seed, ssl[0])


def test_a_sweep_that_grew_says_how_often(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    for levels in cells[:4]:
        writer.add_done(levels)
    every = list(writer.cells)
    for count in (2, 3, 3, 4):
        writer.cells = every[:count]
        writer.finish()
    warnings = provenance_warnings(read_results(writer.root, "fixture"))
    assert len([words for words in warnings if words.startswith("The sweep grew 2 times")]) == 1
    writer.cells = every[2:]
    writer.finish()
    assert not [words for words in provenance_warnings(read_results(writer.root, "fixture")) if "grew" in words]


def test_comparable_trials_raise_no_warning(full_store: Path) -> None:
    assert provenance_warnings(read_results(full_store, "fixture")) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"git_commit": "2222222"}, "git commit"),
        ({"git_commit": None}, "not recorded"),
        ({"git_dirty": True}, "uncommitted changes"),
        ({"torch_version": "9.9"}, "torch"),
        ({"precision": "bfloat16"}, "precision"),
        ({"package_versions": json.dumps({"numpy": "9.9", "scipy": "1.0.0"})}, "package numpy"),
        ({"data_checksum": "other"}, "Alpha: The trials mix values of data checksum"),
    ],
)
def test_mixed_provenance_is_warned_about(
    writer: StoreWriter, cells: list[dict[str, Any]], change: dict[str, object], words: str
) -> None:
    writer.add_done(cells[0])
    writer.add_done(cells[1], **change)
    warnings = provenance_warnings(read_results(writer.finish(), "fixture"))
    assert len(warnings) == 1
    assert words in warnings[0]


def test_what_trials_noted_is_said(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    noted = ("padded; fid is ill-conditioned: 20 series; padded", "padded; once; once", None)
    for cell, notes in zip(cells, noted, strict=False):
        writer.add_done(cell, data_notes=notes)
    dataset = cells[0]["dataset"]
    assert provenance_warnings(read_results(writer.finish(), "fixture")) == [
        f"{dataset}: padded (2 trials).",
        f"{dataset}: fid is ill-conditioned: 20 series (1 trial).",
        f"{dataset}: once (1 trial).",
    ]


def test_a_failed_trial_is_listed_but_does_not_warn(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    writer.add_done(cells[0])
    writer.add_done(cells[1], status="failed", host="elsewhere", git_commit="2222222")
    results = read_results(writer.finish(), "fixture")
    assert provenance_warnings(results) == []
    table = provenance_table(results.cells)
    assert sorted(table[table["field"] == "host"]["value"]) == ["elsewhere", "test-host"]


def test_a_shared_stage_counts_once(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    writer.add_done(cells[0], stage1_id="shared", stage1_seconds=100.0)
    writer.add_done(cells[1], stage1_id="shared", stage1_seconds=100.0)
    writer.add_done(cells[2], stage1_id="own", stage1_seconds=7.0, stage1_peak_memory_bytes=3 * 2**30)
    results = read_results(writer.finish(), "fixture")
    assert total_seconds(results) == 107.0
    assert peak_memory_bytes(results) == 3 * 2**30


def test_the_training_of_a_network_that_judges_counts_once(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    for levels in cells[:3]:
        writer.add_done(levels, stage1_seconds=10.0, fcn="trained 5e6f7a8b")
    network = {"metrics": {"fcn_accuracy": 0.9}, "details": {"fcn": "trained 5e6f7a8b"}}
    other = {"metrics": {"fcn_accuracy": 0.9}, "details": {"fcn": "trained 00000000"}}
    samples = {"metrics": {"fid": 1.0}, "details": {"fcn": "trained 5e6f7a8b"}}
    stage1 = {"metrics": {"recon_time": 1.0}}
    store = Store(writer.finish())
    for index, content in enumerate((network, other, samples, stage1)):
        record = StageRecord(**content, timings={"seconds": 7.0}, provenance={}, history=[])
        store.write_stage(f"{index:012x}", record, writing(b"weights"))
    assert total_seconds(read_results(store.path, "fixture")) == 37.0


def test_sizes_and_times_are_readable() -> None:
    assert [duration(seconds) for seconds in (5.2, 600, 7500)] == ["5 s", "10 min", "2 h 05 min"]
    assert [memory(size) for size in (2**20, 3 * 2**29, float("nan"))] == ["1 MiB", "1.5 GiB", "not recorded"]
