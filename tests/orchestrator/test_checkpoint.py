"""Checkpoints: a run goes on with the same bits, and a file that does not fit is discarded."""

import dataclasses
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ncvq_core.errors import CheckpointError
from ncvq_core.stages.tokenizer.run import Stage1Run
from orchestrator.execution.checkpoint import Earlier, open_checkpoint, restore_checkpoint, write_checkpoint
from orchestrator.execution.job import StageJob
from orchestrator.execution.settings import WorkerSettings
from orchestrator.execution.tensor_file import TensorFile, write_sealed_tensors
from orchestrator.planning.plan import load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.store.sealed import PLACEHOLDER
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import forget, trials_table

pytestmark = pytest.mark.whole


def checkpoint_of(design: Design, store: Store, epochs: int) -> Path:
    """Leave a checkpoint of the sweep's last cell, as an interrupted run does, and return its path."""
    sweep = design()
    store = Store(store.path)
    stage = sweep.cells[-1].config.stage1_id
    shutil.rmtree(store.path / "stages" / stage)
    forget(store, sweep.cells[-1].config.trial_id)
    (task,) = make_plan(sweep, store, load_datasets(sweep, None)).tasks
    job = StageJob(task, WorkerSettings(store=store.path))
    while job.epoch < epochs:
        job.step()
    job.save_checkpoint()
    return store.checkpoint_path(stage)


@pytest.fixture
def epochs_trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs that are trained from now on."""
    epochs: list[int] = []
    step = Stage1Run.step

    def counted(run: Stage1Run) -> None:
        before = run.epoch
        step(run)
        epochs.extend(range(before + 1, run.epoch + 1))

    monkeypatch.setattr(Stage1Run, "step", counted)
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


@pytest.mark.parametrize("damage", ["empty", "cut", "one bit", "other data", "other model", "no metadata"])
def test_a_checkpoint_that_does_not_fit_is_discarded(
    design: Design, finished: Store, run_here: Launch, epochs_trained: list[int], finished_folder: Path, damage: str
) -> None:
    path = checkpoint_of(design, finished, 1)
    content = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "one bit":
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 4]))
    elif damage == "no metadata":
        save_file(load_file(path), path)
    else:
        config = (
            design(ssl=["none"]).cells[0].config.stage1 if damage == "other model" else design().cells[-1].config.stage1
        )
        dataset = load_datasets(design(), None)[config.dataset]
        if damage == "other data":
            dataset = dataclasses.replace(dataset, train=dataset.train * 2)
        write_checkpoint(path, Stage1Run(config, dataset), Earlier(datetime.now(UTC), 0.0), {})
    epochs_trained.clear()
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert epochs_trained == [1, 2]
    table = trials_table(finished.path)
    assert table.drop(columns="data_notes").equals(trials_table(finished_folder).drop(columns="data_notes"))
    (note,) = table["data_notes"].dropna()
    assert note.startswith("started anew, its checkpoint did not fit: ")
    if damage in ("empty", "cut", "one bit"):
        assert note.endswith(f"{path.name}: damaged, its checksum is not the recorded one")


OLD = {"started_at": "2026-01-01T00:00:00+00:00", "seconds": "5.0", "checksum": "0123456789abcdef"}


def test_any_flipped_bit_of_a_checkpoint_is_damage(tmp_path: Path) -> None:
    """Even in what makes it a sealed one: it never passes for one of an earlier ncvq, which had no checksum."""
    path = tmp_path / "stage.safetensors"
    write_sealed_tensors(path, {"weight": torch.ones(3)}, {"format": "2", **OLD, "needed": "{}"})
    assert torch.equal(open_checkpoint(path)["weight"], torch.ones(3))
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        path.write_bytes(content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :])
        with pytest.raises(CheckpointError, match=r"stage\.safetensors: damaged, its checksum is not the recorded one"):
            open_checkpoint(path)


@pytest.mark.parametrize("lost", [{"format"}, {"sha256"}, {"seconds"}, {"needed"}])
def test_a_checkpoint_that_lost_part_of_its_words_is_damaged(tmp_path: Path, lost: set[str]) -> None:
    path = tmp_path / "stage.safetensors"
    words = {"format": "2", "sha256": PLACEHOLDER, **OLD, "needed": "{}"}
    save_file({"weight": torch.ones(3)}, path, {name: value for name, value in words.items() if name not in lost})
    with pytest.raises(CheckpointError, match="damaged"):
        open_checkpoint(path)


@pytest.mark.parametrize("words", [OLD, {**OLD, "needed": "{}"}])
def test_a_checkpoint_of_an_earlier_ncvq_is_used(tmp_path: Path, words: dict[str, str]) -> None:
    path = tmp_path / "stage.safetensors"
    save_file({"weight": torch.ones(3)}, path, words)
    assert open_checkpoint(path).metadata == words


def test_a_run_goes_on_from_a_checkpoint_of_an_earlier_ncvq(
    design: Design, finished: Store, run_here: Launch, epochs_trained: list[int], finished_folder: Path
) -> None:
    path = checkpoint_of(design, finished, 1)
    metadata = {name: value for name, value in TensorFile(path).metadata.items() if name not in ("format", "sha256")}
    save_file(load_file(path), path, metadata)
    epochs_trained.clear()
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert epochs_trained == [2]
    assert trials_table(finished.path).equals(trials_table(finished_folder))


def test_seconds_of_interrupted_parts_add_up(design: Design, finished: Store, run_here: Launch) -> None:
    path = checkpoint_of(design, finished, 1)
    config = design().cells[-1].config.stage1
    run = Stage1Run(config, load_datasets(design(), None)[config.dataset])
    earlier = restore_checkpoint(path, run, {})
    assert 0 < earlier.seconds < 60
    write_checkpoint(path, run, earlier._replace(seconds=1000.0), {})
    assert run_here(design(), finished.path)[0].exit_code == 0
    row = finished.read_trial(design().cells[-1].config.trial_id)
    assert row is not None
    assert 1000 < row["stage1_seconds"] < 1060
    assert row["started_at"] == earlier.started_at
