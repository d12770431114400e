"""Checkpoints: a run goes on with the same bits, and a file that does not fit is discarded."""

import dataclasses
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from ncvq_core.stage1_run import Stage1Run
from orchestrator.checkpoint import write_checkpoint
from orchestrator.job import StageJob, Worker
from orchestrator.plan import load_datasets, make_plan
from orchestrator.store import Store
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import trials_table


def checkpoint_of(design: Design, store: Store, epochs: int) -> Path:
    """Leave a checkpoint of the sweep's last cell, as an interrupted run does, and return its path."""
    sweep = design()
    store = Store(store.path)
    stage = sweep.cells[-1].config.stage1_id
    shutil.rmtree(store.path / "stages" / stage)
    (store.path / "trials" / f"{sweep.cells[-1].config.trial_id}.parquet").unlink()
    (task,) = make_plan(sweep, store, load_datasets(sweep, None)).tasks
    job = StageJob(task, Worker(store=store.path))
    while job.epoch < epochs:
        job.work(0)
    job.save_checkpoint()
    return store.checkpoint_path(stage)


@pytest.fixture
def epochs_trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs that are trained from now on."""
    epochs: list[int] = []
    advance = Stage1Run.advance

    def counted(run: Stage1Run) -> dict[str, float]:
        row = advance(run)
        epochs.append(run.epoch)
        return row

    monkeypatch.setattr(Stage1Run, "advance", counted)
    return epochs


def test_a_run_goes_on_from_its_checkpoint(
    design: Design, finished: Store, run_here: Launch, epochs_trained: list[int], finished_folder: Path
) -> None:
    path = checkpoint_of(design, finished, 1)
    assert epochs_trained == [1]
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert epochs_trained == [1, 2]
    assert not path.exists()
    assert trials_table(finished.path).equals(trials_table(finished_folder))


@pytest.mark.parametrize("damage", ["empty", "cut", "other data", "other model", "no metadata"])
def test_a_checkpoint_that_does_not_fit_is_discarded(
    design: Design, finished: Store, run_here: Launch, epochs_trained: list[int], finished_folder: Path, damage: str
) -> None:
    path = checkpoint_of(design, finished, 1)
    content = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "no metadata":
        save_file(load_file(path), path)
    else:
        config = (
            design(ssl=["none"]).cells[0].config.stage1 if damage == "other model" else design().cells[-1].config.stage1
        )
        dataset = load_datasets(design(), None)[config.dataset]
        if damage == "other data":
            dataset = dataclasses.replace(dataset, train=dataset.train * 2)
        write_checkpoint(path, Stage1Run(config, dataset), datetime.now(UTC), {})
    epochs_trained.clear()
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert epochs_trained == [1, 2]
    assert trials_table(finished.path).equals(trials_table(finished_folder))
