"""How fast this machine trains: measured from the store, else a round guess."""

import statistics

from ncvq_core.data import Dataset
from orchestrator.plan import Plan, expected_cost
from orchestrator.stages import trial_stages
from orchestrator.store import Store
from orchestrator.tasks import makespan

CPU_FLOPS_PER_SECOND = 4e10
"""A round figure for one current CPU core on small convolutions, until the store has a run to go by."""


def expected_seconds(plan: Plan, store: Store | None, datasets: dict[str, Dataset], workers: int) -> float:
    """Return how long so many workers need for a plan's tasks, waiting for the last one included."""
    rates = {stage: expected_rate(stage, plan, store, datasets) for stage in plan.stage_runs}
    return makespan(plan.tasks, {task.stage_id: task.flops / rates[task.stage] for task in plan.tasks}, workers)


def expected_rate(stage: str, plan: Plan, store: Store | None, datasets: dict[str, Dataset]) -> float:
    """Return operations a second of one worker in a stage: the median over what the store holds of the sweep.

    Without such a run it is a round figure for one CPU core.
    """
    if store is None:
        return CPU_FLOPS_PER_SECOND
    runs = {
        each.stage_id: cell.config
        for cell in plan.sweep.cells
        for each in trial_stages(cell.config)
        if each.stage == stage and store.has_stage(each.stage_id)
    }
    rates = []
    for stage_id, config in runs.items():
        if seconds := store.read_stage(stage_id).timings["seconds"]:  # 0 where it was imported
            rates.append(expected_cost(stage, config, datasets[config.stage1.dataset]).flops / seconds)
    return statistics.median(rates) if rates else CPU_FLOPS_PER_SECOND
