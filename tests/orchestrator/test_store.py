"""What the store guarantees: whole files or none, clear refusals, tables that anyone can read."""

import errno
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from orchestrator.store import StageRecord, Store
from orchestrator.store.errors import DamagedError, StoreError
from orchestrator.store.schema import HISTORY_TABLE, METRICS, SCHEMA_VERSION, TRIALS
from orchestrator.store.sealed import verify
from orchestrator.store.stage_folder import FILES
from tests.orchestrator.tables import writing

STAGE = "0123456789ab"
HISTORY = [{"trial_id": "aaaaaaaaaaaa", "stage": "stage1", "epoch": 1, "loss": 0.5}]
RECORD = StageRecord(metrics={"val_loss": 1.0}, timings={"seconds": 2.0}, provenance={"host": "h"}, history=[])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "new" / "store", create=True)


def row(trial_id: str = "aaaaaaaaaaaa", **values: Any) -> dict[str, Any]:
    return {"trial_id": trial_id, "status": "done", **values}


def files(store: Store) -> set[str]:
    return {str(path.relative_to(store.path)) for path in store.path.rglob("*") if path.is_file()}


def full_disk(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


# Round trips


def test_a_stage_comes_back_as_it_was_kept(store: Store) -> None:
    record = StageRecord(
        metrics={"val_loss": 0.1 + 0.2, "probe_svm": None},
        timings={"seconds": 1e-7},
        provenance={"host": "höst"},
        history=[{"epoch": 1, "loss": 1 / 3}],
    )
    store.write_stage(STAGE, record, writing(b"weights"))
    assert store.has_stage(STAGE)
    assert store.read_stage(STAGE) == record


def test_a_trial_comes_back_as_it_was_kept(store: Store) -> None:
    assert store.read_trial("aaaaaaaaaaaa") is None
    store.write_trial(row(val_loss=1 / 3, seed=7), [])
    kept = store.read_trial("aaaaaaaaaaaa")
    assert kept is not None
    assert {name: kept[name] for name in ("status", "val_loss", "seed", "error")} == {
        "status": "done",
        "val_loss": 1 / 3,
        "seed": 7,
        "error": None,
    }
    assert store.trial_ids() == ["aaaaaaaaaaaa"]
    assert store.read_trials_table(columns=("status",)).rows.to_pylist() == [
        {"trial_id": "aaaaaaaaaaaa", "status": "done"}
    ]


def test_a_finished_stage_needs_no_checkpoint(store: Store) -> None:
    checkpoint = store.checkpoint_path(STAGE)
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"")
    store.put_aside_checkpoint(STAGE)
    assert [path.suffix for path in checkpoint.parent.iterdir()] == [".unfit"]
    checkpoint.write_bytes(b"")
    store.write_stage(STAGE, RECORD, writing(b"weights"))
    assert list(checkpoint.parent.iterdir()) == []


def test_checkpoints_that_a_killed_process_left_go_when_their_stage_is_done(store: Store) -> None:
    store.write_stage(STAGE, RECORD, writing(b"weights"))
    checkpoint = store.checkpoint_path(STAGE)
    unfinished = store.checkpoint_path("ba9876543210")
    for path in (checkpoint, checkpoint.with_suffix(".unfit"), unfinished, unfinished.with_suffix(".unfit")):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    store.clear_remains()
    assert {path.stem for path in checkpoint.parent.iterdir()} == {"ba9876543210"}
    assert len(list(checkpoint.parent.iterdir())) == 2


def test_another_design_of_the_same_name_is_kept(store: Store) -> None:
    first: dict[str, Any] = {"name": "tiny", "factors": {"seed": [0]}, "baseline": {}, "cells": [], "launched_at": "1"}
    second = {**first, "factors": {"seed": [0, 1]}}
    assert store.write_sweep(first) is None
    assert store.write_sweep({**first, "launched_at": "2"}) is None
    kept = store.write_sweep(second)
    assert kept is not None
    assert store.write_sweep(second) is None
    assert store.sweep_names() == sorted(["tiny", kept])
    assert store.read_sweep("tiny") == second
    assert store.read_sweep(kept) == {**first, "launched_at": "2", "name": kept}


def test_a_sweep_is_one_row_a_cell_that_anyone_reads(store: Store) -> None:
    cells = [
        {"trial_id": "a", "levels": {"ssl": "none", "weight": None, "flip": True}},
        {"trial_id": "b", "levels": {"ssl": "barlowtwins", "weight": 0.5, "flip": False}},
        {"trial_id": "c", "levels": {"ssl": "barlowtwins", "weight": 1, "flip": False}},
    ]
    factors = {"ssl": ["none", "barlowtwins"], "weight": [0.5, 1], "flip": [True, False]}
    record = {"name": "x", "description": "why €", "factors": factors, "baseline": {"ssl": "none"}, "cells": cells}
    store.write_sweep(record)
    assert store.read_sweep("x") == record
    table = pd.read_parquet(store.path / "sweeps" / "x.parquet")
    assert table["trial_id"].tolist() == ["a", "b", "c"]
    assert table["weight"].fillna("–").tolist() == ["–", "0.5", "1"]


# Atomic


@pytest.mark.parametrize("survivors", [0, 1, 2])
def test_a_crash_between_the_files_of_a_stage_leaves_it_not_done(
    store: Store, monkeypatch: pytest.MonkeyPatch, survivors: int
) -> None:
    replaced: list[str] = []
    replace = os.replace

    def crash_after(source: Path, target: Path) -> None:
        if len(replaced) == survivors:
            raise KeyboardInterrupt
        replace(source, target)
        replaced.append(Path(target).name)

    monkeypatch.setattr(os, "replace", crash_after)
    with pytest.raises(KeyboardInterrupt):
        store.write_stage(STAGE, RECORD, writing(b"weights"))
    assert not store.has_stage(STAGE)
    monkeypatch.setattr(os, "replace", replace)
    store.write_stage(STAGE, RECORD, writing(b"weights"))
    assert store.read_stage(STAGE) == RECORD


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_full_disk_is_one_line_and_leaves_no_file(store: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = files(store)
    monkeypatch.setattr(os, step, full_disk)
    with pytest.raises(StoreError, match=r"history/part-\w+.parquet: cannot be written: No space left") as caught:
        store.write_trial(row(), HISTORY)
    assert "\n" not in str(caught.value)
    assert files(store) == before
    assert store.read_trial("aaaaaaaaaaaa") is None


def test_a_full_disk_keeps_the_older_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_trial(row(status="failed"), [])
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(StoreError):
        store.write_trial(row(), [])
    kept = store.read_trial("aaaaaaaaaaaa")
    assert kept is not None
    assert kept["status"] == "failed"


def test_the_row_makes_a_trial_exist(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[str] = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (replaced.append(Path(b).parent.name), replace(a, b)))
    store.write_trial(row(), HISTORY)
    store.write_stage(STAGE, RECORD, writing(b"weights"))
    assert replaced == ["history", "trials", STAGE, STAGE, STAGE]


def test_what_is_kept_is_on_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file before it has its name, the names of a stage with its last file, new folders' names, too."""
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def flushed(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        done.append(f"flush {re.sub('[.][0-9a-f]{8}[.]tmp', '', Path(path).name.removeprefix('.'))}")
        fsync(descriptor)

    def named(path: Path, target: Path) -> None:
        done.append(f"name {target.name}")
        replace(path, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "replace", named)
    store.write_stage(STAGE, RECORD, writing(b"weights"))
    assert done[:2] == [f"flush {store.path.name}", "flush stages"]
    kept = [f"{step} {name}" for name in FILES for step in ("flush", "name")]
    assert done[2:] == [*kept, f"flush {STAGE}"]
    done.clear()
    store.write_running(STAGE, {"epoch": 1})
    assert f"flush {STAGE}.json" not in done


def test_remains_of_a_killed_process_are_cleared(store: Store) -> None:
    store.write_trial(row(), [])
    before = files(store)
    store.write_running(STAGE, {"epoch": 1})
    (store.path / "trials" / ".part-bbbbbbbbbbbb.parquet.1234abcd.tmp").write_bytes(b"PAR1 and no more")
    assert len(pd.read_parquet(store.path / "trials")) == 1
    assert store.trial_ids() == ["aaaaaaaaaaaa"]
    store.clear_remains()
    assert files(store) == before


def test_a_damaged_note_of_what_runs_is_left_out(store: Store) -> None:
    store.write_running(STAGE, {"epoch": 1})
    (store.path / "running" / "bad.json").write_text("{")
    assert store.read_running() == {STAGE: {"epoch": 1}}


# Refusals


def refusal(path: Path, *, create: bool = True) -> str:
    with pytest.raises(StoreError) as caught:
        Store(path, create=create)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_store(tmp_path: Path) -> None:
    assert "no ncvq store here" in refusal(tmp_path / "absent", create=False)
    assert not (tmp_path / "absent").exists()


def test_a_newer_schema(store: Store) -> None:
    (store.path / "store.json").write_text(f'{{"schema": {SCHEMA_VERSION + 1}}}')
    assert f"made by a newer ncvq (schema {SCHEMA_VERSION + 1}" in refusal(store.path)


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"schema": "one"}', '{"schema": null}', "\x00", '{"schema": 3}'])
def test_a_damaged_marker(store: Store, content: str) -> None:
    (store.path / "store.json").write_text(content)
    said = refusal(store.path)
    assert "store.json: damaged" in said
    assert "`ncvq check --repair" in said


def test_a_lost_marker(store: Store) -> None:
    (store.path / "store.json").unlink()
    for create in (True, False):
        assert "store.json is lost; `ncvq check --repair" in refusal(store.path, create=create)


def test_a_folder_with_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    assert "not empty and no ncvq store" in refusal(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_creation_that_was_killed_is_repeated(tmp_path: Path) -> None:
    (tmp_path / ".store.json.1234abcd.tmp").touch()
    assert Store(tmp_path, create=True).trial_ids() == []


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    assert "cannot make a store here: File exists" in refusal(tmp_path / "runs")
    assert "cannot make a store here: Not a directory" in refusal(tmp_path / "runs" / "deeper")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody can write")
def test_a_place_that_is_not_writable() -> None:
    assert "cannot make a store here" in refusal(Path("/proc/runs"))


def test_a_store_that_is_not_writable_can_be_read(finished: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # tests may run as root, whom no mode stops
    assert "not writable" in refusal(finished.path)
    assert len(Store(finished.path).trial_ids()) == 4


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and then nothing that makes sense PAR1"])
def test_a_damaged_row_is_named(store: Store, content: bytes) -> None:
    store.write_trial(row(), [])
    (path,) = (store.path / "trials").iterdir()
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=rf"trials/{path.name}: damaged"):
        store.read_trial("aaaaaaaaaaaa")


@pytest.mark.parametrize("name", ["record.json", "history.json"])
def test_a_damaged_stage_is_named(store: Store, name: str) -> None:
    store.write_stage(STAGE, RECORD, writing(b"weights"))
    (store.path / "stages" / STAGE / name).write_text("[")
    with pytest.raises(StoreError, match=rf"stages/{STAGE}: damaged .* `ncvq resume` runs the stage again"):
        store.read_stage(STAGE)


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("a", "trial 'a' is ambiguous, 2 ids start with it: aaaaaaaaaaaa, abbbbbbbbbbb"),
        ("x", "no trial 'x' in .*; it holds 3: aaaaaaaaaaaa, abbbbbbbbbbb, cccccccccccc"),
    ],
)
def test_a_trial_is_found_by_its_first_digits(store: Store, prefix: str, message: str) -> None:
    for trial_id in ("aaaaaaaaaaaa", "abbbbbbbbbbb", "cccccccccccc"):
        store.write_trial(row(trial_id), [])
    assert store.find_trial("ab")["trial_id"] == "abbbbbbbbbbb"
    with pytest.raises(StoreError, match=message):
        store.find_trial(prefix)


# Readable by anyone


def test_pandas_reads_the_folders(finished: Store) -> None:
    trials = pd.read_parquet(finished.path / "trials")
    assert list(trials.columns) == TRIALS.names
    assert len(trials) == 4
    assert set(trials["status"]) == {"done"}
    plain = trials[trials["ssl"] == "none"]
    assert len(plain) == 2
    assert plain[["augmentations", "aug_recon_weight", "ssl_weight", "ssl_loss"]].isna().all(axis=None)
    assert set(trials.loc[trials["ssl"] == "barlowtwins", "augmentations"]) == {"slice_and_shuffle"}
    assert trials[["seed", "epochs", "threads"]].dtypes.map(str).tolist() == ["int64"] * 3
    assert trials[list(METRICS)].dtypes.map(str).unique().tolist() == ["float64"]
    assert trials[["val_loss", "recon_time", "perplexity", "probe_svm", "stage1_seconds"]].gt(0).all(axis=None)
    assert str(trials["started_at"].dt.tz) == "UTC"
    history = pd.read_parquet(finished.path / "history")
    assert list(history.columns) == HISTORY_TABLE.names
    assert sorted(history.groupby("trial_id")["epoch"].agg(list)) == [[1, 2]] * 4


def test_duckdb_reads_the_folders(finished: Store) -> None:
    (finished.path / "trials" / ".x.parquet.1.tmp").write_bytes(b"unfinished")
    query = f"""
        select ssl, count(distinct trial_id), count(*), count(aug_recon_weight), typeof(any_value(seed)),
               typeof(any_value(val_loss)), typeof(any_value(started_at))
        from '{finished.path}/trials/*.parquet' join '{finished.path}/history/*.parquet' using (trial_id)
        group by ssl order by ssl
    """
    types = ("BIGINT", "DOUBLE", "TIMESTAMP WITH TIME ZONE")
    assert duckdb.sql(query).fetchall() == [("barlowtwins", 2, 4, 4, *types), ("none", 2, 4, 0, *types)]


def test_every_file_carries_the_schema_and_its_version(finished: Store) -> None:
    for folder, schema in (("trials", TRIALS), ("history", HISTORY_TABLE)):
        for path in (finished.path / folder).iterdir():
            stored = pq.read_schema(path)
            assert stored.equals(schema)
            assert verify(path)
            assert stored.metadata[b"ncvq_schema"] == str(SCHEMA_VERSION).encode()
