"""What `ncvq plan` and a launch do alike before a stage runs: data, networks, this machine, the plan, the workers."""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ncvq_core.data import Dataset
from ncvq_core.errors import ConfigError
from orchestrator.launching.options import LaunchOptions
from orchestrator.planning.capacity import Capacity, capacity
from orchestrator.planning.machine import precision_remark
from orchestrator.planning.plan import Plan, load_datasets, make_plan
from orchestrator.planning.queue import StageTask
from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.store.search_results import Result
from orchestrator.store.searches import numbers_in_all
from orchestrator.sweepfile.deciders import Pruner
from orchestrator.sweepfile.search import SEED, Search
from orchestrator.sweepfile.sweep import Cell, Sweep

if TYPE_CHECKING:
    from orchestrator.launching.judges import Weights


class Planned(NamedTuple):
    """What is to do, and by how many."""

    plan: Plan
    capacity: Capacity
    """With the workers counted."""
    results: tuple[Result, ...] = ()
    """Of a search: what became of its suggestions."""
    ends: tuple[StageTask, ...] = ()
    """Of a search with suggestions to draw: stages at the ends of what is searched, which stand for those to come."""
    flops: Mapping[str, float] = MappingProxyType({})
    """Of a search: operations by kind of stage that a suggestion takes, on average."""
    left: int = 0
    """Of a search: suggestions to draw."""

    @property
    def later(self) -> dict[str, float]:
        """Operations by kind of stage that suggestions still to draw will take, on average."""
        return {kind: flops * self.left for kind, flops in self.flops.items() if self.left}


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """A launch, as far as it is known without its store; nothing has been started or written."""

    sweep: Sweep
    """What to run."""
    datasets: dict[str, Dataset]
    """By name."""
    weights: tuple[Weights, ...]
    """Networks that were given, to judge samples."""
    capacity: Capacity
    """What a worker takes; the workers are not counted yet."""
    retry_failed: bool
    """Run again what failed before."""
    obstacle: str | None
    """Why the sweep cannot run on this machine; None where it can."""
    remarks: tuple[str, ...]
    """On the networks: which are missing or doubtful."""

    @property
    def all_remarks(self) -> list[str]:
        """What stands in the way, and what is to be said of the networks."""
        return [*([self.obstacle] if self.obstacle else []), *self.remarks]

    def planned(self, store: Store | None) -> Planned:
        """Compare the sweep with a store and count the workers; None is a store that is not there yet.

        A network that was given counts as there, unless the store has one of its own to go by.

        Raises:
            DataError: a dataset is no longer the one that stored results come from.
            StoreError: the store's samples are judged by another network, or a stage was made from other weights.
        """
        given = self._given(store)
        if self.sweep.search is not None:
            return self._search_planned(self.sweep.search, store, given)
        plan = make_plan(self.sweep, store, self.datasets, retry_failed=self.retry_failed, given=given)
        return Planned(plan, self.capacity.fitted(plan.tasks))

    def planned_for(self, cells: Sequence[Cell], pruned: Collection[str], store: Store) -> Plan:
        """Say what some trials of a search lack, of which some were ended early.

        Raises:
            DataError: a dataset is no longer the one that stored results come from.
            StoreError: a stage was made from other weights.
        """
        sweep = dataclasses.replace(self.sweep, cells=tuple(cells))
        return _watched(make_plan(sweep, store, self.datasets, retry_failed=self.retry_failed, pruned=pruned))

    def _search_planned(self, search: Search, store: Store | None, given: Collection[str]) -> Planned:
        """Plan the suggestions that were drawn; those to come are counted by the ends of what is searched."""
        known = suggested(self.sweep, search, store)
        plan = make_plan(
            known.sweep, store, self.datasets, retry_failed=self.retry_failed, given=given, pruned=known.pruned
        )
        plan = _watched(plan)
        plan.damaged += known.damaged
        ends = make_plan(self.sweep, None, self.datasets).tasks
        drawn = [result.suggestion for result in known.results]
        left = max(0, numbers_in_all(drawn, search.budget) - len(drawn))
        ahead = [*plan.tasks, *itertools.islice(itertools.cycle(ends), left * search.trials_each)]
        flops: defaultdict[str, float] = defaultdict(float)
        for task in ends:
            flops[task.stage] += task.flops * search.trials_each / len(self.sweep.cells)
        return Planned(
            plan=plan,
            capacity=self.capacity.fitted(ahead),
            results=known.results,
            ends=tuple(ends) if left else (),
            flops=flops,
            left=left,
        )

    def _given(self, store: Store | None) -> list[str]:
        """Return the ids of stages that networks which were given stand for."""
        if not self.weights:
            return []
        from orchestrator.launching.judges import check_weights, given_stages

        if store:
            check_weights(store, self.weights)
        return [each for each in given_stages(self.weights) if not (store and store.has_stage(each))]

    def keep_weights(self, store: Store) -> None:
        """Keep the networks that were given in a store.

        Raises:
            StoreError: its samples are judged by another network.
        """
        if self.weights:
            from orchestrator.launching.judges import check_weights, keep_weights

            check_weights(store, self.weights)
            keep_weights(store, self.weights)


def prepare(sweep: Sweep, options: LaunchOptions) -> Preparation:
    """Read and check all that a launch needs beside its store.

    Raises:
        ConfigError: the folder of networks cannot be used, more GPUs are asked for than there are, or a sweep that ends
            no trial early is to go on with such.
        CheckpointError: a network does not fit its dataset.
        DataError: a dataset is missing or unusable.
    """
    if options.unprune:
        pruner_of(sweep)
    width = capacity(
        workers=options.workers,
        threads=options.threads,
        gpus=options.gpus_per_trial,
        pack=options.pack,
        address=options.address,
    )
    elsewhere = width.gpus or width.address
    datasets = load_datasets(sweep, options.data_dir)
    weights, said = _given_weights(options.fcn_weights, sweep, datasets)
    return Preparation(
        sweep=sweep,
        datasets=datasets,
        weights=weights,
        capacity=width,
        retry_failed=options.retry_failed,
        obstacle=None if elsewhere else precision_remark(sweep),
        remarks=said,
    )


def pruner_of(sweep: Sweep) -> tuple[Search, Pruner]:
    """Return the search of a sweep, and its pruner.

    Raises:
        ConfigError: it has none.
    """
    if sweep.search is None or sweep.search.pruner is None:
        raise ConfigError(f"--unprune: {sweep.name} ends no trial early: it has no search with a pruner")
    return sweep.search, sweep.search.pruner


def _watched(plan: Plan) -> Plan:
    """Let stages of the first seed tell what they measure along the way, by which a pruner ends trials early."""
    search = plan.sweep.search
    if search and search.pruner:
        (objective,) = search.objectives
        first = search.seeds.levels[0].value if search.seeds else search.base.get(SEED, 0)
        plan.tasks = [
            dataclasses.replace(task, watched=objective.column)
            if (task.stage, task.config[SEED]) == (objective.stage, first)
            else task
            for task in plan.tasks
        ]
    return plan


def _given_weights(
    folder: Path | None, sweep: Sweep, datasets: dict[str, Dataset]
) -> tuple[tuple[Weights, ...], tuple[str, ...]]:
    """Read the networks of a folder, and say which are missing or doubtful; torch is imported for them alone."""
    if folder is None:
        return (), ()
    from orchestrator.launching.judges import read_weights, remarks

    weights = tuple(read_weights(folder, sweep, datasets))
    return weights, tuple(remarks(weights, folder, sweep))
