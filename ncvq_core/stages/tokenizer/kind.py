"""Stage 1, as the plan, the store and reports know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ncvq_core.metrics import metric_names
from ncvq_core.stages.kind import NOTHING, Example, Given, Sizes, StageKind

if TYPE_CHECKING:
    from torch import Tensor

    from ncvq_core.config import TrialConfig
    from ncvq_core.stages.base import StageRun
    from ncvq_core.stages.cost import Cost

TRAINED = (
    "loss", "recon_time", "recon_timefreq", "commitment", "aug_recon_time", "aug_recon_timefreq", "ssl_loss",
    "perplexity", "learning_rate",
)  # fmt: skip
"""Means over an epoch of the training."""


class TokenizerKind(StageKind):
    """Trains the tokenizer: encoder, codebook and decoder."""

    name = "stage1"
    words = "stage 1"
    changed = "stage 1"
    settings: ClassVar[Mapping[str, type]] = {
        "dataset": str, "seed": int, "ssl": str, "ssl_weight": float, "augmentations": str, "band_augmentations": str,
        "aug_recon_weight": float, "epochs": int, "batch_size": int, "learning_rate": float, "weight_decay": float,
        "precision": str, "tokenizer": str, "channels": int, "residual_blocks": int, "downsampled_width": int,
        "high_downsampled_width": int, "codebook_size": int, "codebook_decay": float, "commitment_weight": float,
        "projector_width": int, "val_fraction": float, "evaluate_every": int,
    }  # fmt: skip
    has_examples = True
    history = (*TRAINED, *(f"validation_{name}" for name in metric_names("stage1")))

    def stage_id(self, config: TrialConfig) -> str:
        """Return the content address of the tokenizer; every trial has one."""
        return config.stage1_id

    def epochs(self, config: TrialConfig, sizes: Sizes) -> int:
        """Return those of the config."""
        return config.stage1.epochs

    def cost(self, config: TrialConfig, sizes: Sizes) -> Cost:
        """Return what the training on TRAIN costs."""
        from ncvq_core.stages.tokenizer.cost import tokenizer_cost

        return tokenizer_cost(config.stage1, sizes.train, sizes.channels, sizes.length)

    def build(self, given: Given) -> StageRun:
        """Return the training of the tokenizer."""
        from ncvq_core.stages.tokenizer.run import Stage1Run

        return Stage1Run(given.config.stage1, given.dataset, given.device, given.config.further("stage1"))

    def examples(self, given: Given, made: Mapping[str, Tensor], known: Mapping[str, Any] = NOTHING) -> list[Example]:
        """Return series with augmented views, the pooled codes of TEST, and spectra."""
        import torch

        from ncvq_core.stages.tokenizer.examples import tokenizer_examples

        device = given.device or torch.device("cpu")
        return tokenizer_examples(given.config.stage1, given.dataset, made, known, device)
