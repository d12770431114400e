"""The store: one directory that holds every result and is the only truth about what is done.

What it guarantees:

- A result becomes visible in one atomic step, and never in part: each file is written under a hidden temporary
  name, flushed to the disk and renamed. Of the files of a stage, `record.json` is written last and makes it exist;
  of those of a trial, its row in `trials`.
- A finished result is never written again; a failure never counts as one.
- Any number of processes may read while one runs.
- Everything is readable without ncvq: Parquet, JSON and safetensors; nothing is unpickled.

Layout:

    store.json                     schema version
    trials/TRIAL.parquet           one row a trial: config, status, metrics, timings, provenance
    history/TRIAL.parquet          one row a stage and epoch
    stages/STAGE/record.json       metrics, timings and provenance of a stage, shared by all trials that contain it
    stages/STAGE/history.json      its rows
    stages/STAGE/model.safetensors its weights, or what else later stages read
    checkpoints/STAGE.safetensors  an unfinished stage, removed when it is done; STAGE.unfit: one that did not fit
    sweeps/NAME.json               a sweep as it was launched last: factors and cells; earlier designs as NAME-HASH
    running/STAGE.json             what runs now
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from orchestrator.atomic import TEMPORARY, read_json, write_atomically, write_json
from orchestrator.errors import StoreError
from orchestrator.schema import HISTORY_TABLE, SCHEMA_VERSION, TRIALS, table

CHECKSUM_DIGITS = 16
IDS_IN_A_MESSAGE = 12
UNFIT = ".unfit"
_DESIGN = ("factors", "baseline", "cells")


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """A finished stage, as kept in the store."""

    metrics: dict[str, float | None]
    timings: dict[str, float]
    provenance: dict[str, Any]
    history: list[dict[str, float]]
    details: dict[str, Any] = field(default_factory=dict)
    """What only some stages have: `fcn`, the network of or behind the metrics, and `fid_by_class`."""
    needed: dict[str, str] = field(default_factory=dict)
    """Checksums of the weights that it was made from, by stage id; empty in a record of an earlier ncvq, too."""
    model_checksum: str | None = field(default=None, compare=False)
    """Of the file of weights; None in a record that ncvq wrote before stages needed each other."""


class StoredModel(NamedTuple):
    """The weights of a finished stage."""

    path: Path
    """A safetensors file."""
    checksum: str
    """16 hex digits of its SHA-256, by which other stages know it."""


class Store:
    """A store in a local folder.

    Raises:
        StoreError: the folder cannot be used, or a newer ncvq made it.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open a store; with `create`, make it where there is none."""
        self.path = path.absolute()
        marker = self.path / "store.json"
        if create and not marker.exists():
            self._make(marker)
        if not marker.exists():
            raise StoreError(f"{path}: no ncvq store here; launch a sweep, or name another one with --store")
        version = _read_version(marker)
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{path}: made by a newer ncvq (schema {version}, this one reads up to {SCHEMA_VERSION}); upgrade ncvq"
            )
        if create and not os.access(self.path, os.W_OK):
            raise StoreError(f"{path}: the store is not writable")

    def has_stage(self, stage_id: str) -> bool:
        """Say whether a stage is finished."""
        return (self._stage(stage_id) / "record.json").exists()

    def write_stage(self, stage_id: str, record: StageRecord, write_model: Callable[[Path], str]) -> None:
        """Keep a finished stage.

        Args:
            stage_id: which.
            record: all but its weights.
            write_model: writes its weights to a path, and returns the 64 hex digits of the file's SHA-256.
        """
        folder, digests = self._stage(stage_id), list[str]()
        write_atomically(self._model(stage_id), lambda path: digests.append(write_model(path)))
        write_json(folder / "history.json", {"rows": record.history})
        content = dataclasses.asdict(record) | {"model_checksum": digests[0][:CHECKSUM_DIGITS]}
        del content["history"]
        write_json(folder / "record.json", content)
        self._clear_checkpoints(stage_id)

    def read_stage(self, stage_id: str) -> StageRecord:
        """Read a finished stage.

        Raises:
            StoreError: it is not there, or its files are damaged.
        """
        folder = self._stage(stage_id)
        try:
            return StageRecord(**read_json(folder / "record.json"), history=read_json(folder / "history.json")["rows"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{folder}: cannot be read ({error}); delete the folder and resume") from error

    def sound_model(self, stage_id: str) -> StoredModel:
        """Return the weights of a finished stage, whose file is the one that was written, bit for bit.

        Raises:
            StoreError: it is not there, or is no longer that one.
        """
        path = self._model(stage_id)
        expected = self.read_stage(stage_id).model_checksum
        try:
            with path.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()[:CHECKSUM_DIGITS]
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error}); delete the folder and resume") from error
        if expected and checksum != expected:
            raise StoreError(f"{path}: damaged, its checksum is not the recorded one; delete the folder and resume")
        return StoredModel(path, checksum)

    def check_origin(self, stage_id: str) -> None:
        """Check that a finished stage was made from the weights that are here; those that are gone count for nothing.

        Raises:
            StoreError: the store holds others, to which its metrics do not belong.
        """
        for needed, checksum in self.read_stage(stage_id).needed.items():
            if self.has_stage(needed) and self.read_stage(needed).model_checksum != checksum:
                raise StoreError(
                    f"{self._stage(stage_id)}: made from other weights of stage {needed} than the store holds; "
                    "delete this folder too, and resume"
                )

    def checkpoint_path(self, stage_id: str) -> Path:
        """Return where the checkpoint of an unfinished stage is kept."""
        return self.path / "checkpoints" / f"{stage_id}.safetensors"

    def put_aside_checkpoint(self, stage_id: str) -> None:
        """Keep a checkpoint that does not fit under another name until the stage is done, for a look at it."""
        path = self.checkpoint_path(stage_id)
        path.replace(path.with_suffix(UNFIT))

    def write_trial(self, row: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Keep a trial: its history first, then its row, which makes it exist."""
        trial_id = row["trial_id"]
        _write_table(self.path / "history" / f"{trial_id}.parquet", table(history, HISTORY_TABLE))
        _write_table(self.path / "trials" / f"{trial_id}.parquet", table([row], TRIALS))

    def read_trial(self, trial_id: str) -> dict[str, Any] | None:
        """Return a trial's row, None where it has never run to an end; columns that an older ncvq lacked are null.

        Raises:
            StoreError: its file is damaged.
        """
        path = self.path / "trials" / f"{trial_id}.parquet"
        if not path.exists():
            return None
        rows = _read_rows(path)
        if not rows:
            raise StoreError(f"{path}: cannot be read (it has no row); delete the file and resume")
        return dict.fromkeys(TRIALS.names) | rows[0]

    def trial_ids(self) -> list[str]:
        """Return the ids of all trials that ran to an end, whatever it was."""
        return sorted(path.stem for path in (self.path / "trials").glob("[!.]*.parquet"))

    def find_trial(self, prefix: str) -> dict[str, Any]:
        """Return the row of the one trial whose id starts with the digits given.

        Raises:
            StoreError: no trial of the store does, or several do.
        """
        if not prefix:
            raise StoreError("TRIAL is empty: give the id of a trial, or its first digits")
        ids = self.trial_ids()
        found = [trial_id for trial_id in ids if trial_id.startswith(prefix)]
        row = self.read_trial(found[0]) if len(found) == 1 else None
        if row is not None:
            return row
        listed = ", ".join((found or ids)[:IDS_IN_A_MESSAGE]) or "none"
        if len(found) > 1:
            raise StoreError(f"trial {prefix!r} is ambiguous, {len(found)} ids start with it: {listed}")
        raise StoreError(f"no trial {prefix!r} in {self.path}; it holds {len(ids)}: {listed}")

    def write_sweep(self, record: dict[str, Any]) -> str | None:
        """Keep a sweep's factors and cells.

        An earlier sweep of that name with another design is kept too.

        Returns:
            The name that the earlier one has from now on; None where there is none.
        """
        path = self.path / "sweeps" / f"{record['name']}.json"
        other = _other_design(self.read_sweep(record["name"]), record)
        if other is not None:
            write_json(path.with_stem(other["name"]), other)
        write_json(path, record)
        return other["name"] if other else None

    def read_sweep(self, name: str) -> dict[str, Any] | None:
        """Return a sweep as it was launched last; None where it never was, or its file is damaged."""
        try:
            record = read_json(self.path / "sweeps" / f"{name}.json")
            return record if record.keys() >= {*_DESIGN} else None
        except (OSError, ValueError):
            return None

    def write_running(self, stage_id: str, progress: dict[str, Any]) -> None:
        """Say how far a running stage is."""
        write_json(self.path / "running" / f"{stage_id}.json", progress)

    def clear_running(self, stage_id: str) -> None:
        """Forget a running stage."""
        (self.path / "running" / f"{stage_id}.json").unlink(missing_ok=True)

    def read_running(self) -> dict[str, dict[str, Any]]:
        """Return what runs, by stage id."""
        running = {}
        for path in sorted((self.path / "running").glob("[!.]*.json")):
            with contextlib.suppress(OSError, ValueError):  # it has just ended, or is damaged: no result either way
                running[path.stem] = read_json(path)
        return running

    def upgrade(self) -> None:
        """Give tables that an older ncvq wrote the columns of this one. Only for the one process that runs.

        Raises:
            StoreError: a table is damaged or cannot be written; what is upgraded stays so.
        """
        marker = self.path / "store.json"
        if _read_version(marker) == SCHEMA_VERSION:
            return
        for folder, schema, added in (("trials", TRIALS, {"stages": 1}), ("history", HISTORY_TABLE, {})):
            for path in sorted((self.path / folder).glob("[!.]*.parquet")):
                _write_table(path, table([added | row for row in _read_rows(path)], schema))
        write_json(marker, {"schema": SCHEMA_VERSION})

    def clear_remains(self) -> None:
        """Remove what a killed process left: who ran, unfinished files, and checkpoints of stages that are done.

        Only for the one process that runs.
        """
        shutil.rmtree(self.path / "running", ignore_errors=True)
        for path in (self.path / "checkpoints").glob("[!.]*"):
            if self.has_stage(path.stem):
                self._clear_checkpoints(path.stem)
        for path in self.path.rglob(TEMPORARY):
            path.unlink(missing_ok=True)

    def _clear_checkpoints(self, stage_id: str) -> None:
        path = self.checkpoint_path(stage_id)
        path.unlink(missing_ok=True)
        path.with_suffix(UNFIT).unlink(missing_ok=True)

    def _stage(self, stage_id: str) -> Path:
        return self.path / "stages" / stage_id

    def _model(self, stage_id: str) -> Path:
        return self._stage(stage_id) / "model.safetensors"

    def _make(self, marker: Path) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if any(child.name != "lock" and not child.match(TEMPORARY) for child in self.path.iterdir()):
                raise StoreError(f"{self.path}: not empty and no ncvq store; name another folder with --store")
            write_json(marker, {"schema": SCHEMA_VERSION})
            for folder in ("trials", "history"):
                (self.path / folder).mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path}: cannot make a store here: {error.strerror}") from error


def _other_design(earlier: dict[str, Any] | None, record: dict[str, Any]) -> dict[str, Any] | None:
    """Return an earlier launch of a sweep under a name of its own; None without one, or with the same design."""
    if earlier is None or all(earlier[part] == record[part] for part in _DESIGN):
        return None
    text = json.dumps([earlier[part] for part in _DESIGN], sort_keys=True)
    return {**earlier, "name": f"{record['name']}-{bytes_checksum(text.encode())[:8]}"}


def bytes_checksum(content: bytes) -> str:
    """Return 16 hex digits of SHA-256."""
    return hashlib.sha256(content).hexdigest()[:CHECKSUM_DIGITS]


def _read_version(marker: Path) -> int:
    try:
        return int(read_json(marker)["schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{marker}: not an ncvq store ({json.dumps(str(error))})") from error


def _read_rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); delete the file and resume") from error
    return rows


def _write_table(path: Path, content: pa.Table) -> None:
    write_atomically(path, lambda temporary: pq.write_table(content, temporary))
