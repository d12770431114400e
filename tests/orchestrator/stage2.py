"""A sweep of both stages that takes seconds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ncvq_core.config import fcn
from ncvq_core.evaluation import cas
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


def make_judges_brief(patch: pytest.MonkeyPatch) -> None:
    """Train the networks that judge for ten steps, and the classifier on forty series: enough where no score counts."""
    brief = replace(fcn.JUDGE_TRAINING, epochs=2, steps=10)
    patch.setattr(fcn, "JUDGE_TRAINING", brief)
    patch.setattr("ncvq_core.stages.judge.run.TRAINING", brief)
    patch.setattr(cas, "MINIMUM_SERIES", 40)
    patch.setattr(cas, "CAS_TRAINING", replace(cas.CAS_TRAINING, epochs=2, steps=10))
