"""Launching a sweep: run what it lacks, keep every result, end with a summary."""

import dataclasses
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.console import Console

from ncvq_core.data import Dataset
from ncvq_core.errors import ConfigError
from orchestrator.fcn_weights import Weights, check_weights, keep_weights, read_weights, remarks
from orchestrator.gpus import GPU_PACK, gpus_of_a_worker, workers_that_fit
from orchestrator.job import Worker
from orchestrator.machine import precision_remark
from orchestrator.plan import Plan, cell_label, load_datasets, make_plan
from orchestrator.progress import Counts, ProgressDisplay
from orchestrator.recorder import Recorder
from orchestrator.stages import trial_stages
from orchestrator.store import Store
from orchestrator.store.heal import heal
from orchestrator.store.lock import exclusive
from orchestrator.store.upgrade import upgrade
from orchestrator.sweep import Sweep, sweep_record
from orchestrator.tasks import Outcome, StageTask, TaskQueue
from orchestrator.tracking import make_tracker, tracking_mode

RUNNING_FILE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """How to run; nothing here changes a result."""

    store: Path
    data_dir: Path | None = None
    fcn_weights: Path | None = None
    """Folder with networks that judge samples; None takes the store's, or trains them."""
    workers: int | None = None
    """Packs at a time; 0 runs in this process without Ray, None takes as many as cores and memory allow."""
    threads: int = 1
    """CPU threads a worker."""
    address: str | None = None
    gpus_per_trial: float | None = None
    """GPUs a worker; None takes one where this machine has one."""
    pack: int | None = None
    """Stages side by side in a worker; None takes GPU_PACK on a GPU and 1 on a CPU."""
    wandb: str | None = None
    retry_failed: bool = False
    debug: bool = False


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a launch ended."""

    finished: int
    """Trials with a result, earlier ones included."""
    trials: int
    failures: dict[str, tuple[str, str]]
    """Trial id to label and error, earlier failures that were left alone included."""
    unpublished: dict[str, str]
    """Trial id to the reason why the tracker did not take it."""
    interrupted: bool

    @property
    def exit_code(self) -> int:
        """0 where every trial has a result, 1 where one has none, 130 after an interruption."""
        return 130 if self.interrupted else int(self.finished < self.trials)


def launch(sweep: Sweep, options: LaunchOptions, console: Console) -> Summary:
    """Run what a sweep still lacks in its store.

    Raises:
        ConfigError: the W&B mode or the folder of FCN weights is unknown, or bfloat16 or GPUs are asked for that this
            machine lacks; nothing is started.
        CheckpointError: FCN weights do not fit their dataset; nothing is started.
        StoreError: the store cannot be used or written, or another process runs in it.
        DataError: a dataset is missing or unusable; nothing is started.
    """
    mode = tracking_mode(options.wandb)
    gpus = gpus_of_a_worker(options.gpus_per_trial, options.workers, options.address)
    pack = options.pack or (GPU_PACK if gpus else 1)
    options = dataclasses.replace(options, gpus_per_trial=gpus, pack=pack)
    remark = precision_remark(sweep)
    if remark and not (gpus or options.address):
        raise ConfigError(remark, "precision")
    datasets = load_datasets(sweep, options.data_dir)
    weights = _read_weights(sweep, options, datasets, console)
    store = Store(options.store, create=True)
    with exclusive(store.path, " ".join(["ncvq", *sys.argv[1:]])):
        store.clear_remains()
        upgrade(store)
        for note in heal(store, _stage_ids(sweep), thorough=options.retry_failed):
            _say(note, console)
        check_weights(store, weights)
        keep_weights(store, weights)
        plan = make_plan(sweep, store, datasets, retry_failed=options.retry_failed)
        for stage_id in plan.outdated:
            kept = store.set_aside(store.stage(stage_id).path).relative_to(store.path)
            _say(f"stages/{stage_id}: of an earlier numerics version; set aside as {kept} and run again", console)
        launched_at = datetime.now(UTC).isoformat(timespec="seconds")
        if earlier := store.write_sweep({**sweep_record(sweep), "launched_at": launched_at}):
            _say(f"an earlier {sweep.name} of another design is kept: ncvq report {earlier}", console)
        recorder = Recorder(store, sweep.cells, make_tracker(sweep.name, store, mode))
        for cell in plan.assemble:
            recorder.finish(cell)
        interrupted = _run(plan, store, recorder, options, console) if plan.tasks else False
        if not interrupted:
            recorder.publish()
    return _summary(plan, recorder, interrupted)


def _read_weights(
    sweep: Sweep, options: LaunchOptions, datasets: dict[str, Dataset], console: Console
) -> list[Weights]:
    """Read the networks given, and say for which datasets there is none, or none that is trusted."""
    if options.fcn_weights is None:
        return []
    weights = read_weights(options.fcn_weights, sweep, datasets)
    for words in remarks(weights, options.fcn_weights, sweep):
        _say(words, console)
    return weights


def _stage_ids(sweep: Sweep) -> list[str]:
    """Return the ids of all stages of a sweep, each after what it needs."""
    ids = {stage.stage_id: None for cell in sweep.cells for stage in trial_stages(cell.config)}
    return list(ids)


def _say(line: str, console: Console) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


class _Launch:
    """What is told while stages run: recorded, shown, and written down for `status`."""

    def __init__(self, store: Store, recorder: Recorder, display: ProgressDisplay) -> None:
        self.store = store
        self.recorder = recorder
        self.display = display
        self.stopping = False
        self._written: dict[str, float] = {}

    def started(self, task: StageTask) -> None:
        self.display.started(task)
        self._write_running(task, 0)

    def advanced(self, task: StageTask, epoch: int, restored: int) -> None:
        self.display.advanced(task, epoch, restored)
        if time.monotonic() - self._written.get(task.stage_id, 0.0) > RUNNING_FILE_SECONDS:
            self._write_running(task, epoch)

    def ended(self, task: StageTask, outcome: Outcome) -> None:
        trials = self.recorder.ended(task, outcome)
        self.store.clear_running(task.stage_id)
        self.display.ended(task, outcome, trials)

    def put_back(self, task: StageTask) -> None:
        self.store.clear_running(task.stage_id)
        self.display.put_back(task)

    def tick(self) -> None:
        self.display.tick()

    def _write_running(self, task: StageTask, epoch: int) -> None:
        self._written[task.stage_id] = time.monotonic()
        progress = {"trial_ids": task.trial_ids, "stage": task.stage, "label": task.label}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        epochs = max(epoch, task.epochs)
        self.store.write_running(task.stage_id, {**progress, "epoch": epoch, "epochs": epochs, "updated_at": now})


def _run(plan: Plan, store: Store, recorder: Recorder, options: LaunchOptions, console: Console) -> bool:
    """Run the plan's tasks and say whether the user interrupted it."""
    finished = len(plan.finished) + len(plan.assemble)
    counts = Counts(trials=len(plan.sweep.cells), before=finished, flops=plan.flops, failed=len(plan.failed))
    worker = Worker(
        store=store.path,
        data_dir=options.data_dir,
        device="cuda" if options.gpus_per_trial else "cpu",
        threads=options.threads,
        debug=options.debug and options.workers == 0,
    )
    assert options.pack is not None
    workers = _workers(plan, options)
    queue = TaskQueue(plan.tasks, pack=options.pack)
    with ProgressDisplay(counts, console) as display:
        events = _Launch(store, recorder, display)
        with _stop_on_interrupt(events):
            if workers == 0:
                from orchestrator.execute_here import execute_here

                execute_here(queue, worker, events)
            else:
                from orchestrator.execute_ray import RayOptions, execute_with_ray

                many = workers or "as many as the cluster has room for"
                display.say(f"starting Ray workers: {many}{_beside(options)} …")
                ray_options = RayOptions(
                    workers=workers, address=options.address, gpus_per_trial=options.gpus_per_trial or 0.0
                )
                execute_with_ray(queue, worker, ray_options, events)
    return events.stopping


def _workers(plan: Plan, options: LaunchOptions) -> int | None:
    """Return how many workers to start: those asked for, else all that fit; None leaves it to the cluster."""
    if options.workers is not None or options.address is not None:
        return options.workers
    memory_bytes = plan.memory_bytes * (options.pack or 1)
    return min(workers_that_fit(options.gpus_per_trial or 0.0, options.threads, memory_bytes), len(plan.tasks))


def _beside(options: LaunchOptions) -> str:
    """Say what a worker has, where that is not one stage on a CPU."""
    words = [f"{options.gpus_per_trial:g} GPU each"] if options.gpus_per_trial else []
    words += [f"up to {options.pack} trials side by side"] if options.pack and options.pack > 1 else []
    return f" ({', '.join(words)})" if words else ""


@contextmanager
def _stop_on_interrupt(events: _Launch) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into a request to stop; a second one ends the process at once."""

    def request(signal_number: int, frame: FrameType | None) -> None:
        if events.stopping:
            raise KeyboardInterrupt
        events.stopping = True
        events.display.say("stopping: running trials save a checkpoint; once more to stop at once")

    previous = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _summary(plan: Plan, recorder: Recorder, interrupted: bool) -> Summary:
    labels = {cell.config.trial_id: cell_label(cell) for cell in plan.sweep.cells}
    rows = recorder.store.read_trials(labels, ("status", "error")).rows
    failures = {
        trial_id: (labels[trial_id], row["error"] or "") for trial_id, row in rows.items() if row["status"] == "failed"
    }
    finished = sum(1 for row in rows.values() if row["status"] != "failed")
    return Summary(
        finished=finished,
        trials=len(labels),
        failures=failures,
        unpublished=recorder.unpublished,
        interrupted=interrupted,
    )
