"""Stage 2, as the plan, the store and reports know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ncvq_core.stages.kind import Given, Sizes, StageKind

if TYPE_CHECKING:
    from ncvq_core.config import TrialConfig
    from ncvq_core.stages.base import StageRun
    from ncvq_core.stages.cost import Cost


class PriorKind(StageKind):
    """Trains the prior on the tokens of a tokenizer."""

    name = "stage2"
    words = "stage 2"
    changed = "the prior's training"
    needs = ("stage1",)
    settings: ClassVar[Mapping[str, type]] = {
        "stages": int, "token_embedding": str, "prior_epochs": int, "prior_batch_size": int,
        "prior_learning_rate": float, "prior_weight_decay": float, "prior_width": int, "prior_layers": int,
        "prior_heads": int, "prior_feedforward": int, "class_dropout": float, "token_temperature": float,
    }  # fmt: skip
    history = ("prior_loss", "learning_rate", "validation_prior_loss")

    def stage_id(self, config: TrialConfig) -> str | None:
        """Return the content address of the trained prior; None for a trial that stops at stage 1."""
        return config.stage2_id

    def epochs(self, config: TrialConfig, sizes: Sizes) -> int:
        """Return those of the config."""
        assert config.stage2 is not None
        return config.stage2.prior_epochs

    def cost(self, config: TrialConfig, sizes: Sizes) -> Cost:
        """Return what the training on TRAIN's tokens costs."""
        from ncvq_core.stages.prior.cost import prior_cost

        return prior_cost(config, sizes.train, sizes.channels, sizes.length)

    def build(self, given: Given) -> StageRun:
        """Return the training of the prior."""
        from ncvq_core.stages.prior.run import Stage2Run

        return Stage2Run(given.config, given.dataset, given.needed["stage1"], given.device)
