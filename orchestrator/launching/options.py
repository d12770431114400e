"""How a launch is to run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """How to run; nothing here changes a result."""

    store: Path
    """Folder of every result."""
    data_dir: Path | None = None
    """Local archive of datasets."""
    fcn_weights: Path | None = None
    """Folder with networks that judge samples; None takes the store's, or trains them."""
    workers: int | None = None
    """Packs at a time; 0 runs in this process without Ray, None takes as many as cores and memory allow."""
    threads: int = 1
    """CPU threads a worker."""
    address: str | None = None
    """Ray cluster to run on; None runs on this machine."""
    gpus_per_trial: float | None = None
    """GPUs a worker; None takes one where this machine has one."""
    pack: int | None = None
    """Stages side by side in a worker; None takes one."""
    graphs: bool = False
    """On a GPU, capture each trial's step as a CUDA graph."""
    deterministic: bool = False
    """On a GPU, take kernels alone whose bits come again."""
    executor: str | None = None
    """Name of what runs the stages, one of EXECUTORS; None takes `inline` without workers, else `ray`."""
    examples: bool = True
    """Keep what figures show of each stage: series, spectra, points."""
    wandb: str | None = None
    """Where to publish: one of the W&B modes; None takes that of the environment."""
    retry_failed: bool = False
    """Run again what failed before."""
    unprune: bool = False
    """Go on with the trials that the search ended early."""
    debug: bool = False
    """Let exceptions through."""
