"""What all workers of a launch have in common."""

from dataclasses import dataclass
from pathlib import Path

from ncvq_core.plugins import Plugin


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What a worker needs to know beside the stages that it is given."""

    store: Path
    """Where checkpoints and results go."""
    data_dir: Path | None = None
    """Local archive of datasets."""
    device: str = "cpu"
    """Where to compute, as torch names it."""
    threads: int = 1
    """CPU threads of the worker."""
    graphs: bool = False
    """On a GPU, capture each trial's step as a CUDA graph."""
    deterministic: bool = False
    """On a GPU, take kernels alone whose bits come again."""
    plugins: tuple[Plugin, ...] = ()
    """Files of the user's that the trials need, as text: no other machine has to have them."""
    examples: bool = True
    """Keep what figures show of each stage."""
    debug: bool = False
    """Let an exception through instead of recording it."""
