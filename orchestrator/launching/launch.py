"""Launching a sweep: run what it lacks, keep every result, end with a summary."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ncvq_core.errors import ConfigError
from orchestrator.execution.executor import INLINE, RAY, Executor, make_executor
from orchestrator.execution.scratch import scratch_folder, temporary_files_below
from orchestrator.execution.settings import WorkerSettings
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.prepare import Planned, Preparation, prepare, pruner_of
from orchestrator.launching.properties import keep_properties
from orchestrator.launching.recorder import Recorder
from orchestrator.launching.run_plan import run_plan
from orchestrator.launching.tracking import make_tracker, tracking_mode
from orchestrator.planning.capacity import Capacity
from orchestrator.planning.changed_plugins import changed_plugins
from orchestrator.planning.estimate import expected_rates
from orchestrator.planning.graph import trial_stages
from orchestrator.planning.plan import Plan, cell_label
from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.store.heal import heal
from orchestrator.store.lock import exclusive
from orchestrator.store.searches import read_suggestions
from orchestrator.store.status import Status
from orchestrator.store.upgrade import upgrade
from orchestrator.sweepfile.sweep import Sweep, sweep_record

if TYPE_CHECKING:
    from orchestrator.launching.suggester import Suggester

GROWN = (
    "it was raced, and this launch is no look of the race: verdicts of the report are those of one look that nobody "
    "planned; with --until-decided the race goes on"
)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a launch ended."""

    finished: int
    """Trials with a result, earlier ones and pruned ones included."""
    trials: int
    failures: dict[str, tuple[str, str]]
    """Trial id to label and error, earlier failures that were left alone included; not those that were to be retried
    and never were, because the launch ended before."""
    pruned: int
    """Trials that were ended early, by a search; they count as finished."""
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
        ConfigError: the W&B mode, the executor or the folder of FCN weights is unknown, or bfloat16 or GPUs are asked
            for that this machine lacks, or what was pruned by a sweep that prunes nothing; nothing is started.
        CheckpointError: FCN weights do not fit their dataset; nothing is started.
        StoreError: the store cannot be used or written, or another process runs in it.
        DataError: a dataset is missing or unusable; nothing is started.
    """
    mode = tracking_mode(options.wandb)
    prepared = prepare(sweep, options)
    if prepared.obstacle:
        raise ConfigError(prepared.obstacle, "precision")
    _say(prepared.remarks, console)
    store = Store(options.store, create=True)
    command = " ".join(["ncvq", *sys.argv[1:]])
    with exclusive(store.path, command), scratch_folder() as scratch, temporary_files_below(scratch):
        _say(_put_in_order(store, prepared), console)
        prepared.keep_weights(store)
        if options.unprune:
            _unprune(sweep, store)
        planned = prepared.planned(store)
        plan, capacity = planned.plan, planned.capacity
        _say(_set_aside_outdated(store, plan), console)
        _say([*changed_plugins(sweep, store), *_note_design(store, plan.sweep)], console)
        keep_properties(store, prepared.datasets.values())
        recorder = Recorder(store, plan.sweep.cells, make_tracker(sweep.name, store, mode))
        suggester = _suggester(prepared, planned, recorder)
        for cell in plan.to_assemble:
            recorder.finish(cell)
        interrupted = False
        if plan.tasks or (suggester and suggester.left):
            executor = _executor(sweep, options, store, capacity, scratch)
            rates = {} if capacity.gpus else expected_rates(plan, store, prepared.datasets, planned.later)[0]
            interrupted = _run(plan, executor, recorder, console, rates, suggester)
        if not interrupted:
            recorder.publish()
    return _summary(plan, recorder, interrupted)


def _run(
    plan: Plan,
    executor: Executor,
    recorder: Recorder,
    console: Console,
    rates: Mapping[str, float],
    suggester: "Suggester | None",
) -> bool:
    """Run what a plan lacks, and all that is suggested; returns whether the user stopped it."""
    left = f", {suggester.left} suggestions to draw" if suggester else ""
    words = f"{len(plan.sweep.cells)} trials, {len(plan.tasks)} stages to run{left}"
    _say([f"{plan.sweep.name}: {words}"], console)
    interrupted = run_plan(plan, executor, recorder, console, rates=rates, suggester=suggester)
    if suggester:
        _keep_search(plan, suggester)
    return interrupted


def _put_in_order(store: Store, prepared: Preparation) -> list[str]:
    """Clear what a killed launch left, and set aside what is damaged; say what that is."""
    store.clear_remains()
    upgrade(store)
    sweep = prepared.sweep
    if sweep.search is not None:
        sweep = suggested(sweep, sweep.search, store).sweep
    return heal(store, _stage_ids(sweep), thorough=prepared.retry_failed)


def _set_aside_outdated(store: Store, plan: Plan) -> list[str]:
    """Put the stages of an earlier numerics version where they are not used, and say so."""
    lines = []
    for stage_id in plan.outdated:
        kept = store.set_aside(store.stage(stage_id).path).relative_to(store.path)
        lines.append(f"stages/{stage_id}: of an earlier numerics version; set aside as {kept} and run again")
    return lines


def _note_design(store: Store, sweep: Sweep) -> list[str]:
    """Keep the design that is launched, and say where an earlier one of its name is kept."""
    launched_at = datetime.now(UTC).isoformat(timespec="seconds")
    earlier = store.write_sweep({**sweep_record(sweep), "launched_at": launched_at})
    if earlier is None:
        return []
    kept = f"an earlier {sweep.name} of another design is kept: ncvq report {earlier}"
    return [kept, GROWN] if store.read_sweep(earlier).get("raced") and not sweep.raced else [kept]


def _suggester(prepared: Preparation, planned: Planned, recorder: Recorder) -> "Suggester | None":
    """Return what draws the suggestions of a search; None of a grid."""
    if prepared.sweep.search is None:
        return None
    from orchestrator.launching.suggester import Suggester  # Optuna, for a search alone

    return Suggester(
        prepared.sweep.search,
        [result.suggestion for result in planned.results],
        recorder,
        lambda cells, pruned: prepared.planned_for(cells, pruned, recorder.store),
        planned.flops,
        lambda cells: _note_design(recorder.store, replace(planned.plan.sweep, cells=tuple(cells))),
    )


def _unprune(sweep: Sweep, store: Store) -> None:
    """Let all trials that a search pruned go on."""
    from orchestrator.search.pruning import Pruning

    search, pruner = pruner_of(sweep)
    Pruning(search, pruner, store).unprune(read_suggestions(store.path, search.study_id)[0])


def _keep_search(plan: Plan, suggester: "Suggester") -> None:
    """Note the trials of the suggestions that were drawn in the plan, and what became of them in the journal."""
    plan.sweep = replace(plan.sweep, cells=tuple(suggester.cells))
    plan.tasks += suggester.tasks
    suggester.keep_journal()


def _executor(sweep: Sweep, options: LaunchOptions, store: Store, capacity: Capacity, scratch: Path) -> Executor:
    name = options.executor or (INLINE if capacity.workers == 0 else RAY)
    worker = WorkerSettings(
        store=store.path,
        data_dir=options.data_dir,
        device="cuda" if capacity.gpus else "cpu",
        threads=capacity.threads,
        graphs=options.graphs,
        deterministic=options.deterministic and bool(capacity.gpus),
        plugins=tuple(plugin for plugin in sweep.plugins if not plugin.installed),
        examples=options.examples,
        debug=options.debug and name == INLINE,
    )
    return make_executor(name, worker, capacity, scratch)


def _stage_ids(sweep: Sweep) -> list[str]:
    """Return the ids of all stages of a sweep, each after what it needs."""
    ids = {stage.stage_id: None for cell in sweep.cells for stage in trial_stages(cell.config)}
    return list(ids)


def _say(lines: Iterable[str], console: Console) -> None:
    for line in lines:
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
        pruned=sum(1 for row in rows.values() if row["status"] == Status.PRUNED),
        unpublished=recorder.unpublished,
        interrupted=interrupted,
    )
