"""The contract of an executor: a third one is a class and a line, and the rules of retries are the same for it."""

import os
import signal
import threading
from pathlib import Path

import pytest

from ncvq_core.errors import ConfigError
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.training.process import prepare_process
from orchestrator.errors import ExecutorError
from orchestrator.execution import inline
from orchestrator.execution.death import Death
from orchestrator.execution.executor import EXECUTORS, Executor, make_executor
from orchestrator.execution.pack_job import PackJob
from orchestrator.execution.packs import Packs, Report
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.capacity import Capacity
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store import Store
from tests.orchestrator.conftest import Design, Launch
from tests.orchestrator.tables import history_of, trials_table

pytestmark = pytest.mark.whole


class ThreadExecutor(Executor):
    """One pack after the other, each in a thread of its own."""

    def execute(self, packs: Packs) -> None:
        prepare_process()
        number = 0
        while not packs.stopping and (tasks := packs.take(str(number))):
            packs.started(str(number))
            reports = self._run(tasks, packs)
            packs.told(str(number), reports)
            packs.over(str(number))
            number += 1

    def _run(self, tasks: list[StageTask], packs: Packs) -> list[Report]:
        reports: list[Report] = []

        def work() -> None:
            pack = PackJob(tasks, self.worker)
            while pack.active and not packs.stopping:
                reports[:] = pack.work(0.0)
            pack.save_checkpoints()

        thread = threading.Thread(target=work)
        thread.start()
        while thread.is_alive():
            thread.join(0.1)
            packs.tick()
        return reports


class DeadlyExecutor(Executor):
    """Loses the worker of each pack with seed 0, and lets the others diverge; it trains nothing."""

    death = Death(kind="process", text="all that is known")

    def execute(self, packs: Packs) -> None:
        while tasks := packs.take("it"):
            packs.started("it")
            if tasks[0].config["seed"] == 0:
                packs.told("it", [Report(stage_id=tasks[0].stage_id, epoch=1)], 2_000_000_000)
                packs.died("it", self.death)
                continue
            packs.told("it", [Report(stage_id=task.stage_id, outcome=_diverged(task)) for task in tasks])
            packs.over("it")


class LostExecutor(Executor):
    """Cannot start anything."""

    def execute(self, packs: Packs) -> None:
        raise ExecutorError("no worker here")


def _diverged(task: StageTask) -> Outcome:
    return Outcome(stage_id=task.stage_id, status="diverged", error="DivergedError: far away")


@pytest.fixture(autouse=True)
def _more_executors(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (ThreadExecutor, DeadlyExecutor, LostExecutor):
        name = kind.__name__.removesuffix("Executor").lower()
        monkeypatch.setitem(EXECUTORS, name, f"{__name__}:{kind.__name__}")


def test_a_third_executor_runs_a_sweep(design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path) -> None:
    summary, printed = run_here(design(), tmp_path / "s", workers=1, executor="thread")
    assert summary.exit_code == 0
    assert printed.count("done ") >= 4
    assert "Ray" not in printed
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))
    assert history_of(tmp_path / "s").equals(history_of(finished_folder))


@pytest.mark.parametrize("name", ["inline", "thread"])
def test_an_executor_that_is_asked_to_stop_keeps_checkpoints(
    design: Design, run_here: Launch, tmp_path: Path, finished_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    step = Stage1Run.step

    def interrupted(run: Stage1Run) -> None:
        step(run)
        if not asked:
            asked.append(name)
            os.kill(os.getpid(), signal.SIGINT)

    asked: list[str] = []
    monkeypatch.setattr(Stage1Run, "step", interrupted)
    monkeypatch.setattr(inline, "SLICE_SECONDS", 0.0)
    summary, printed = run_here(design(), tmp_path / "s", executor=name)
    assert (summary.exit_code, summary.finished) == (130, 0)
    assert "stopping: running trials save a checkpoint" in printed
    assert len(list((tmp_path / "s").glob("checkpoints/*.safetensors"))) == 1
    assert run_here(design(), tmp_path / "s")[0].exit_code == 0
    assert trials_table(tmp_path / "s").equals(trials_table(finished_folder))


def test_the_rules_of_retries_are_those_of_all_executors(design: Design, run_here: Launch, tmp_path: Path) -> None:
    summary, printed = run_here(design(), tmp_path / "s", workers=1, pack=2, executor="deadly")
    assert (summary.finished, len(summary.failures)) == (2, 2)
    assert printed.count("it runs again in a smaller pack") == 2
    assert printed.count("it runs once more") == 2
    errors = {error for _, error in summary.failures.values()}
    assert len(errors) == 1
    assert "its worker process died (killed, or out of memory?), 2 times, alone: it had 2.00 GB" in errors.pop()
    rows = Store(tmp_path / "s").read_trials().rows.values()
    assert {row["traceback"] for row in rows if row["status"] == "failed"} == {"all that is known"}


def test_an_executor_that_is_lost_ends_the_launch_with_its_line(
    design: Design, run_here: Launch, tmp_path: Path
) -> None:
    summary, printed = run_here(design(), tmp_path / "s", workers=1, executor="lost")
    assert printed.splitlines()[-1] == "no worker here"
    assert (summary.exit_code, summary.failures) == (1, {})


def test_an_unknown_executor_is_named_with_the_valid_ones(tmp_path: Path) -> None:
    width = Capacity(workers=1, threads=1, gpus=0.0, pack=1)
    with pytest.raises(ConfigError, match=r"unknown executor 'rays' \(did you mean 'ray'\?\); valid: .*inline"):
        make_executor("rays", WorkerSettings(store=tmp_path), width, tmp_path)
