"""The state of a sweep, for people."""

from rich.console import Console
from rich.table import Table

from orchestrator.cli.describe import search_words
from orchestrator.launching.race_words import race_lines
from orchestrator.planning.changed_plugins import changed_plugins
from orchestrator.planning.state import COUNTED, SweepState, sweep_state
from orchestrator.store import Store
from orchestrator.store.status import Status
from orchestrator.sweepfile.sweep import Sweep

WORDS = {
    Status.LOST: "done, with files lost (`ncvq resume` makes them again)",
    Status.BEGUN: "begun (they go on from a checkpoint)",
}


def print_status(sweep: Sweep, store: Store, console: Console) -> bool:
    """Print counts, what runs, and failures with their reasons; return whether somebody is running."""
    state = sweep_state(sweep, store)
    words = [f"{state.counts[name]} {WORDS.get(name, name)}" for name in COUNTED if state.counts[name]]
    console.print(f"{state.sweep}: {state.trials} trials: {', '.join(words)}", highlight=False)
    if state.search:
        console.print(search_words(state.search), highlight=False, soft_wrap=True)
    for remark in (*state.damaged, *_other_launch(state), *changed_plugins(sweep, store)):
        console.print(remark, markup=False, highlight=False, soft_wrap=True)
    for line in race_lines(state.race, state.next_look) if state.race else ():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if state.owner is None:
        console.print("nobody is running in this store", highlight=False)
    else:
        pid, host, started = (state.owner.get(name, "?") for name in ("pid", "host", "started"))
        words_of_owner = f"process {pid} on {host} since {started}: {state.owner.get('command', '')}"
        console.print(words_of_owner, highlight=False, markup=False)
    if state.running:
        table = Table("stage", "running", "trials", "epoch", "of", "updated")
        for stage in state.running:
            numbers = (str(len(stage["trial_ids"])), str(stage["epoch"]), str(stage["epochs"]))
            table.add_row(stage["stage"], stage["label"], *numbers, stage["updated_at"])
        console.print(table)
    for trial in state.troubled:
        line = f"{trial.status} {trial.trial_id} {trial.label}: {trial.error}"
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    return state.owner is not None


def _other_launch(state: SweepState) -> list[str]:
    if state.launched is None:
        return []
    counts = f"{state.launched.trials} trials, {state.launched.finished} finished"
    return [f"launched last with other settings: {counts}; repeat its options to see them"]
