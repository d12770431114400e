"""`ncvq import csv`: what a store holds afterwards, and what it does not."""

import os
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.importing.rows import imported_id
from orchestrator.planning.plan import load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.store.check import check
from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.tables_of_runs import MAPPING, runs_text, write_runs


def imported(folder: Path, *more: str, text: str | None = None) -> tuple[Store, str]:
    table, rules = write_runs(folder, text)
    done = CliRunner().invoke(
        app, ["import", "csv", str(table), "--mapping", str(rules), "--store", str(folder / "store"), *more]
    )
    assert done.exit_code == 0, done.output
    return Store(folder / "store"), done.stdout


def refused(folder: Path, *more: str, file: str = "runs.csv") -> str:
    arguments = ["import", "csv", str(folder / file), "--mapping", str(folder / "map.yaml")]
    done = CliRunner().invoke(app, [*arguments, "--store", str(folder / "store"), *more])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    return line


def test_each_run_is_a_row_with_its_origin(tmp_path: Path) -> None:
    store, said = imported(tmp_path)
    assert said.splitlines()[0] == "theirs: 32 runs imported"
    rows = pd.read_parquet(store.path / "imported").set_index("run_id")
    assert set(rows["source"]) == {"runs.csv"}
    assert rows.loc["e1bt3", ["dataset", "ssl", "aug_recon_weight", "run_kind"]].tolist() == [
        "D1", "barlowtwins", 0.1, "encoder",
    ]  # fmt: skip
    assert rows.loc["e1bt3", "probe_svm"] == 0.78
    assert pd.isna(rows.loc["e1bt3", "fid"])
    assert pd.isna(rows.loc["p1bt3", "probe_svm"])
    assert rows.loc["e1bt3", "trial_id"] == imported_id("runs.csv", "e1bt3")
    assert rows["trial_id"].is_unique
    assert store.read_sweep("theirs")["imported"] == {"sweep": "theirs", "source": "runs.csv"}


def test_nothing_imported_is_a_trial(tmp_path: Path) -> None:
    """A launch of a sweep with the same settings runs all of it."""
    store, _ = imported(tmp_path)
    assert store.trial_ids() == []
    path = tmp_path / "ours.yaml"
    path.write_text("description: x\nbase: {dataset: GunPoint, stages: 1}\nfactors: {ssl: [none, barlowtwins]}\n")
    sweep = load_sweep(path, {"augmentations": ["flip"]})
    plan = make_plan(sweep, store, load_datasets(sweep, None))
    assert (plan.finished, plan.trials_to_run) == ([], 2)


def test_again_it_is_the_same_and_what_is_new_comes_to_it(tmp_path: Path) -> None:
    store, _ = imported(tmp_path, text=runs_text(runs=3))
    first = store.read_sweep("theirs")["cells"]
    store, _ = imported(tmp_path, text=runs_text(runs=3))
    assert store.read_sweep("theirs")["cells"] == first
    assert store.sweep_names() == ["theirs"]
    store, _ = imported(tmp_path, text=runs_text(runs=4))
    ids = [cell["trial_id"] for cell in store.read_sweep("theirs")["cells"]]
    assert len(ids) == 32
    assert {cell["trial_id"] for cell in first} < set(ids)
    assert len(store.read_imported("theirs", ids)) == 32


def test_a_value_that_was_corrected_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    imported(tmp_path)
    store, _ = imported(tmp_path, text=runs_text().replace("0.780", "0.790"))
    rows = pd.read_parquet(store.path / "imported").set_index("run_id")
    assert len(rows) == 32
    assert rows.loc["e1bt3", "probe_svm"] == 0.79


def test_two_sources_never_share_a_sweep(tmp_path: Path) -> None:
    imported(tmp_path)
    (tmp_path / "other.csv").write_text(runs_text())
    assert "sweep 'theirs'" in refused(tmp_path, file="other.csv")
    assert "was imported from runs.csv: give another name with --name" in refused(tmp_path, file="other.csv")
    table, rules = tmp_path / "other.csv", tmp_path / "map.yaml"
    done = CliRunner().invoke(
        app,
        ["import", "csv", str(table), "--mapping", str(rules), "--store", str(tmp_path / "store"), "--name", "other"],
    )
    assert done.exit_code == 0
    ids = [
        {cell["trial_id"] for cell in Store(tmp_path / "store").read_sweep(name)["cells"]}
        for name in ("theirs", "other")
    ]
    assert ids[0].isdisjoint(ids[1])


def test_a_launched_sweep_keeps_its_name(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", create=True)
    store.write_sweep({"name": "theirs", "factors": {}, "baseline": {}, "cells": []})
    write_runs(tmp_path)
    assert "is one that was launched here: give another name with --name" in refused(tmp_path)
    assert "must be letters, digits, - and _" in refused(tmp_path, "--name", "../x")


def test_check_reads_what_was_imported_and_damage_is_mended_by_importing_again(tmp_path: Path) -> None:
    store, _ = imported(tmp_path)
    assert check(store).is_sound
    path = store.path / "imported" / "theirs.parquet"
    path.write_bytes(path.read_bytes().replace(b"barlowtwins", b"barlowtwimz"))
    (damage,) = check(store).damaged
    assert damage.path == path
    assert "`ncvq import` reads it from its source again" in damage.cost
    store, _ = imported(tmp_path)
    assert check(store).is_sound
    assert len(list((store.path / "damaged" / "imported").iterdir())) == 1


def test_a_mistake_changes_nothing(tmp_path: Path) -> None:
    write_runs(tmp_path, mapping=MAPPING.replace("FID}", "FDI}"))
    assert "map.yaml:13: unknown column 'FDI'" in refused(tmp_path)
    assert not (tmp_path / "store").exists()
    assert "cannot be read" in refused(tmp_path, file="none.csv")


def test_the_published_study(tmp_path: Path) -> None:
    shared = Path(os.environ.get("NCVQ_SHARED", Path(__file__).parents[3] / "shared"))
    path = shared / "reference" / "published_results.csv"
    if not path.is_file():
        pytest.skip("needs shared/reference/published_results.csv beside the project")
    arguments = ["import", "csv", str(path), "--mapping", "published-csv", "--store", str(tmp_path / "store")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    rows = pd.read_parquet(tmp_path / "store" / "imported")
    settings = rows.groupby(["run_kind", "dataset", "ssl", "augmentations"], dropna=False).size()
    assert len(rows) == 588
    assert set(settings) == {4}
    assert rows.groupby("run_kind")[["val_loss", "fid", "cas"]].count().to_dict("index") == {
        "cas": {"val_loss": 0, "fid": 0, "cas": 196},
        "stage1": {"val_loss": 196, "fid": 0, "cas": 0},
        "stage2": {"val_loss": 0, "fid": 196, "cas": 0},
    }
