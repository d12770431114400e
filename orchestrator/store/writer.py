"""Puts the rows of trials into the parts of both tables."""

import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestrator.store.parts import TRIAL_ID, part_files, read_part, without_ids, write_part
from orchestrator.store.schema import HISTORY_TABLE, TRIALS, table, with_further

PART_TRIALS = 64
"""Trials of a part, at most: 10,000 trials are 157 files, and adding one rewrites 64 rows."""

TRIALS_FOLDER, HISTORY_FOLDER = "trials", "history"


class TrialWriter:
    """Adds and replaces trials. Only for the one process that runs.

    A trial's history is written first, then its row, without which the trial counts as not run. All rows of a trial are
    in one part of a table, and each part is replaced atomically, so that a reader sees all of them once or none.
    """

    def __init__(self, root: Path) -> None:
        """Keep the folder; nothing is read yet."""
        self._trials = _TableWriter(root / TRIALS_FOLDER, TRIALS)
        self._history = _TableWriter(root / HISTORY_FOLDER, HISTORY_TABLE)

    def write(self, row: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Keep a trial in place of its earlier rows, if there are any.

        Raises:
            StoreError: the disk is full, or the part that the trial belongs to is damaged.
        """
        self.write_history(row[TRIAL_ID], history)
        self._trials.replace(row[TRIAL_ID], [row])

    def write_history(self, trial_id: str, history: list[dict[str, Any]]) -> None:
        """Keep the history of a trial, or of a run that was imported, in place of its earlier rows.

        Raises:
            StoreError: as for `write`.
        """
        self._history.replace(trial_id, history)


class _TableWriter:
    """Replaces a trial's rows in one table."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._part_of: dict[str, str] = {}
        self._sizes: Counter[str] = Counter()
        """Trials by part."""
        self._looked_at: int | None = None
        self._last: tuple[str, pa.Table | None] = ("", None)  # the part that was written last, and its rows

    def replace(self, trial_id: str, rows: list[dict[str, Any]]) -> None:
        self._look()
        known = self._part_of.get(trial_id)
        if known is None and not rows:
            return
        part = known or self._part_with_room()
        others = self._rows(part)
        kept = without_ids(others, [trial_id])
        added = table(rows, self._schema)
        content = pa.concat_tables([kept, added], promote_options="default").combine_chunks()
        write_part(self._folder / f"{part}.parquet", content)
        self._last = (part, content)
        self._part_of[trial_id] = part
        self._sizes[part] += known is None
        self._looked_at = self._folder.stat().st_mtime_ns

    def _rows(self, part: str) -> pa.Table:
        path = self._folder / f"{part}.parquet"
        name, rows = self._last
        if name == part and rows is not None:
            return rows
        if not path.exists():
            return self._schema.empty_table()
        rows = read_part(path)
        further = [name for name in rows.column_names if name not in self._schema.names]
        schema = with_further(self._schema, further)  # of plugins that this process need not know
        return rows.select(schema.names).cast(schema)

    def _look(self) -> None:
        """Read which part holds which trial, if another process has written a part since the last time."""
        self._folder.mkdir(exist_ok=True)  # somebody may have removed it: its rows are made from the stages again
        if self._looked_at == self._folder.stat().st_mtime_ns:
            return
        self._last = ("", None)
        self._part_of = {
            trial_id: path.stem
            for path in part_files(self._folder)
            for trial_id in read_part(path, [TRIAL_ID]).column(TRIAL_ID).unique().to_pylist()
        }
        self._sizes = Counter(self._part_of.values())

    def _part_with_room(self) -> str:
        """Return the name of the fullest part that has room for another trial, else a new one.

        A new name is unique among all stores, so that one store can be copied into another.
        """
        room = [(size, part) for part, size in self._sizes.items() if size < PART_TRIALS]
        return max(room)[1] if room else new_part_name()


def new_part_name() -> str:
    """Return a random name, unique among the parts of all stores."""
    return f"part-{uuid.uuid4().hex[:12]}"
