"""The state of a sweep, for people."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from orchestrator.plan import FINAL, cell_label
from orchestrator.stages import trial_stages
from orchestrator.store import DamagedError, Store
from orchestrator.store.lock import running_owner
from orchestrator.sweep import Cell, Sweep

BEGUN = "begun (they go on from a checkpoint)"
LOST = "done, with files lost (`ncvq resume` makes them again)"


def print_status(sweep: Sweep, store: Store, console: Console) -> bool:
    """Print counts, what runs, and failures with their reasons; return whether somebody is running."""
    ids = [cell.config.trial_id for cell in sweep.cells]
    trials = store.read_trials(columns=("status", "error"))
    rows = {trial_id: trials.rows.get(trial_id) for trial_id in ids}
    owner = running_owner(store.path)
    running = {stage: state for stage, state in store.read_running().items() if owner and _concerns(state, rows)}
    at_work = {trial_id for state in running.values() for trial_id in state["trial_ids"]}
    statuses = Counter(_status(cell, rows[cell.config.trial_id], at_work, store) for cell in sweep.cells)
    names = (*FINAL, LOST, "failed", "running", BEGUN, "missing")
    words = [f"{statuses[name]} {name}" for name in names if statuses[name]]
    console.print(f"{sweep.name}: {len(rows)} trials: {', '.join(words)}", highlight=False)
    for remark in (*trials.damaged.values(), _other_launch(sweep, store, trials.rows)):
        if remark:
            console.print(remark, markup=False, highlight=False, soft_wrap=True)
    if owner is None:
        console.print("nobody is running in this store", highlight=False)
    else:
        process = f"process {owner.get('pid', '?')} on {owner.get('host', '?')} since {owner.get('started', '?')}"
        console.print(f"{process}: {owner.get('command', '')}", highlight=False, markup=False)
    if running:
        table = Table("stage", "running", "trials", "epoch", "of", "updated")
        for state in running.values():
            numbers = (str(len(state["trial_ids"])), str(state["epoch"]), str(state["epochs"]))
            table.add_row(state["stage"], state["label"], *numbers, state["updated_at"])
        console.print(table)
    for cell in sweep.cells:
        row = rows[cell.config.trial_id]
        if row and row["status"] in ("failed", "diverged"):
            line = f"{row['status']} {row['trial_id']} {cell_label(cell)}: {row['error']}"
            console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    return owner is not None


def _status(cell: Cell, row: dict[str, Any] | None, at_work: Collection[str], store: Store) -> str:
    if cell.config.trial_id in at_work:
        return "running"
    stages = [stage.stage_id for stage in trial_stages(cell.config)]
    if row and row["status"] == "done" and not all(store.has_stage(stage_id) for stage_id in stages):
        return LOST
    if row:
        return str(row["status"])
    return BEGUN if any(store.checkpoint_path(stage_id).exists() for stage_id in stages) else "missing"


def _other_launch(sweep: Sweep, store: Store, rows: Mapping[str, dict[str, Any]]) -> str | None:
    """Say how far the last launch of this name is, where that had other trials, as with other settings."""
    try:
        launched = store.read_sweep(sweep.name)
    except FileNotFoundError:
        return None
    except DamagedError as error:
        return str(error)
    trial_ids = {cell["trial_id"] for cell in launched["cells"]}
    if trial_ids == {cell.config.trial_id for cell in sweep.cells}:
        return None
    done = sum(trial_id in rows and rows[trial_id]["status"] in FINAL for trial_id in trial_ids)
    return (
        f"launched last with other settings: {len(trial_ids)} trials, {done} finished; repeat its options to see them"
    )


def _concerns(state: dict[str, Any], rows: Collection[str]) -> bool:
    return any(trial_id in rows for trial_id in state["trial_ids"])
