"""A step that cannot be captured as a CUDA graph: its cause is told, and its stage runs again without, elsewhere."""

import os
from pathlib import Path

import pytest
import torch
from ray.exceptions import RayTaskError

from benchmarks.gpu.lanes import StandInLane
from orchestrator.errors import CaptureError
from orchestrator.execution import faults, job
from orchestrator.execution.death import Death
from orchestrator.execution.executor import EXECUTORS, Executor
from orchestrator.execution.pack_job import PackJob
from orchestrator.execution.packs import Packs
from orchestrator.execution.ray.deaths import death_of
from orchestrator.sweepfile.read import load_sweep
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.fake_lane import SITECUSTOMIZE, FakeLane
from tests.orchestrator.processes import PATIENCE_SECONDS, ROOT, DesignFile, Start
from tests.orchestrator.tables import trials_table

pytestmark = pytest.mark.whole

CAUSE = "(RuntimeError: Cannot copy between CPU and CUDA tensors during CUDA graph capture)"


class FreshExecutor(Executor):
    """Takes a new worker where the last one could capture no more."""

    workers = 0

    def execute(self, packs: Packs) -> None:
        while tasks := packs.take("it"):
            FreshExecutor.workers += 1
            pack = PackJob(tasks, self.worker)
            packs.started("it")
            try:
                while pack.active:
                    packs.told("it", pack.work(0.1))
                packs.over("it")
            except CaptureError as error:
                packs.died("it", death_of(error, silent=False))


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXECUTORS, "fresh", f"{__name__}:FreshExecutor")
    monkeypatch.setattr(FreshExecutor, "workers", 0)
    monkeypatch.setattr(job, "Lane", FakeLane)


def test_the_cause_is_told_and_the_stage_runs_again_without(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path
) -> None:
    summary, printed = run_here(design(), tmp_path / "s", executor="fresh", graphs=True, pack=2)
    assert summary.exit_code == 0
    assert printed.count(f"its step could not be captured as a CUDA graph {CAUSE}, it runs again without") == 4
    assert "out of memory" not in printed
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))
    assert FreshExecutor.workers == 6  # one for each that failed, then two packs of two


def test_captured_trials_have_their_numbers_and_lanes_wait_before_they_go(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With work that is done again for a graph: what a lane does around its captures is that of a GPU."""
    captured_while_waiting: list[bool] = []

    class WaitingLane(StandInLane):
        def wait(self) -> None:
            captured_while_waiting.append(self._captured is not None and self._captured() is not None)

    monkeypatch.setattr(job, "Lane", WaitingLane)
    summary, _ = run_here(design(), tmp_path / "s", graphs=True, pack=4)
    assert summary.exit_code == 0
    assert captured_while_waiting == [True] * 4
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))


def test_nothing_is_captured_unless_asked(design: Design, run_here: Launch, tmp_path: Path) -> None:
    summary, printed = run_here(design(seed=[0]), tmp_path / "s", executor="fresh")
    assert summary.exit_code == 0
    assert "captured" not in printed
    assert FreshExecutor.workers == 2


@pytest.mark.thorough
def test_short_memory_in_a_capture_makes_packs_smaller_first(
    design: Design, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeLane, "first", torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"))
    summary, printed = run_here(design(), tmp_path / "s", executor="fresh", graphs=True, pack=4)
    assert summary.exit_code == 0
    assert printed.count("it runs again in a smaller pack") == 4 + 2
    assert printed.count("it runs again without") == 4  # alone there was no room for a graph either


def test_in_the_launching_process_it_ends_the_launch_with_a_way_out(
    design: Design, run_here: Launch, tmp_path: Path
) -> None:
    with pytest.raises(CaptureError, match=r"stage1 .*Cannot copy.*; run it with --no-graphs$"):
        run_here(design(), tmp_path / "s", graphs=True)


def test_room_is_looked_at_before_a_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[int] = []
    free = [10**9]
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free[0], 10**10))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append(free[0]))
    faults._check_room(torch.device("cuda"), 10**9)
    assert not emptied
    with pytest.raises(torch.OutOfMemoryError, match=r"1.00 GB are free, 2.00 GB are expected") as raised:
        faults._check_room(torch.device("cuda"), 2 * 10**9)
    assert faults.short_of_memory(raised.value)
    assert emptied == [10**9]
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: free.__setitem__(0, 3 * 10**9))
    faults._check_room(torch.device("cuda"), 2 * 10**9)  # torch had kept what was free
    faults._check_room(torch.device("cpu"), 10**15)


def test_ray_brings_all_that_is_known_of_it() -> None:
    error = CaptureError("stage1 x: its step …", "RuntimeError: not in a capture", "abc", short=True)
    death = death_of(RayTaskError("train", "a traceback", error).as_instanceof_cause(), silent=False)
    expected = Death(kind="capture", reason="RuntimeError: not in a capture", stage_id="abc", short=True)
    assert (death.kind, death.reason, death.stage_id, death.short) == (
        expected.kind, expected.reason, expected.stage_id, expected.short,
    )  # fmt: skip
    assert str(error) == "stage1 x: its step …"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worker_of_ray_s_is_replaced(
    start: Start, design_file: DesignFile, run_here: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes = tmp_path / "fakes"
    fakes.mkdir()
    (fakes / "sitecustomize.py").write_text(SITECUSTOMIZE)
    file, store = design_file(3, "{ssl: [none], seed: [0, 1]}"), tmp_path / "graphs"
    environment = {"PYTHONPATH": os.pathsep.join([str(fakes), str(ROOT)]), "NCVQ_GRAPHS": "1"}
    process = start("launch", file, "--store", store, "--workers", "1", **environment)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert printed.count(f"could not be captured as a CUDA graph {CAUSE}, it runs again without") == 2
    assert "Traceback" not in printed
    monkeypatch.undo()
    assert run_here(load_sweep(file), tmp_path / "whole")[0].exit_code == 0
    assert trials_table(store).equals(trials_table(tmp_path / "whole"))
