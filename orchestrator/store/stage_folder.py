"""The folder of one finished stage: weights, history, and the record, without which the stage counts as unfinished."""

import dataclasses
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ncvq_core.stages.kind import Example
from orchestrator.store.atomic import Durability, read_sealed_json, write_atomically, write_sealed_json
from orchestrator.store.errors import DamagedError, StoreError
from orchestrator.store.examples import EXAMPLES, read_examples, write_examples

RECORD, HISTORY, MODEL = "record.json", "history.json", "model.safetensors"
FILES = (MODEL, HISTORY, RECORD)
"""In the order in which they are written."""

_CHECKSUM_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """A finished stage, as kept in the store."""

    metrics: dict[str, float | None]
    timings: dict[str, float]
    provenance: dict[str, Any]
    history: list[dict[str, float]]
    details: dict[str, Any] = field(default_factory=dict)
    """What some stages have: `fcn`, which network this is or which one the metrics are of, and `fid_by_class`."""
    needed: dict[str, str] = field(default_factory=dict)
    """Checksums of the weights that it was made from, by stage id; records of early versions lack them."""
    model_checksum: str | None = field(default=None, compare=False)
    """Checksum of the file of weights; None in records from versions that did not keep it."""


class StoredModel(NamedTuple):
    """The weights of a finished stage."""

    path: Path
    """A safetensors file."""
    checksum: str
    """16 hex digits of its SHA-256, by which other stages know it."""


def is_complete(folder: str) -> bool:
    """Say whether all files of a stage are there; with texts, because paths take longer than the disk."""
    return all(os.path.exists(f"{folder}/{name}") for name in FILES)


class StageFolder:
    """One stage's folder in a store.

    Args:
        path: the folder; it need not exist.
        unsealed: also take files without a checksum, as an older ncvq wrote them.
    """

    def __init__(self, path: Path, *, unsealed: bool = False) -> None:
        """Keep the path; nothing is read yet."""
        self.path = path
        self.unsealed = unsealed

    @property
    def is_complete(self) -> bool:
        """Whether all its files are there; their content is not read."""
        return is_complete(os.fspath(self.path))

    @property
    def model_path(self) -> Path:
        """Where the weights are."""
        return self.path / MODEL

    @property
    def examples_path(self) -> Path:
        """Where what figures show of it is, where that is kept."""
        return self.path / EXAMPLES

    def write(
        self, record: StageRecord, write_model: Callable[[Path], str], examples: Iterable[Example] | None = None
    ) -> None:
        """Keep a stage: it is there with its last file, and with that on the disk.

        Args:
            record: what is known of it, without the checksum of the weights.
            write_model: writes the weights to the path that it is given and returns the SHA-256 of that file in hex.
            examples: what figures show of it; None keeps nothing.

        Raises:
            StoreError: the disk is full; the stage does not exist.
        """
        digests: list[str] = []
        write_atomically(self.model_path, lambda path: digests.append(write_model(path)), Durability.CONTENT)
        checksum = digests[0][:_CHECKSUM_DIGITS]
        if examples is not None:
            write_examples(self.examples_path, examples, checksum, Durability.CONTENT)
        write_sealed_json(self.path / HISTORY, {"rows": record.history}, Durability.CONTENT)
        content = dataclasses.asdict(record) | {"model_checksum": checksum}
        del content["history"]
        write_sealed_json(self.path / RECORD, content)

    def read(self) -> StageRecord:
        """Read all but the weights.

        Raises:
            DamagedError: a file is not there, or no longer what was written.
        """
        try:
            content = read_sealed_json(self.path / RECORD, unsealed=self.unsealed)
            history = read_sealed_json(self.path / HISTORY, unsealed=self.unsealed)["rows"]
            return StageRecord(**content, history=history)
        except (FileNotFoundError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{self._name}: damaged ({error}); `ncvq resume` runs the stage again") from error

    def verify(self, *, weights: bool) -> None:
        """Look at all its files; at every byte of the weights, or only whether they are there.

        Raises:
            DamagedError: a file is not there, or no longer what was written.
        """
        if not self.is_complete:
            raise DamagedError(f"{self._name}: files of it are missing")
        if weights:
            self.sound_model()
        else:
            self.read()

    def sound_model(self) -> StoredModel:
        """Return the weights, after a look at every byte of them.

        Raises:
            DamagedError: they are not there, or no longer those that were written.
        """
        expected = self.read().model_checksum
        try:
            actual = file_checksum(self.model_path)
        except FileNotFoundError as error:
            raise DamagedError(f"{self._name}/{MODEL}: cannot be read ({error.strerror})") from error
        if expected != actual and not (expected is None and self.unsealed):
            raise DamagedError(
                f"{self._name}/{MODEL}: damaged, its checksum is not the recorded one; "
                "`ncvq resume` runs the stage again"
            )
        return StoredModel(self.model_path, actual)

    @property
    def has_examples(self) -> bool:
        """Whether there is a file of examples; its content is not read."""
        return os.path.exists(self.examples_path)

    def examples(self) -> pa.Table | None:
        """Return what figures show of the stage; None where nothing is kept, or what was made from other weights.

        Raises:
            DamagedError: a file is no longer what was written.
        """
        if not self.has_examples:
            return None
        weights = self.read().model_checksum
        try:
            return read_examples(self.examples_path, weights)
        except DamagedError as error:
            raise DamagedError(f"{error}; `ncvq report SWEEP --with-samples` makes it again") from error

    def add_examples(self, examples: Iterable[Example]) -> None:
        """Keep what figures show of a stage that is there, in place of what is kept.

        Raises:
            DamagedError: its weights are not there, or no longer those that were written.
            StoreError: the disk is full.
        """
        write_examples(self.examples_path, examples, self.sound_model().checksum)

    def upgrade(self) -> None:
        """Give the files of an older ncvq their checksums.

        Raises:
            StoreError: the disk is full; the folder is as good as before.
        """
        try:
            record = self.read()
            checksum = record.model_checksum or file_checksum(self.model_path)
        except (DamagedError, FileNotFoundError):
            return  # its files keep having no checksum, and the stage is run again where it is needed
        write_sealed_json(self.path / HISTORY, {"rows": record.history})
        content = dataclasses.asdict(record) | {"model_checksum": checksum}
        del content["history"]
        write_sealed_json(self.path / RECORD, content)

    @property
    def _name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


def file_checksum(path: Path) -> str:
    """Return 16 hex digits of SHA-256 over a file's bytes, read in pieces.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_CHECKSUM_DIGITS]


def bytes_checksum(content: bytes) -> str:
    """Return 16 hex digits of SHA-256."""
    return hashlib.sha256(content).hexdigest()[:_CHECKSUM_DIGITS]


def check_lineage(record: StageRecord, name: str, folder_of: Callable[[str], StageFolder]) -> None:
    """Check that a stage was made from the weights in the store; weights that are not there are not compared.

    Args:
        record: of the stage.
        name: of it, for the message.
        folder_of: gives the folder of a stage id.

    Raises:
        StoreError: the store holds others, to which its metrics do not belong.
    """
    for needed, checksum in record.needed.items():
        folder = folder_of(needed)
        if folder.is_complete and folder.read().model_checksum != checksum:
            raise StoreError(
                f"{name}: made from other weights of stage {needed} than the store holds; "
                "`ncvq resume` sets it aside and runs it again"
            )
