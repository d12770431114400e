"""What a launch would do, in numbers: what `ncvq plan` prints, for people or as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

from ncvq_core.stages.registry import KINDS
from orchestrator.planning.capacity import Capacity
from orchestrator.planning.estimate import Expectation
from orchestrator.planning.plan import Plan, cell_label
from orchestrator.planning.queue import StageTask
from orchestrator.search.suggested import SearchState
from orchestrator.sweepfile.sweep import Label


@dataclass(frozen=True, kw_only=True)
class StageRuns:
    """The runs of one stage."""

    runs: int
    """So many are lacking."""
    shared: int
    """So many fewer than the trials that wait for them."""


@dataclass(frozen=True, kw_only=True)
class FailedBefore:
    """A trial that failed and is left alone by a launch."""

    trial_id: str
    """Its id."""
    levels: dict[str, Label | None]
    """Its level of each factor, null where that has no effect on it."""
    label: str
    """The same in words."""


@dataclass(frozen=True, kw_only=True)
class PlanSummary:
    """A plan. The names of the fields are the keys of its JSON."""

    sweep: str
    """Its name, with a profile behind it."""
    description: str
    """What it asks."""
    profile: str | None
    """The profile, where it is one."""
    datasets_left_out: tuple[str, ...]
    """With --available: those that are not at hand."""
    factors: dict[str, tuple[Label, ...]]
    """The labels of the levels of each factor."""
    cells: int
    """Of the design."""
    same_trial: int
    """Cells that are the same trial as another."""
    trials: int
    """What is left of the cells."""
    finished: int
    """Trials with a result."""
    to_run: int
    """Trials that wait for a stage to run."""
    failed: tuple[FailedBefore, ...]
    """Trials that failed before; `ncvq resume` retries them."""
    stages: dict[str, StageRuns]
    """What is to run of each stage; stage1 always, others where they have runs."""
    workers: int
    """So many work side by side."""
    expected_seconds: float
    """For all that is to run, with these workers; 0 where nothing is."""
    measured: bool
    """Whether the time is from runs in the store; else it is a guess."""
    memory_bytes: int
    """A worker's, at its peak."""
    outdated: tuple[str, ...]
    """Ids of finished stages with the numbers of an earlier version, which are run again."""
    damaged: tuple[str, ...]
    """What can no longer be read and counts as missing, one line each."""
    remarks: tuple[str, ...]
    """On the precision of this machine and on the networks that judge samples."""
    search: SearchState | None = None
    """Of a search: how far its suggestions are; null for a grid."""


def plan_summary(
    plan: Plan,
    expected: Expectation,
    capacity: Capacity,
    remarks: Sequence[str],
    *,
    search: SearchState | None = None,
    ends: Sequence[StageTask] = (),
) -> PlanSummary:
    """Count what a plan holds.

    Args:
        plan: what a sweep lacks.
        expected: how long that takes.
        capacity: with how many workers.
        remarks: of the machine and the networks that judge.
        search: of a search: how far it is.
        ends: of a search: stages of the trials at the ends of what is searched, which stand for those to come.
    """
    sweep = plan.sweep
    return PlanSummary(
        sweep=sweep.name,
        description=sweep.description,
        profile=sweep.profile,
        datasets_left_out=sweep.missing,
        factors={factor.name: tuple(level.label for level in factor.levels) for factor in sweep.factors},
        cells=len(sweep.cells) if search else sweep.grid_cells,
        same_trial=0 if search else sweep.grid_cells - len(sweep.cells),
        trials=len(sweep.cells),
        finished=len(plan.finished) + len(plan.to_assemble),
        to_run=plan.trials_to_run,
        failed=_failed(plan),
        stages={name: _stage_runs(plan, name) for name in dict.fromkeys((KINDS[0].name, *plan.stage_runs))},
        workers=capacity.side_by_side,
        expected_seconds=expected.seconds if plan.tasks or ends else 0.0,
        measured=expected.measured,
        memory_bytes=capacity.memory_bytes([*plan.tasks, *ends]),
        outdated=tuple(plan.outdated),
        damaged=tuple(plan.damaged),
        remarks=tuple(remarks),
        search=search,
    )


def _failed(plan: Plan) -> tuple[FailedBefore, ...]:
    return tuple(
        FailedBefore(trial_id=cell.config.trial_id, levels=dict(cell.levels), label=cell_label(cell))
        for cell in plan.failed
    )


def _stage_runs(plan: Plan, stage: str) -> StageRuns:
    runs = plan.stage_runs.get(stage, 0)
    return StageRuns(runs=runs, shared=plan.waiting(stage) - runs)
