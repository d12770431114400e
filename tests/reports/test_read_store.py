"""What is read from a store, and what is said when it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from orchestrator.store import Store
from orchestrator.store.lock import exclusive
from reports import ReportError
from reports.read_store import read_results
from reports.statistics.specification import Options

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter


def test_cells_carry_the_labels_of_the_sweep(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    assert set(results.cells["augmentations"].dropna()) == {"warp", "slice"}
    assert results.sweep.factors["aug_recon_weight"] == ["0.05", "0.2"]
    assert len(results.done) == len(results.cells) == 30
    assert results.sweep.baseline == {"ssl": "none"}


def test_unknown_sweep_lists_the_nearest_first(writer: StoreWriter) -> None:
    for name in ("zebra", "quickstart", "other"):
        writer.name = name
        writer.finish()
    with pytest.raises(ReportError, match=r"'quikstart' is not in the store .* it holds: quickstart, ") as caught:
        read_results(writer.root, "quikstart")
    assert "\n" not in str(caught.value)


def test_no_store_and_empty_store_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no ncvq store here"):
        read_results(tmp_path / "absent", "any")
    Store(tmp_path / "new", create=True)
    with pytest.raises(ReportError, match="holds no sweep yet"):
        read_results(tmp_path / "new", "any")


@pytest.mark.parametrize("suffix", [".json", ".parquet"])
@pytest.mark.parametrize("text", ["{", "[]", '{"name": "broken"}'])
def test_broken_sweep_file_is_one_line(tmp_path: Path, text: str, suffix: str) -> None:
    Store(tmp_path / "s", create=True)
    (tmp_path / "s" / "sweeps").mkdir()
    (tmp_path / "s" / "sweeps" / f"broken{suffix}").write_text(text)
    with pytest.raises(
        ReportError, match=rf"sweeps/broken\{suffix}: (damaged|cannot be read|not the record)"
    ) as caught:
        read_results(tmp_path / "s", "broken")
    assert "\n" not in str(caught.value)


def test_broken_trial_file_names_itself(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    trial_id = writer.add_done(cells[0])
    store = writer.finish()
    (store / "trials" / f"{trial_id}.parquet").write_bytes(b"half a file")
    with pytest.raises(ReportError, match=rf"trials/{trial_id}\.parquet: damaged, .*; `ncvq resume fixture`"):
        read_results(store, "fixture")


def test_files_of_several_versions_are_joined(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    writer.add_done(cells[0])
    writer.add_done(cells[1], fid=3.5, a_later_metric=1.0)
    results = read_results(writer.finish(), "fixture")
    assert results.cells["a_later_metric"].isna().tolist() == [True, False]
    assert results.cells["fid"].dropna().tolist() == [3.5]


def test_running_replaces_missing_and_failed_but_never_done(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    done, failed, missing, other = (
        writer.add_done(cells[0]),
        writer.add_done(cells[1], status="failed", error="invented"),
        writer.add(cells[2]),
        writer.add(cells[3]),
    )
    store = writer.finish()
    for trial_id in (done, failed, missing):
        writer.write_running(trial_id)
    assert set(read_results(store, "fixture").cells["status"]) == {"done", "failed", "missing"}  # nobody holds the lock
    with exclusive(store, "a test"):
        status = read_results(store, "fixture").cells.set_index("trial_id")
    assert status["status"].to_dict() == {done: "done", failed: "running", missing: "running", other: "missing"}
    assert status.loc[missing, "progress"] == "stage1, epoch 3 of 9, last sign 2020-01-01T00:00:00Z"
    assert pd.isna(status.loc[done, "progress"])


def test_history_is_that_of_done_trials_of_the_sweep(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    done = writer.add_done(cells[0])
    writer.add_done(cells[1], status="diverged")
    writer.write_rows("history", "foreign", [{"trial_id": "foreign", "stage": "stage1", "epoch": 1, "loss": 1.0}])
    history = read_results(writer.finish(), "fixture").history
    assert set(history["trial_id"]) == {done}
    assert history["epoch"].tolist() == [1, 2, 3, 4]


def test_numeric_levels_come_in_order_whatever_the_file_says(writer: StoreWriter) -> None:
    writer.factors = {"aug_recon_weight": [1.0, 0.05, 0.2], "ssl": ["vibcreg", "barlowtwins"]}
    writer.finish()
    factors = read_results(writer.root, "fixture").sweep.factors
    assert factors == {"aug_recon_weight": ["0.05", "0.2", "1"], "ssl": ["vibcreg", "barlowtwins"]}


def test_the_first_seeds_alone(full_store: Path) -> None:
    results = read_results(full_store, "fixture", Options(seeds=2))
    assert results.sweep.factors["seed"] == ["0", "1"]
    assert set(results.cells["seed"]) == {"0", "1"}
    assert results.sweep.seeds_launched == 3
    every = read_results(full_store, "fixture", Options(seeds=3))
    assert every.sweep == read_results(full_store, "fixture").sweep
    with pytest.raises(ReportError, match=r"--seeds 4: the sweep fixture was launched with 3"):
        read_results(full_store, "fixture", Options(seeds=4))


def test_the_first_seeds_are_those_of_the_file(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    writer.factors = {**writer.factors, "seed": [2, 0, 1]}
    for levels in cells:
        writer.add_done(levels)
    assert set(read_results(writer.finish(), "fixture", Options(seeds=1)).cells["seed"]) == {"2"}
