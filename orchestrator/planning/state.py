"""How far a sweep is in a store: what `ncvq status` prints, for people or as JSON."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.planning.graph import trial_stages
from orchestrator.planning.next_look import NextLook, next_look
from orchestrator.planning.plan import cell_label
from orchestrator.search.suggested import SearchState, search_state, suggested
from orchestrator.store import DamagedError, Store
from orchestrator.store.lock import running_owner
from orchestrator.store.races import Race, read_race
from orchestrator.store.stages import OWN_NAMES
from orchestrator.store.status import FINAL, Status
from orchestrator.sweepfile.sweep import Cell, Label, Sweep

COUNTED = (*FINAL, Status.LOST, Status.FAILED, Status.RUNNING, Status.BEGUN, Status.MISSING)
"""What a trial can be; lost: done, with files lost, which `ncvq resume` makes again; begun: it has a checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Troubled:
    """A trial that ended without a result."""

    trial_id: str
    """Its id."""
    status: str
    """failed or diverged."""
    levels: dict[str, Label | None]
    """Its level of each factor, null where that has no effect on it."""
    label: str
    """The same in words."""
    error: str | None
    """What was wrong, in one line."""


@dataclass(frozen=True, kw_only=True)
class Launched:
    """The last launch of the name, where that had other trials."""

    trials: int
    """So many."""
    finished: int
    """Those with a result."""


@dataclass(frozen=True, kw_only=True)
class SweepState:
    """A sweep in a store now. The names of the fields are the keys of its JSON."""

    sweep: str
    """Its name, with a profile behind it."""
    profile: str | None
    """The profile, where it is one."""
    datasets_left_out: tuple[str, ...]
    """With --available: those that are not at hand."""
    store: str
    """The folder."""
    trials: int
    """How many the sweep has."""
    counts: dict[str, int]
    """Trials by what they are: a number for each of COUNTED."""
    owner: dict[str, Any] | None
    """The process that runs in the store: pid, host, started, command; null where nobody does."""
    running: tuple[dict[str, Any], ...]
    """Stages at work for trials of the sweep: stage_id, stage, label, trial_ids, epoch, epochs, updated_at."""
    troubled: tuple[Troubled, ...]
    """Trials that failed or diverged."""
    damaged: tuple[str, ...]
    """What can no longer be read, one line each."""
    launched: Launched | None
    """Null where the last launch had these trials, or there was none."""
    race: Race | None
    """Where it is raced: the plan, and what each look decided and left open; the trials are those until the next."""
    next_look: NextLook | None
    """What that costs; null where there is none to come."""
    search: SearchState | None = None
    """Of a search: how far its suggestions are; null for a grid."""


def sweep_state(sweep: Sweep, store: Store) -> SweepState:
    """Look at a sweep in a store."""
    known = suggested(sweep, sweep.search, store) if sweep.search else None
    sweep = known.sweep if known else sweep
    ids = [cell.config.trial_id for cell in sweep.cells]
    times = tuple(f"{name}_seconds" for name in OWN_NAMES) if sweep.raced else ()
    trials = store.read_trials(columns=("status", "error", *times))
    rows = {trial_id: trials.rows.get(trial_id) for trial_id in ids}
    owner = running_owner(store.path)
    running = {stage: state for stage, state in store.read_running().items() if owner is not None}
    running = {stage: state for stage, state in running.items() if any(each in rows for each in state["trial_ids"])}
    at_work = {trial_id for state in running.values() for trial_id in state["trial_ids"]}
    pruned = known.pruned if known else frozenset()
    states = {
        cell.config.trial_id: _status(cell, rows[cell.config.trial_id], at_work, store, pruned) for cell in sweep.cells
    }
    counts = Counter(states.values())
    race = read_race(store.path, sweep.name) if sweep.raced else None
    launched = None if sweep.raced else _other_launch(sweep, store, trials.rows)
    return SweepState(
        sweep=sweep.name,
        profile=sweep.profile,
        datasets_left_out=sweep.missing,
        store=str(store.path),
        trials=len(rows),
        counts={name: counts[name] for name in COUNTED},
        owner=owner,
        running=tuple({"stage_id": stage_id, **state} for stage_id, state in running.items()),
        troubled=tuple(_troubled(cell, row) for cell in sweep.cells if (row := rows[cell.config.trial_id])
                       and row["status"] in (Status.FAILED, Status.DIVERGED)),
        damaged=(*trials.damaged.values(), *((launched,) if isinstance(launched, str) else ()),
                 *(known.damaged if known else ())),
        launched=launched if isinstance(launched, Launched) else None,
        race=race,
        next_look=next_look(sweep, race, rows, {each for each in rows if states[each] in FINAL})
        if race and not race.ended else None,
        search=search_state(sweep.search, known.results) if sweep.search and known else None,
    )  # fmt: skip


def _status(
    cell: Cell, row: dict[str, Any] | None, at_work: Collection[str], store: Store, pruned: Collection[str]
) -> str:
    """Say what a trial is; one that another search ended early is still to run here."""
    if cell.config.trial_id in at_work:
        return Status.RUNNING
    if (row is None or row["status"] != Status.DONE) and cell.config.trial_id in pruned:
        return Status.PRUNED
    stages = [stage.stage_id for stage in trial_stages(cell.config)]
    if row and row["status"] == Status.DONE and not all(store.has_stage(stage_id) for stage_id in stages):
        return Status.LOST
    if row and row["status"] != Status.PRUNED:
        return str(row["status"])
    return Status.BEGUN if any(store.checkpoint_path(stage_id).exists() for stage_id in stages) else Status.MISSING


def _troubled(cell: Cell, row: dict[str, Any]) -> Troubled:
    return Troubled(
        trial_id=row["trial_id"],
        status=row["status"],
        levels=dict(cell.levels),
        label=cell_label(cell),
        error=row["error"],
    )


def _other_launch(sweep: Sweep, store: Store, rows: Mapping[str, dict[str, Any]]) -> Launched | str | None:
    """The last launch of this name, where that had other trials, as with other settings; why it cannot be read."""
    try:
        launched = store.read_sweep(sweep.name)
    except FileNotFoundError:
        return None
    except DamagedError as error:
        return str(error)
    if sweep.search and (launched.get("search") or {}).get("study") == sweep.search.study_id:
        return None  # the same one, which has gone on
    trial_ids = {cell["trial_id"] for cell in launched["cells"]}
    if trial_ids == {cell.config.trial_id for cell in sweep.cells}:
        return None
    finished = sum(trial_id in rows and rows[trial_id]["status"] in FINAL for trial_id in trial_ids)
    return Launched(trials=len(trial_ids), finished=finished)
