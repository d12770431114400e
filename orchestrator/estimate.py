"""How fast this machine trains: measured from the store, else a round guess."""

import statistics

from ncvq_core.data import Dataset
from orchestrator.plan import Plan, expected_cost
from orchestrator.store import Store

CPU_FLOPS_PER_SECOND = 4e10
"""A round figure for one current CPU core on small convolutions, until the store has a trial to go by."""


def expected_rate(plan: Plan, store: Store | None, datasets: dict[str, Dataset]) -> float:
    """Return operations a second of one worker: the median over the trials that the store holds of the sweep.

    Without such a trial it is a round figure for one CPU core.
    """
    rates = []
    for cell in plan.finished if store else []:
        row = store.read_trial(cell.config.trial_id) if store else None
        if row and row["stage1_seconds"]:
            stage1 = cell.config.stage1
            rates.append(expected_cost(stage1, datasets[stage1.dataset]).flops / row["stage1_seconds"])
    return statistics.median(rates) if rates else CPU_FLOPS_PER_SECOND
