"""The state of a sweep, for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

from orchestrator.lock import running_owner
from orchestrator.plan import FINAL, cell_label
from orchestrator.store import Store
from orchestrator.sweep import Sweep


def print_status(sweep: Sweep, store: Store, console: Console) -> bool:
    """Print counts, what runs, and failures with their reasons; return whether somebody is running."""
    rows = {cell.config.trial_id: store.read_trial(cell.config.trial_id) for cell in sweep.cells}
    statuses = {trial_id: row["status"] if row else "missing" for trial_id, row in rows.items()}
    owner = running_owner(store.path)
    running = {stage: state for stage, state in store.read_running().items() if owner and _concerns(state, statuses)}
    words = [f"{count} {name}" for name in (*FINAL, "failed", "missing") if (count := _count(statuses, name))]
    console.print(f"{sweep.name}: {len(rows)} trials: {', '.join(words)}", highlight=False)
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


def _count(statuses: dict[str, str], name: str) -> int:
    return sum(1 for status in statuses.values() if status == name)


def _concerns(state: dict[str, Any], statuses: dict[str, str]) -> bool:
    return any(trial_id in statuses for trial_id in state["trial_ids"])
