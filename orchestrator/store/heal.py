"""Moves damaged files of a store out of the way, so that the next launch makes exactly those again."""

from collections.abc import Iterable
from pathlib import Path

from orchestrator.store.errors import DamagedError, StoreError
from orchestrator.store.parts import read_table
from orchestrator.store.stage_folder import RECORD
from orchestrator.store.store import Store
from orchestrator.store.writer import HISTORY_FOLDER, TRIALS_FOLDER


def heal(store: Store, stage_ids: Iterable[str], *, thorough: bool) -> list[str]:
    """Set aside damaged parts of both tables, and damaged stages. Only for the one process that runs.

    Args:
        store: of this layout, not of an older one.
        stage_ids: the stages to look at.
        thorough: read their weights and examples, too, instead of asking only whether they are there, and set those
            stages aside that were made from other weights than the store holds.

    Returns:
        What was set aside, why, and where it is now; one line each.
    """
    notes = []
    for folder in (TRIALS_FOLDER, HISTORY_FOLDER):
        damaged = read_table(store.path / folder, ("trial_id",)).damaged
        notes += [_set_aside(store, path, reason) for path, reason in damaged.items()]
    for stage_id in stage_ids:
        if reason := _fault(store, stage_id, thorough):
            notes.append(_set_aside(store, store.stage(stage_id).path, reason))
        elif thorough:
            notes += _without_damaged_examples(store, stage_id)
    return notes


def _fault(store: Store, stage_id: str, thorough: bool) -> str | None:
    """Say what is wrong with a finished stage; None where nothing is, or where it is not finished."""
    folder = store.stage(stage_id)
    if not (folder.path / RECORD).exists():
        return None  # never finished: it is overwritten when it runs
    try:
        folder.verify(weights=thorough)
        if thorough:
            store.check_origin(stage_id)
    except StoreError as error:
        return str(error)
    return None


def _without_damaged_examples(store: Store, stage_id: str) -> list[str]:
    """Set aside what figures show of a stage, where that is damaged: its weights and numbers are not."""
    folder = store.stage(stage_id)
    if not folder.is_complete:
        return []
    try:
        folder.examples()
    except DamagedError as error:
        kept = store.set_aside(folder.examples_path)
        return [f"{error}; set aside as {kept.relative_to(store.path)}"]
    return []


def _set_aside(store: Store, path: Path, reason: str) -> str:
    kept = store.set_aside(path)
    return f"{reason}; set aside as {kept.relative_to(store.path)}, what it held is made again"
