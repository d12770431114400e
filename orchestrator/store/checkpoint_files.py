"""Checks of the checkpoint files of unfinished stages, without torch."""

import json
from collections.abc import Collection
from pathlib import Path

from orchestrator.store.sealed import verify

NEEDED = "needed"
"""Key of a checkpoint's metadata: the checksums of the weights that the stage reads, as JSON."""

_OLDER = frozenset({"started_at", "seconds", "checksum"})
"""Keys of the metadata from versions that did not seal checkpoints; some wrote NEEDED, too."""


def is_whole_checkpoint(path: Path) -> bool:
    """Say whether a checkpoint is unchanged; those of versions that did not seal them only have to be readable."""
    if verify(path):
        return True
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return is_older(header["__metadata__"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError):
        return False


def is_older(metadata: Collection[str]) -> bool:
    """Say whether metadata, or its keys, is that of a version that did not seal checkpoints."""
    return set(metadata) - {NEEDED} == _OLDER
