"""Running what a plan lacks: the workers, what is told of them, and the end, asked for or not."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from orchestrator.errors import ExecutorError
from orchestrator.execution.executor import INLINE, RAY, make_executor
from orchestrator.execution.packs import Packs
from orchestrator.execution.settings import WorkerSettings
from orchestrator.launching.interrupt import stop_on_signals
from orchestrator.launching.pace import Pace
from orchestrator.launching.progress import Counts, ProgressDisplay
from orchestrator.launching.recorder import Recorder
from orchestrator.planning.capacity import capacity
from orchestrator.planning.plan import Plan
from orchestrator.planning.queue import Outcome, StageTask, TaskQueue

if TYPE_CHECKING:
    from orchestrator.launching.launch import LaunchOptions

RUNNING_FILE_SECONDS = 2.0


class LaunchListener:
    """What is told while stages run: recorded, shown, and written down for `status`."""

    def __init__(self, recorder: Recorder, display: ProgressDisplay) -> None:
        """Begin with nothing."""
        self.store = recorder.store
        self.recorder = recorder
        self.display = display
        self.stopping = False
        self._written: dict[str, float] = {}

    def started(self, task: StageTask) -> None:
        """Show and write down a stage that a worker took up."""
        self.display.started(task)
        self._write_running(task, 0)

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        """Show and, now and then, write down how far a stage is."""
        self.display.advanced(task, epoch, restored)
        if time.monotonic() - self._written.get(task.stage_id, 0.0) > RUNNING_FILE_SECONDS:
            self._write_running(task, epoch)

    def ended(self, task: StageTask, outcome: Outcome) -> None:
        """Keep what a stage completes."""
        trials = self.recorder.ended(task, outcome)
        self._clear_running(task.stage_id)
        self.display.ended(task, outcome, trials)

    def put_back(self, task: StageTask) -> None:
        """Forget a stage that ran."""
        self._clear_running(task.stage_id)
        self.display.put_back(task)

    def say(self, line: str) -> None:
        """Show a line."""
        self.display.say(line)

    def tick(self) -> None:
        """Show that time passes."""
        self.display.tick()

    def stop(self) -> None:
        """Let running stages keep a checkpoint, and end."""
        self.stopping = True
        running = bool(self.display.counts.pace.running)
        self.say("stopping: running trials save a checkpoint; once more to stop at once" if running else "stopping")

    def close(self) -> None:
        """Nothing runs any more, however it ended."""
        for stage_id in list(self._written):
            self._clear_running(stage_id)

    def _write_running(self, task: StageTask, epoch: int) -> None:
        self._written[task.stage_id] = time.monotonic()
        progress = {"trial_ids": task.trial_ids, "stage": task.stage, "label": task.label}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        epochs = max(epoch, task.epochs)
        self.store.write_running(task.stage_id, {**progress, "epoch": epoch, "epochs": epochs, "updated_at": now})

    def _clear_running(self, stage_id: str) -> None:
        self._written.pop(stage_id, None)
        self.store.clear_running(stage_id)


def run_plan(
    plan: Plan,
    recorder: Recorder,
    options: "LaunchOptions",
    console: Console,
    *,
    rates: Mapping[str, float],
    scratch: Path,
) -> bool:
    """Run a plan's tasks and say whether the user stopped them; what ends is kept at once.

    Args:
        plan: what the sweep lacks.
        recorder: keeps it.
        options: how to run.
        console: where to tell of it.
        rates: operations a second of a worker by kind of stage, as far as they are known or guessed.
        scratch: folder for what Ray writes.
    """
    finished = len(plan.finished) + len(plan.assemble)
    pace = Pace(plan.tasks, rates)
    counts = Counts(trials=len(plan.sweep.cells), before=finished, pace=pace, failed=len(plan.failed))
    with ProgressDisplay(counts, console) as display:
        listener = LaunchListener(recorder, display)
        try:
            with stop_on_signals(listener):
                _execute(plan, options, listener, scratch)
        except ExecutorError as error:
            display.say(str(error))
        except KeyboardInterrupt:
            if not listener.stopping:
                raise
        finally:
            listener.close()
    return listener.stopping


def _execute(plan: Plan, options: "LaunchOptions", listener: LaunchListener, scratch: Path) -> None:
    width = capacity(
        workers=options.workers,
        threads=options.threads,
        gpus=options.gpus_per_trial,
        pack=options.pack,
        address=options.address,
    ).fitted(plan.tasks)
    name = options.executor or (INLINE if width.workers == 0 else RAY)
    worker = WorkerSettings(
        store=listener.store.path,
        data_dir=options.data_dir,
        device="cuda" if width.gpus else "cpu",
        threads=width.threads,
        debug=options.debug and name == INLINE,
    )
    executor = make_executor(name, worker, width, scratch)
    executor.execute(Packs(TaskQueue(plan.tasks, pack=width.pack), listener))
