"""Checkpoints of unfinished stages: files that go on only with the data and the earlier stages they come from."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError

from ncvq_core.errors import CheckpointError
from ncvq_core.stages.base import StageRun
from orchestrator.execution.tensor_file import TensorFile, write_sealed_tensors
from orchestrator.store.atomic import write_atomically
from orchestrator.store.checkpoint_files import NEEDED, is_older
from orchestrator.store.sealed import verify

FORMAT = "format"
"""Key that a checkpoint has beside its seal: with either of the two it is none of an earlier ncvq."""


class Earlier(NamedTuple):
    """What a run brings from the processes that it ran in before."""

    started_at: datetime
    """When it was first started."""
    seconds: float
    """Of work so far."""


def write_checkpoint(path: Path, run: StageRun, earlier: Earlier, needed: Mapping[str, str]) -> None:
    """Keep the state of a run.

    Args:
        path: where.
        run: the run, between two pieces of work.
        earlier: its start and seconds so far.
        needed: checksums of the weights that it reads, by stage id.

    Raises:
        StoreError: the file cannot be written; an older checkpoint is still there.
    """
    metadata = {
        FORMAT: "2",
        "started_at": earlier.started_at.isoformat(),
        "seconds": str(earlier.seconds),
        "checksum": run.dataset.checksum(),
        NEEDED: json.dumps(needed),
    }
    state = run.state()
    write_atomically(path, lambda temporary: write_sealed_tensors(temporary, state, metadata))


def restore_checkpoint(path: Path, run: StageRun, needed: Mapping[str, str]) -> Earlier:
    """Let a new run go on from a checkpoint and return what it brings along.

    The tensors are read one at a time, into those of the run.

    Raises:
        CheckpointError: the file is damaged, or comes from other data, another model or other weights of an earlier
            stage; the run is of no more use.
    """
    try:
        kept = open_checkpoint(path)
        made_with = json.loads(kept.metadata.get(NEEDED, "{}"))
        earlier = Earlier(datetime.fromisoformat(kept.metadata["started_at"]), float(kept.metadata["seconds"]))
    except (OSError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path.name}: cannot be read: {error}") from error
    if kept.metadata.get("checksum") != run.dataset.checksum():
        raise CheckpointError(f"{path.name}: comes from other data")
    if made_with != needed:
        raise CheckpointError(f"{path.name}: comes from other weights of the stages {', '.join(needed)}")
    run.restore(kept)
    return earlier


def open_checkpoint(path: Path) -> TensorFile:
    """Open a checkpoint whose every bit is as it was written, or one that an earlier ncvq wrote without a checksum.

    Raises:
        CheckpointError: it is damaged or cut off.
        OSError: it cannot be read.
    """
    sound = verify(path)
    damaged = CheckpointError(f"{path.name}: damaged, its checksum is not the recorded one")
    try:
        kept = TensorFile(path)
    except SafetensorError as error:
        raise damaged from error
    if not sound and not is_older(kept.metadata):
        raise damaged
    return kept
