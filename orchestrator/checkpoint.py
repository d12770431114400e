"""Checkpoints of unfinished stages: files that go on only with the data and the earlier stages they come from."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ncvq_core.errors import CheckpointError
from ncvq_core.stage_run import StageRun
from orchestrator.store.atomic import write_atomically

NEEDED = "needed"


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
    state = {name: tensor.contiguous() for name, tensor in run.state().items()}
    metadata = {
        "started_at": earlier.started_at.isoformat(),
        "seconds": str(earlier.seconds),
        "checksum": run.dataset.checksum(),
        NEEDED: json.dumps(needed),
    }
    content = save(state, metadata)
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def restore_checkpoint(path: Path, run: StageRun, needed: Mapping[str, str]) -> Earlier:
    """Let a new run go on from a checkpoint and return what it brings along.

    Raises:
        CheckpointError: the file is damaged, or comes from other data, another model or other weights of an earlier
            stage; the run is of no more use.
    """
    try:
        with safe_open(path, framework="pt") as checkpoint:
            metadata = checkpoint.metadata() or {}
            state = {name: checkpoint.get_tensor(name) for name in checkpoint.keys()}  # noqa: SIM118
        made_with = json.loads(metadata.get(NEEDED, "{}"))
        earlier = Earlier(datetime.fromisoformat(metadata["started_at"]), float(metadata["seconds"]))
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path.name}: cannot be read: {error}") from error
    if metadata.get("checksum") != run.dataset.checksum():
        raise CheckpointError(f"{path.name}: comes from other data")
    if made_with != needed:
        raise CheckpointError(f"{path.name}: comes from other weights of the stages {', '.join(needed)}")
    run.restore(state)
    return earlier
