"""A store that an older ncvq made: read as it is, and brought up to date by the next launch."""

import json
import os
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from orchestrator.store import Store
from orchestrator.store.errors import StoreError
from orchestrator.store.schema import HISTORY_TABLE, SCHEMA_VERSION, TRIALS
from reports.read_store import read_results
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import history_of, trials_table

LATER = {"stages", "stage2_id", "samples_id", "fcn", "fid_by_class", "prior_loss", "fid", "token_embedding"}
"""Some of the columns that schema 1 had not."""


def make_older(store: Store) -> None:
    """Take from a store what schema 1 had not."""
    for folder in ("trials", "history"):
        for path in (store.path / folder).iterdir():
            table = pq.read_table(path)
            pq.write_table(table.drop_columns(sorted(LATER & set(table.column_names))), path)
    for path in store.path.glob("stages/*/record.json"):
        record = json.loads(path.read_text())
        path.write_text(json.dumps({name: record[name] for name in ("metrics", "timings", "provenance")}))
    (store.path / "store.json").write_text('{"schema": 1}')


@pytest.fixture
def older(finished: Store) -> Store:
    make_older(finished)
    return Store(finished.path)


def test_it_is_read_as_it_is(older: Store, design: Design) -> None:
    row = older.read_trial(design().cells[0].config.trial_id)
    assert row is not None
    assert (row["status"], row["prior_loss"], row["stage2_id"]) == ("done", None, None)
    record = older.read_stage(row["stage1_id"])
    assert (record.details, record.model_checksum) == ({}, None)
    assert len(read_results(older.path, "tiny").done) == 4


def test_a_launch_brings_it_up_to_date(older: Store, design: Design, run_here: Launch, finished_folder: Path) -> None:
    assert run_here(design(seed=[0, 1, 2]), older.path)[0].exit_code == 0
    assert json.loads((older.path / "store.json").read_text()) == {"schema": SCHEMA_VERSION}
    trials = pd.read_parquet(older.path / "trials")
    assert list(trials.columns) == TRIALS.names
    assert trials["stages"].tolist() == [1] * 6
    assert list(pd.read_parquet(older.path / "history").columns) == HISTORY_TABLE.names
    assert duckdb.sql(f"select count(*), count(fid) from '{older.path}/trials/*.parquet'").fetchall() == [(6, 0)]
    before = trials_table(finished_folder)
    now = trials_table(older.path)
    assert now[now["trial_id"].isin(before["trial_id"])].reset_index(drop=True).equals(before.astype(now.dtypes))
    assert len(history_of(older.path)) == 12


def test_a_full_disk_on_the_way_is_repaired_by_the_next_launch(
    older: Store, monkeypatch: pytest.MonkeyPatch, finished_folder: Path
) -> None:
    replace = os.replace
    done: list[Path] = []

    def full(source: Path, target: Path) -> None:
        if len(done) == 3:
            raise OSError(28, "No space left on device")
        replace(source, target)
        done.append(target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(StoreError, match="No space left on device"):
            older.upgrade()
    assert json.loads((older.path / "store.json").read_text()) == {"schema": 1}
    assert len(older.trial_ids()) == 4
    older.upgrade()
    assert trials_table(older.path).equals(trials_table(finished_folder))
