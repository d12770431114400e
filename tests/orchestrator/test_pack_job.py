"""Packs: trials side by side have the numbers that each has alone, and hurt no other."""

import gc
import itertools
import time
import weakref
from pathlib import Path

import pandas as pd
import pytest
import torch

from ncvq_core.fcn.train import FcnTrainer
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.training.memory import spare_loaded_modules
from ncvq_core.training.trainer import Trainer
from orchestrator.execution import pack_job
from orchestrator.execution.pack_job import PackJob
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.plan import load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.store.status import Status
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.stage2 import tiny2
from tests.orchestrator.tables import history_of, trials_table

pytestmark = pytest.mark.whole


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[Trainer]:
    """The trainers of each optimiser step from now on, in order."""
    stepped: list[Trainer] = []
    step = Trainer.step

    def noted(trainer: Trainer) -> None:
        stepped.append(trainer)
        step(trainer)

    monkeypatch.setattr(Trainer, "step", noted)
    return stepped


def test_a_pack_gives_each_trial_its_own_numbers(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path, together: list[Trainer]
) -> None:
    summary, printed = run_here(design(), tmp_path / "s", pack=3)
    assert summary.exit_code == 0
    assert "1/4 done, 2 stage1 running" in printed
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))
    assert history_of(tmp_path / "s").equals(history_of(finished_folder))
    assert len({id(trainer) for trainer in together[:3]}) == 3  # in turn


@pytest.mark.thorough
def test_a_pack_of_different_stages(
    run_here: Launch, tmp_path: Path, finished2_folder: Path, together: list[Trainer]
) -> None:
    assert run_here(tiny2(tmp_path), tmp_path / "s", pack=4)[0].exit_code == 0
    assert trials_table(tmp_path / "s").equals(trials_table(finished2_folder))
    assert history_of(tmp_path / "s").equals(history_of(finished2_folder))
    assert any(isinstance(a, FcnTrainer) != isinstance(b, FcnTrainer) for a, b in itertools.pairwise(together[:9]))


def test_one_that_raises_hurts_no_other(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Stage1Run.step

    def unlucky(run: Stage1Run) -> None:
        if run.config.seed == 1 and run.config.ssl:
            raise ValueError("a bug in the encoder")
        step(run)

    monkeypatch.setattr(Stage1Run, "step", unlucky)
    summary, _ = run_here(design(), tmp_path / "s", pack=4)
    assert (summary.finished, len(summary.failures)) == (3, 1)
    expected = trials_table(finished_folder)
    done = trials_table(tmp_path / "s").query("status == 'done'").reset_index(drop=True)
    expected = expected[expected["trial_id"].isin(done["trial_id"])].reset_index(drop=True)
    assert done["val_loss"].equals(expected["val_loss"])


def test_short_memory_makes_packs_smaller(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: set[int] = set()
    step, result = Stage1Run.step, Stage1Run.result

    def short(run: Stage1Run) -> None:
        alive.add(id(run))
        if len(alive) > 2:
            alive.discard(id(run))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 64.00 MiB")
        step(run)

    monkeypatch.setattr(Stage1Run, "step", short)
    monkeypatch.setattr(Stage1Run, "result", lambda run: alive.discard(id(run)) or result(run))
    summary, printed = run_here(design(), tmp_path / "s", pack=4)
    assert summary.exit_code == 0
    assert printed.count("put back stage1 ") == 2  # of the pack of four; those of two have room
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: error code 12"),
        MemoryError(),
    ],
)
def test_what_ran_out_of_memory_is_freed_at_once(
    design: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The others of its pack need it: neither the traceback nor a cycle may keep it until some later collection."""
    trainers: list[weakref.ref[Trainer]] = []

    def short(run: Stage1Run) -> None:
        trainers.append(weakref.ref(run.trainer))
        raise error

    monkeypatch.setattr(Stage1Run, "step", short)
    store = Store(tmp_path / "s", create=True)
    pack = PackJob(make_plan(design(), store, load_datasets(design(), None)).tasks, WorkerSettings(store=store.path))
    while not trainers:
        pack.work(0)
    (first, *_) = [job for job in pack.jobs if job.outcome]
    assert first.outcome is not None
    assert first.outcome.status == Status.CROWDED
    assert [reference() for reference in trainers if reference() is not None] == []


def test_no_run_is_alive_when_collections_begin_to_pass_over_what_is_there(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trainer that was alive then would never be freed: it is part of a cycle."""
    trainers: list[weakref.ref[Trainer]] = []
    spared: list[int] = []
    step = Stage1Run.step

    def noted(run: Stage1Run) -> None:
        trainers.append(weakref.ref(run.trainer))
        step(run)

    monkeypatch.setattr(Stage1Run, "step", noted)
    monkeypatch.setattr(
        pack_job, "spare_loaded_modules", lambda _: spared.append(sum(bool(each()) for each in trainers))
    )
    assert run_here(design(seed=[0]), tmp_path / "s", pack=2)[0].exit_code == 0
    assert (len(trainers), spared) == (2 * 2, [0])


def test_what_is_loaded_is_spared_once() -> None:
    spare_loaded_modules(-1)
    try:
        later: list[object] = [[]]
        spare_loaded_modules(-1)
        assert any(each is later for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_a_gpu_that_is_out_of_order_ends_its_process(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: Stage1Run) -> None:
        raise torch.AcceleratorError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(Stage1Run, "step", broken)
    with pytest.raises(torch.AcceleratorError):
        run_here(design(), tmp_path / "s")
    assert list((tmp_path / "s" / "trials").iterdir()) == []


def test_memory_short_for_one_alone_is_a_failure(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(run: Stage1Run) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 64.00 MiB")

    monkeypatch.setattr(Stage1Run, "step", short)
    summary, _ = run_here(design(seed=[0]), tmp_path / "s", pack=8)
    assert {error for _, error in summary.failures.values()} == {
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 64.00 MiB"
    }
    assert len(summary.failures) == 2


def test_an_error_without_words_is_named_by_its_kind(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(run: Stage1Run) -> None:
        raise MemoryError

    monkeypatch.setattr(Stage1Run, "step", short)
    summary, _ = run_here(design(seed=[0], ssl=["none"]), tmp_path / "s")
    assert [error for _, error in summary.failures.values()] == ["MemoryError"]


@pytest.mark.thorough
def test_an_interrupted_pack_goes_on(design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path) -> None:
    store = Store(tmp_path / "s", create=True)
    plan = make_plan(design(), store, load_datasets(design(), None))
    pack = PackJob(plan.tasks, WorkerSettings(store=store.path))
    pack.work(0)
    pack.work(0)
    pack.save_checkpoints()
    assert len(list(store.path.glob("checkpoints/*.safetensors"))) == 4
    assert run_here(design(), store.path, pack=2)[0].exit_code == 0
    assert trials_table(store.path).equals(trials_table(finished_folder))


@pytest.mark.gpu
def test_a_pack_on_a_gpu(run_here: Launch, tmp_path: Path, finished2_folder: Path) -> None:
    assert run_here(tiny2(tmp_path), tmp_path / "s", pack=4, gpus_per_trial=1.0)[0].exit_code == 0
    ours, expected = trials_table(tmp_path / "s"), trials_table(finished2_folder)
    assert ours["recon_time"].tolist() == pytest.approx(expected["recon_time"].tolist(), rel=0.5)
    assert ours["fid"].notna().all()


@pytest.mark.thorough
def test_seconds_of_a_pack_are_shared_out(design: Design, run_here: Launch, tmp_path: Path) -> None:
    """The sum over the trials is no more than the time that passed, however many were side by side."""
    began = time.monotonic()
    run_here(design(), tmp_path / "s", pack=4)
    passed = time.monotonic() - began
    assert 0 < pd.read_parquet(tmp_path / "s" / "trials")["stage1_seconds"].sum() < passed
