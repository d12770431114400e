"""Files of unfinished stages, looked at without torch."""

import json
from collections.abc import Collection
from pathlib import Path

from orchestrator.store.sealed import verify

NEEDED = "needed"
"""Key of a checkpoint's metadata: the checksums of the weights that the stage reads, as JSON."""

_OLDER = frozenset({"started_at", "seconds", "checksum"})
"""Keys of the metadata that an ncvq wrote which sealed no checkpoints; some had NEEDED, too."""


def is_whole_checkpoint(path: Path) -> bool:
    """Say whether every bit of a checkpoint is as it was written, as far as an older ncvq left a way to know."""
    if verify(path):
        return True
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return is_older(header["__metadata__"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError):
        return False


def is_older(metadata: Collection[str]) -> bool:
    """Say whether a checkpoint's metadata, or the keys of it, is that of an ncvq that sealed none."""
    return set(metadata) - {NEEDED} == _OLDER
