"""What a sweep still lacks: read from the store, never from anybody's memory."""

import dataclasses
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ncvq_core.config import TrialConfig
from ncvq_core.cost import Cost, stage1_cost
from ncvq_core.data import Dataset, load_dataset
from ncvq_core.errors import DataError
from ncvq_core.stage1_config import Stage1Config
from orchestrator.store import Store
from orchestrator.sweep import Cell, Sweep
from orchestrator.tasks import StageTask

FINAL = ("done", "diverged", "pruned")


@dataclass(kw_only=True)
class Plan:
    """The state of a sweep in a store, and the stages that would make it complete."""

    sweep: Sweep
    finished: list[Cell] = field(default_factory=list)
    """Cells with a result."""
    failed: list[Cell] = field(default_factory=list)
    """Cells that failed before and are left alone."""
    assemble: list[Cell] = field(default_factory=list)
    """Cells whose stages are all done, though their row is not written."""
    tasks: list[StageTask] = field(default_factory=list)
    """Stages to run."""
    trials_to_run: int = 0
    """Cells that wait for those stages."""

    @property
    def flops(self) -> float:
        """Expected work of all tasks."""
        return sum(task.flops for task in self.tasks)

    @property
    def memory_bytes(self) -> int:
        """Expected peak memory of the largest task."""
        return max((task.memory_bytes for task in self.tasks), default=0)


def load_datasets(sweep: Sweep, data_dir: Path | None) -> dict[str, Dataset]:
    """Read every dataset of a sweep, by name.

    Raises:
        DataError: one is missing or unusable.
    """
    names = dict.fromkeys(cell.config.stage1.dataset for cell in sweep.cells)
    return {name: load_dataset(name, data_dir) for name in names}


def make_plan(sweep: Sweep, store: Store | None, datasets: dict[str, Dataset], *, retry_failed: bool = False) -> Plan:
    """Compare a sweep with a store.

    Args:
        sweep: the design.
        store: where results are; None before the first launch.
        datasets: the sweep's datasets, by name.
        retry_failed: run failed trials again.

    Raises:
        DataError: a dataset is no longer the one that stored results come from.
    """
    plan = Plan(sweep=sweep)
    waiting: dict[str, list[Cell]] = {}
    for cell in sweep.cells:
        row = store.read_trial(cell.config.trial_id) if store else None
        status = row["status"] if row else None
        has_stage = store is not None and store.has_stage(cell.config.stage1_id)
        if store and has_stage and status != "done":
            _check_same_data(store.read_stage(cell.config.stage1_id).provenance["data_checksum"], cell, datasets)
        elif row:
            _check_same_data(row["data_checksum"], cell, datasets)
        if status in FINAL:
            plan.finished.append(cell)
        elif status == "failed" and not retry_failed:
            plan.failed.append(cell)
        elif has_stage:
            plan.assemble.append(cell)
        else:
            waiting.setdefault(cell.config.stage1_id, []).append(cell)
    plan.trials_to_run = sum(len(cells) for cells in waiting.values())
    plan.tasks = [_stage1_task(stage_id, cells, datasets) for stage_id, cells in waiting.items()]
    return plan


def cell_label(cell: Cell) -> str:
    """Name a cell by the levels of its factors."""
    words = [f"{name}={label}" for name, label in cell.levels.items() if label is not None]
    return " ".join(words) or cell.config.stage1.dataset


def expected_cost(config: Stage1Config, dataset: Dataset) -> Cost:
    """Return what a stage 1 on a dataset costs; the seed makes no difference."""
    return _cost(dataclasses.replace(config, seed=0), len(dataset.train), dataset.channels, dataset.length)


def _stage1_task(stage_id: str, cells: list[Cell], datasets: dict[str, Dataset]) -> StageTask:
    config: TrialConfig = cells[0].config
    cost = expected_cost(config.stage1, datasets[config.stage1.dataset])
    return StageTask(
        stage_id=stage_id,
        stage="stage1",
        config=config.to_dict(),
        label=cell_label(cells[0]),
        trial_ids=tuple(cell.config.trial_id for cell in cells),
        epochs=config.stage1.epochs,
        flops=cost.flops,
        memory_bytes=cost.memory_bytes,
    )


_cost = lru_cache(maxsize=1024)(stage1_cost)


def _check_same_data(checksum: str | None, cell: Cell, datasets: dict[str, Dataset]) -> None:
    dataset = datasets[cell.config.stage1.dataset]
    if checksum and checksum != dataset.checksum():
        raise DataError(
            f"{dataset.name}: the files have changed since this store's results were made "
            f"(checksum {dataset.checksum()}, stored {checksum}); use another --store or rename the dataset"
        )
