"""A sweep of both stages that takes seconds."""

from pathlib import Path
from typing import Any

from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Sweep

DATASET = "ItalyPowerDemand"
TINY2 = f"""\
description: both stages in seconds
base:
  {{dataset: {DATASET}, stages: 2, epochs: 2, channels: 8, augmentations: [slice_and_shuffle], val_fraction: 0.2,
   prior_epochs: 2, prior_width: 16, prior_layers: 1, prior_heads: 1, sampling_steps: 2}}
factors:
  token_embedding: [learned, codebook_init]
  seed: [0]
baseline: {{token_embedding: learned}}
"""


def tiny2(folder: Path, **settings: Any) -> Sweep:
    """The sweep, changed as `--set` changes one."""
    return load_sweep(tiny2_file(folder), settings)


def tiny2_file(folder: Path) -> Path:
    path = folder / "tiny2.yaml"
    path.write_text(TINY2)
    return path
