"""How fast this machine trains: measured from the store, else guessed from the speed of a product."""

import contextlib
import itertools
import statistics
import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ncvq_core.data import Dataset
from orchestrator.planning.graph import trial_stages
from orchestrator.planning.plan import Plan, expected_cost
from orchestrator.planning.queue import makespan
from orchestrator.store import DamagedError, Store

_SHARE = 0.4
"""Of the rate of a product, what a worker of one thread reaches in small trainings."""


_RUNS = 100
"""So many of a store are enough to go by."""


class Expectation(NamedTuple):
    """How long a plan's tasks need."""

    seconds: float
    """Waiting for the last one included."""
    measured: bool
    """Whether the store has runs of each stage to go by; else it is a guess."""


def expected_time(
    plan: Plan,
    store: Store | None,
    datasets: dict[str, Dataset],
    workers: int,
    later: Mapping[str, float] = MappingProxyType({}),
) -> Expectation:
    """Return how long so many workers need for a plan's tasks, and for operations that come later, by kind of stage."""
    rates, known = expected_rates(plan, store, datasets, later)
    seconds = makespan(plan.tasks, {task.stage_id: task.flops / rates[task.stage] for task in plan.tasks}, workers)
    seconds += sum(flops / rates[stage] for stage, flops in later.items()) / workers
    return Expectation(seconds, known)


def expected_rates(
    plan: Plan, store: Store | None, datasets: dict[str, Dataset], later: Iterable[str] = ()
) -> tuple[dict[str, float], bool]:
    """Return operations a second of one worker in each stage of a plan, and whether the store knows them all.

    Args:
        plan: what a sweep lacks.
        store: what is there; None before the first launch.
        datasets: by name.
        later: further kinds of stages, which the plan does not have yet.
    """
    kinds = dict.fromkeys([*plan.stage_runs, *later])
    measured = {stage: measured_rate(stage, plan, store, datasets) for stage in kinds}
    known = all(measured.values())
    guess = 0.0 if known else _SHARE * _product_rate()
    return {stage: rate or guess for stage, rate in measured.items()}, known


def measured_rate(stage: str, plan: Plan, store: Store | None, datasets: dict[str, Dataset]) -> float | None:
    """Return operations a second of one worker in a stage: the median over some that the store holds of the sweep.

    None without such a run.
    """
    if store is None:
        return None
    runs = {
        each.stage_id: cell.config
        for cell in plan.sweep.cells
        for each in trial_stages(cell.config)
        if each.kind.name == stage and store.has_stage(each.stage_id)
    }
    rates = []
    for stage_id, config in itertools.islice(runs.items(), _RUNS):
        with contextlib.suppress(DamagedError):  # it is run again, and no measure until then
            if seconds := store.read_stage(stage_id).timings["seconds"]:  # 0 where it was imported
                rates.append(expected_cost(stage, config, datasets[config.stage1.dataset]).flops / seconds)
    return statistics.median(rates) if rates else None


def _product_rate() -> float:
    """Return FLOP/s of a float32 product on one core: NumPy's, on as many as it takes, by the time of them all."""
    size, times = 1024, []
    matrix = np.ones((size, size), np.float32)
    for _ in range(3):
        start = time.process_time()
        matrix @ matrix
        times.append(time.process_time() - start)
    return 2 * size**3 / min(times)
