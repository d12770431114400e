"""Makes a store ready for `resume`."""

import shutil
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestrator.store.findings import Findings
from orchestrator.store.parts import TRIAL_ID, part_files, read_part, write_part
from orchestrator.store.status import Status
from orchestrator.store.store import DAMAGED, Store
from orchestrator.store.upgrade import upgrade
from orchestrator.store.writer import HISTORY_FOLDER, TRIALS_FOLDER


def repair(store: Store, found: Findings) -> list[str]:
    """Set aside what is damaged, keep one row of each trial, remove what is left over.

    Only for the one process that runs.

    Returns:
        What was done, one line each.
    """
    done = []
    for each in found.damaged:
        kept = store.set_aside(each.path)
        done.append(f"set aside: {each.path.relative_to(store.path)} as {kept.relative_to(store.path)}")
    upgrade(store)
    done += [_keep_one(store, trial_id, columns) for trial_id, columns in found.repeated.items()]
    for path in found.left_over:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        done.append(f"removed: {path.relative_to(store.path) if path.is_relative_to(store.path) else path}")
    return done


def _keep_one(store: Store, trial_id: str, differing: str) -> str:
    """Keep one row of a trial, the one that began first, and its history; one that disagrees is kept aside."""
    rows = [
        (path, index, row)
        for path in part_files(store.path / TRIALS_FOLDER)
        for index, row in enumerate(read_part(path).to_pylist())
        if row[TRIAL_ID] == trial_id
    ]
    best = min(rows, key=lambda each: _rank(each[2]))
    for path in dict.fromkeys(path for path, _, _ in rows):
        content = read_part(path)
        keep = pa.array([row_id != trial_id for row_id in content.column(TRIAL_ID).to_pylist()])
        others = content.filter(keep)
        own = content.slice(best[1], 1) if path == best[0] else content.slice(0, 0)
        if differing:
            aside = store.path / DAMAGED / TRIALS_FOLDER / f"{trial_id}-{path.name}"
            write_part(aside, content.filter(pc.invert(keep)))
        write_part(path, pa.concat_tables([others, own]))
    _keep_one_history(store, trial_id, keep=not differing)
    how = "they agree"
    if differing:
        how = f"they differ in {differing}: all are kept in {DAMAGED}/, and `ncvq resume` takes its stages' word"
    return f"trial {trial_id}: one of {len(rows)} rows stays, {how}"


def _rank(row: dict[str, Any]) -> tuple[bool, str]:
    """Order rows of a trial: done ones first, then those that began first."""
    return row["status"] != Status.DONE, str(row.get("started_at"))


def _keep_one_history(store: Store, trial_id: str, *, keep: bool) -> None:
    """Keep a trial's history in the first part that has it, or nowhere, so that it is put together anew."""
    seen = not keep
    for path in part_files(store.path / HISTORY_FOLDER):
        content = read_part(path)
        own = pc.equal(content.column(TRIAL_ID), trial_id)
        if not pc.any(own).as_py():
            continue
        if seen:
            write_part(path, content.filter(pc.invert(own)))
        seen = True
