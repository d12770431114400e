"""What a sweep still lacks: read from the store, never from anybody's memory."""

import dataclasses
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ncvq_core.config import TrialConfig
from ncvq_core.data import Dataset, load_dataset
from ncvq_core.errors import DataError
from ncvq_core.evaluation.judgeable import check_judgeable
from ncvq_core.numerics import FIRST
from ncvq_core.stages.cost import Cost
from ncvq_core.stages.kind import Sizes
from ncvq_core.stages.registry import KINDS, settings_of, stage_kind
from orchestrator.planning.graph import TrialStage, trial_stages
from orchestrator.planning.queue import StageTask, longest_first
from orchestrator.store import DamagedError, Store
from orchestrator.store.status import Status
from orchestrator.sweepfile.sweep import Cell, Sweep


@dataclass(kw_only=True)
class Plan:
    """The state of a sweep in a store, and the stages that would make it complete."""

    sweep: Sweep
    finished: list[Cell] = field(default_factory=list)
    """Cells with a result."""
    failed: list[Cell] = field(default_factory=list)
    """Cells that failed before and are left alone."""
    to_assemble: list[Cell] = field(default_factory=list)
    """Cells whose stages are all done, though their row or their history is not written."""
    tasks: list[StageTask] = field(default_factory=list)
    """Stages to run, those of the longest trials first."""
    trials_to_run: int = 0
    """Cells that wait for those stages."""
    outdated: list[str] = field(default_factory=list)
    """Ids of finished stages with the numbers of an earlier numerics version: those who need them run them again."""
    damaged: list[str] = field(default_factory=list)
    """What the store holds no more as it was written, one line each; it counts as missing."""

    @property
    def flops(self) -> float:
        """Expected work of all tasks."""
        return sum(task.flops for task in self.tasks)

    @property
    def memory_bytes(self) -> int:
        """Expected peak memory of the largest task."""
        return max((task.memory_bytes for task in self.tasks), default=0)

    @property
    def stage_runs(self) -> dict[str, int]:
        """Number of tasks by stage, each after what it needs; stages without a task are left out."""
        counts = Counter(task.stage for task in self.tasks)
        return {kind.name: counts[kind.name] for kind in KINDS if kind.name in counts}

    def waiting(self, stage: str) -> int:
        """Return how many trials wait for a task of a stage."""
        return sum(len(task.trial_ids) for task in self.tasks if task.stage == stage)


def load_datasets(sweep: Sweep, data_dir: Path | None) -> dict[str, Dataset]:
    """Read every dataset of a sweep, by name.

    Raises:
        DataError: one is missing, unusable, or too small for what the sweep measures.
    """
    names = dict.fromkeys(cell.config.stage1.dataset for cell in sweep.cells)
    datasets = {name: load_dataset(name, data_dir) for name in names}
    for name in sweep.judged_datasets:
        check_judgeable(datasets[name])
    return datasets


def make_plan(
    sweep: Sweep,
    store: Store | None,
    datasets: dict[str, Dataset],
    *,
    retry_failed: bool = False,
    given: Collection[str] = (),
    pruned: Collection[str] = (),
) -> Plan:
    """Compare a sweep with a store.

    Args:
        sweep: the design.
        store: where results are; None before the first launch.
        datasets: the sweep's datasets, by name.
        retry_failed: run failed trials again.
        given: ids of stages that count as done although the store lacks them.
        pruned: ids of trials that the sweep itself ended early; one that another search did is still to run here.

    A done trial of which a stage or the history is missing is work to do, too.

    Raises:
        DataError: a dataset is no longer the one that stored results come from.
        StoreError: a finished stage was made from other weights than those that are there.
    """
    plan = Plan(sweep=sweep)
    kept = _Kept.of(store, sweep)
    plan.damaged += kept.damaged
    waiting: dict[str, tuple[TrialStage, list[Cell]]] = {}
    for cell in sweep.cells:
        row = kept.rows.get(cell.config.trial_id)
        _check_same_data(row["data_checksum"] if row else None, cell, datasets)
        status = row["status"] if row else None
        if status == Status.DIVERGED or (status != Status.DONE and cell.config.trial_id in pruned):
            plan.finished.append(cell)
            continue
        if status == Status.FAILED and not retry_failed:
            plan.failed.append(cell)
            continue
        there = [stage for stage in trial_stages(cell.config) if store and store.has_stage(stage.stage_id)]
        if status != Status.DONE:
            there = [stage for stage in there if store and _is_sound(stage.stage_id, cell, store, datasets, plan)]
        lacking = [stage for stage in trial_stages(cell.config) if stage not in there and stage.stage_id not in given]
        if lacking:
            plan.trials_to_run += 1
            for stage in lacking:
                waiting.setdefault(stage.stage_id, (stage, []))[1].append(cell)
        elif status == Status.DONE and cell.config.trial_id in kept.with_history:
            plan.finished.append(cell)
        else:
            plan.to_assemble.append(cell)
    plan.tasks = longest_first(_task(stage, cells, datasets) for stage, cells in waiting.values())
    return plan


def cell_label(cell: Cell, settings: Collection[str] | None = None) -> str:
    """Name a cell by the levels of its factors, or of those among some settings."""
    levels = {name: label for name, label in cell.levels.items() if settings is None or name in settings}
    words = [f"{name}={label}" for name, label in levels.items() if label is not None]
    return " ".join(words) or cell.config.stage1.dataset


def expected_cost(stage: str, config: TrialConfig, dataset: Dataset) -> Cost:
    """Return what a stage of a trial costs on its dataset; the seed makes no difference."""
    seedless = dataclasses.replace(config, stage1=dataclasses.replace(config.stage1, seed=0))
    return _cost(stage, seedless, Sizes.of(dataset))


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What a store holds of a sweep's trials."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """`status` and `data_checksum` by trial id."""
    with_history: frozenset[str] = frozenset()
    """Ids of the trials that have one."""
    damaged: tuple[str, ...] = ()

    @classmethod
    def of(cls, store: Store | None, sweep: Sweep) -> "_Kept":
        if store is None:
            return cls()
        trials = store.read_trials({cell.config.trial_id for cell in sweep.cells}, ("status", "data_checksum"))
        history = store.read_history(("trial_id",))
        return cls(
            rows=trials.rows,
            with_history=frozenset(history.rows.column("trial_id").unique().to_pylist()),
            damaged=(*trials.damaged.values(), *history.damaged.values()),
        )


def _is_sound(stage_id: str, cell: Cell, store: Store, datasets: dict[str, Dataset], plan: Plan) -> bool:
    """Say whether a finished stage can be used; one that is damaged or outdated is noted in the plan.

    Raises:
        DataError: it comes from other data.
        StoreError: it was made from other weights than those that are there.
    """
    try:
        record = store.read_stage(stage_id)
        store.check_origin(stage_id)
    except DamagedError as error:
        plan.damaged += [] if str(error) in plan.damaged else [str(error)]
        return False
    _check_same_data(record.provenance.get("data_checksum"), cell, datasets)
    outdated = record.provenance.get("numerics_version", FIRST) != datasets[cell.config.stage1.dataset].numerics_version
    if outdated and stage_id not in plan.outdated:
        plan.outdated.append(stage_id)
    return not outdated


def _task(stage: TrialStage, cells: list[Cell], datasets: dict[str, Dataset]) -> StageTask:
    kind, config = stage.kind, cells[0].config
    dataset = datasets[config.stage1.dataset]
    cost = expected_cost(kind.name, config, dataset)
    return StageTask(
        stage_id=stage.stage_id,
        stage=kind.name,
        config=config.to_dict(),
        label=cell_label(cells[0], settings_of(kind)),
        trial_ids=tuple(cell.config.trial_id for cell in cells),
        needs=tuple(stage.needs.values()),
        epochs=kind.epochs(config, Sizes.of(dataset)),
        flops=cost.flops,
        memory_bytes=cost.memory_bytes,
    )


@lru_cache(maxsize=4096)
def _cost(stage: str, config: TrialConfig, sizes: Sizes) -> Cost:
    return stage_kind(stage).cost(config, sizes)


def _check_same_data(checksum: str | None, cell: Cell, datasets: dict[str, Dataset]) -> None:
    dataset = datasets[cell.config.stage1.dataset]
    if checksum and checksum != dataset.checksum():
        raise DataError(
            f"{dataset.name}: the files have changed since this store's results were made, or are read otherwise now "
            f"(checksum {dataset.checksum()}, stored {checksum}); use another --store or rename the dataset"
        )
