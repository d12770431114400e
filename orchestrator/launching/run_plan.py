"""Running what a plan lacks: the workers, what is told of them, and the end, asked for or not."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from orchestrator.errors import RayError
from orchestrator.execution.job import Worker
from orchestrator.launching.interrupt import stop_on_signals
from orchestrator.launching.pace import Pace
from orchestrator.launching.progress import Counts, ProgressDisplay
from orchestrator.launching.recorder import Recorder
from orchestrator.planning.capacity import workers_that_fit
from orchestrator.planning.plan import Plan
from orchestrator.planning.queue import Outcome, StageTask, TaskQueue

if TYPE_CHECKING:
    from orchestrator.launching.launch import LaunchOptions

RUNNING_FILE_SECONDS = 2.0


class LaunchEvents:
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
        events = LaunchEvents(recorder, display)
        try:
            with stop_on_signals(events):
                _execute(plan, options, events, scratch)
        except RayError as error:
            display.say(str(error))
        except KeyboardInterrupt:
            if not events.stopping:
                raise
        finally:
            events.close()
    return events.stopping


def _execute(plan: Plan, options: "LaunchOptions", events: LaunchEvents, scratch: Path) -> None:
    worker = Worker(
        store=events.store.path,
        data_dir=options.data_dir,
        device="cuda" if options.gpus_per_trial else "cpu",
        threads=options.threads,
        debug=options.debug and options.workers == 0,
    )
    assert options.pack is not None
    workers = _workers(plan, options)
    queue = TaskQueue(plan.tasks, pack=options.pack)
    if workers == 0:
        from orchestrator.execution.inline import execute_here

        return execute_here(queue, worker, events)
    from orchestrator.execution.ray.client import execute_with_ray, silence_seconds, start_seconds
    from orchestrator.execution.ray.process import RayOptions

    events.say(_opening(workers, options, start_seconds()))
    ray_options = RayOptions(
        workers=workers,
        address=options.address,
        gpus_per_trial=options.gpus_per_trial or 0.0,
        silence_seconds=silence_seconds(),
    )
    return execute_with_ray(queue, worker, ray_options, events, scratch)


def _workers(plan: Plan, options: "LaunchOptions") -> int | None:
    """Return how many workers to start: those asked for, else all that fit; None leaves it to the cluster."""
    if options.workers is not None or options.address is not None:
        return options.workers
    memory_bytes = plan.memory_bytes * (options.pack or 1)
    return min(workers_that_fit(options.gpus_per_trial or 0.0, options.threads, memory_bytes), len(plan.tasks))


def _opening(workers: int | None, options: "LaunchOptions", seconds: float) -> str:
    """Say what is about to start, and what a worker has, where that is not one stage on a CPU."""
    words = [f"{options.gpus_per_trial:g} GPU each"] if options.gpus_per_trial else []
    words += [f"up to {options.pack} trials side by side"] if options.pack and options.pack > 1 else []
    beside = f" ({', '.join(words)})" if words else ""
    if options.address is None:
        return f"starting Ray workers: {workers}{beside} …"
    many = "as many workers as there is room for" if workers is None else f"{workers} workers"
    return f"connecting to the Ray cluster at {options.address}, for at most {seconds:g} s; {many}{beside} …"
