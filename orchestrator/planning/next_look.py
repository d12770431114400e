"""What the next look of a race costs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.planning.graph import TrialStage, trial_stages
from orchestrator.store.races import Race
from orchestrator.store.stages import OWN_NAMES
from orchestrator.sweepfile.sweep import Cell, Sweep


@dataclass(frozen=True, kw_only=True)
class NextLook:
    """The look that a race waits for."""

    seeds: int
    """At so many."""
    trials_to_run: int
    """Trials without a result that it needs."""
    seconds: float | None
    """What these take one after another, as long as the same settings took with other seeds; null where no trial of one
    of them has a result."""


def next_look(
    sweep: Sweep, race: Race, rows: Mapping[str, Mapping[str, Any] | None], done: Collection[str]
) -> NextLook:
    """Say what is left to run until a look.

    Args:
        sweep: with the trials until that look.
        race: which has not ended.
        rows: of its trials by id, with STAGE_seconds; None where there is none.
        done: ids of the trials with a result.
    """
    missing = [cell for cell in sweep.cells if cell.config.trial_id not in done]
    known: dict[tuple[object, ...], dict[str, float]] = {}
    for cell in sweep.cells:
        if cell.config.trial_id in done and (row := rows[cell.config.trial_id]):
            known.setdefault(_setting(cell), {}).update(_seconds(cell, row))
    try:
        stages = {stage.stage_id: known[_setting(cell)][stage.kind.name]
                  for cell in missing for stage in _own_stages(cell)}  # fmt: skip
        seconds = sum(stages.values())
    except KeyError:
        seconds = None
    return NextLook(seeds=race.next_seeds, trials_to_run=len(missing), seconds=seconds)


def _setting(cell: Cell) -> tuple[object, ...]:
    return tuple(label for factor, label in cell.levels.items() if factor != "seed")


def _own_stages(cell: Cell) -> list[TrialStage]:
    """Those whose time is in the row of their trial."""
    return [stage for stage in trial_stages(cell.config) if stage.kind.name in OWN_NAMES]


def _seconds(cell: Cell, row: Mapping[str, Any]) -> dict[str, float]:
    names = [stage.kind.name for stage in _own_stages(cell)]
    return {name: float(row[f"{name}_seconds"]) for name in names if row.get(f"{name}_seconds") is not None}
