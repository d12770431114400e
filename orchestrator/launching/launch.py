"""Launching a sweep: run what it lacks, keep every result, end with a summary."""

import dataclasses
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from ncvq_core.data import Dataset
from ncvq_core.errors import ConfigError
from orchestrator.execution.scratch import scratch_folder, temporary_files_below
from orchestrator.launching.judges import Weights, check_weights, keep_weights, read_weights, remarks
from orchestrator.launching.recorder import Recorder
from orchestrator.launching.run_plan import run_plan
from orchestrator.launching.tracking import make_tracker, tracking_mode
from orchestrator.planning.capacity import GPU_PACK, gpus_of_a_worker
from orchestrator.planning.estimate import expected_rates
from orchestrator.planning.graph import trial_stages
from orchestrator.planning.machine import precision_remark
from orchestrator.planning.plan import Plan, cell_label, load_datasets, make_plan
from orchestrator.store import Store
from orchestrator.store.heal import heal
from orchestrator.store.lock import exclusive
from orchestrator.store.status import Status
from orchestrator.store.upgrade import upgrade
from orchestrator.sweepfile.sweep import Sweep, sweep_record


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
    """Trial id to label and error, earlier failures that were left alone included; not those that were to be retried
    and never were, because the launch ended before."""
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
    command = " ".join(["ncvq", *sys.argv[1:]])
    with exclusive(store.path, command), scratch_folder() as scratch, temporary_files_below(scratch):
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
        interrupted = False
        if plan.tasks:
            rates = {} if gpus else expected_rates(plan, store, datasets)[0]
            interrupted = run_plan(plan, recorder, options, console, rates=rates, scratch=scratch)
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


def _summary(plan: Plan, recorder: Recorder, interrupted: bool) -> Summary:
    labels = {cell.config.trial_id: cell_label(cell) for cell in plan.sweep.cells}
    open_ = {trial_id for task in plan.tasks for trial_id in task.trial_ids} - recorder.stopped
    rows = recorder.store.read_trials(labels, ("status", "error")).rows
    failures = {
        trial_id: (labels[trial_id], row["error"] or "")
        for trial_id, row in rows.items()
        if row["status"] == Status.FAILED and trial_id not in open_
    }
    finished = sum(1 for row in rows.values() if row["status"] != Status.FAILED)
    return Summary(
        finished=finished,
        trials=len(labels),
        failures=failures,
        unpublished=recorder.unpublished,
        interrupted=interrupted,
    )
