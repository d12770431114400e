"""Checkpoints of unfinished stages: safetensors files that go on only with the data they come from."""

from datetime import datetime
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ncvq_core.errors import CheckpointError
from ncvq_core.stage1_run import Stage1Run
from orchestrator.atomic import write_atomically


def write_checkpoint(path: Path, run: Stage1Run, started_at: datetime) -> None:
    """Keep the state of a run.

    Raises:
        StoreError: the file cannot be written; an older checkpoint is still there.
    """
    state = {name: tensor.contiguous() for name, tensor in run.state().items()}
    content = save(state, {"started_at": started_at.isoformat(), "checksum": run.dataset.checksum()})
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def restore_checkpoint(path: Path, run: Stage1Run) -> datetime:
    """Let a new run go on from a checkpoint and return when it was first started.

    Raises:
        CheckpointError: the file is damaged, or comes from other data or another model; the run is of no more use.
    """
    try:
        with safe_open(path, framework="pt") as checkpoint:
            metadata = checkpoint.metadata() or {}
            state = {name: checkpoint.get_tensor(name) for name in checkpoint.keys()}  # noqa: SIM118
        started_at = datetime.fromisoformat(metadata["started_at"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path}: cannot be read: {error}") from error
    if metadata.get("checksum") != run.dataset.checksum():
        raise CheckpointError(f"{path}: comes from other data")
    run.restore(state)
    return started_at
