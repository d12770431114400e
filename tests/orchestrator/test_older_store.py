"""A store that an older ncvq made: read as it is, and brought up to date by the next launch."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestrator.store import Store, StoreError
from orchestrator.store.marker import write_version
from orchestrator.store.parts import part_files, read_part, write_part
from orchestrator.store.schema import HISTORY_TABLE, SCHEMA_VERSION, TRIALS
from orchestrator.store.sealed import verify
from orchestrator.store.upgrade import upgrade
from reports.read_store import read_results
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import history_of, trials_table

pytestmark = pytest.mark.whole

LATER = {"stages", "stage2_id", "samples_id", "fcn", "fid_by_class", "prior_loss", "fid", "token_embedding"}
"""Some of the columns that schema 1 had not."""


def make_older(store: Store) -> None:
    """Give a store the layout of schema 1: a file a trial, sweeps as JSON, no checksums, no properties of datasets."""
    for folder in ("trials", "history"):
        for path in part_files(store.path / folder):
            table = read_part(path)
            table = table.drop_columns(sorted({*LATER, "numerics_version"} & set(table.column_names)))
            for trial_id in pc.unique(table.column("trial_id")).to_pylist():
                rows = table.filter(pc.equal(table.column("trial_id"), trial_id))
                pq.write_table(rows.replace_schema_metadata({"ncvq_schema": "1"}), path.with_stem(trial_id))
            path.unlink()
    for path in store.path.glob("stages/*/*.json"):
        content = json.loads(path.read_text())
        kept = {name: content[name] for name in ("metrics", "timings", "provenance", "rows") if name in content}
        path.write_text(json.dumps(kept))
    for path in store.path.glob("stages/*/examples.parquet"):
        path.unlink()
    for path in store.path.glob("sweeps/*.parquet"):
        path.with_suffix(".json").write_text(json.dumps(store.read_sweep(path.stem)))
        path.unlink()
    shutil.rmtree(store.path / "datasets")
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
    assert Store(older.path).version == SCHEMA_VERSION
    trials = pd.read_parquet(older.path / "trials")
    assert list(trials.columns) == TRIALS.names
    assert trials["stages"].tolist() == [1] * 6
    assert list(pd.read_parquet(older.path / "history").columns) == HISTORY_TABLE.names
    assert duckdb.sql(f"select count(*), count(fid) from '{older.path}/trials/*.parquet'").fetchall() == [(6, 0)]
    before = trials_table(finished_folder)
    now = trials_table(older.path)
    assert now[now["trial_id"].isin(before["trial_id"])].reset_index(drop=True).equals(before.astype(now.dtypes))
    assert len(history_of(older.path)) == 12
    assert len(list((older.path / "datasets").glob("*.json"))) == 1


def test_every_file_gets_its_checksum(older: Store, finished_folder: Path, design: Design) -> None:
    upgrade(older)
    numbers = [path for path in older.path.rglob("*") if path.suffix in (".json", ".parquet")]
    assert len(numbers) == 1 + 1 + 1 + 4 * 2 + 1  # marker, one part of each table, four stages, the sweep
    assert all(verify(path) for path in numbers)
    stage_id = design().cells[0].config.stage1_id
    assert older.sound_model(stage_id).checksum == Store(finished_folder).read_stage(stage_id).model_checksum
    assert older.read_sweep("tiny") == Store(finished_folder).read_sweep("tiny")


@contextmanager
def broken(name: str, step: int, error: BaseException) -> Iterator[None]:
    """Let the n-th call of a function of the operating system raise."""
    original, calls = getattr(os, name), [0]

    def call(*arguments: Path, **options: int) -> None:
        calls[0] += 1
        if calls[0] == step:
            raise error
        original(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, name, call)
        yield


@pytest.mark.parametrize("function", ["replace", "rename", "unlink"])
@pytest.mark.parametrize("step", range(1, 6))
def test_a_kill_or_a_full_disk_on_the_way_is_repaired_by_the_next_launch(
    older: Store, finished_folder: Path, function: str, step: int
) -> None:
    error: BaseException = OSError(28, "No space left on device") if function == "replace" else KeyboardInterrupt()
    try:
        with broken(function, step, error):
            upgrade(older)
    except (StoreError, KeyboardInterrupt):
        assert json.loads((older.path / "store.json").read_text())["schema"] == 1
    again = Store(older.path)
    upgrade(again)
    assert (
        trials_table(older.path)
        .drop(columns="numerics_version")
        .equals(trials_table(finished_folder).drop(columns="numerics_version"))
    )
    assert history_of(older.path).equals(history_of(finished_folder))
    assert {path.name for path in older.path.iterdir()} >= {"trials", "history"}
    assert not [path for path in older.path.iterdir() if path.suffix in (".new", ".old")]


def test_a_damaged_file_of_it_is_made_again(
    older: Store, design: Design, run_here: Launch, finished_folder: Path
) -> None:
    (path, *_) = part_files(older.path / "trials")
    path.write_bytes(path.read_bytes()[:-100])
    summary, printed = run_here(design(), older.path)
    assert summary.exit_code == 0
    assert f"set aside as damaged/trials/{path.name}" in printed
    assert trials_table(older.path).equals(trials_table(finished_folder))


def test_parts_that_lack_a_column_get_it(finished: Store, finished_folder: Path) -> None:
    """As after a metric was added: pandas would leave out a column that the first file lacks."""
    (path,) = part_files(finished.path / "trials")
    write_part(path, read_part(path).drop_columns(["fid", "numerics_version"]))
    write_version(finished.path, SCHEMA_VERSION - 1)
    upgrade(Store(finished.path))
    assert trials_table(finished.path).equals(trials_table(finished_folder))
    assert list(pd.read_parquet(finished.path / "trials").columns) == TRIALS.names


@pytest.mark.thorough
def test_many_files_become_parts(older: Store) -> None:
    source = part_files(older.path / "trials")[0]
    table = pq.read_table(source)
    for number in range(150):
        row = table.set_column(0, "trial_id", [[f"{number:012x}"]])
        pq.write_table(row, source.with_stem(f"{number:012x}"))
    upgrade(older)
    assert len(part_files(older.path / "trials")) == 3
    assert len(older.trial_ids()) == 154
