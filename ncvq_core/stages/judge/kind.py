"""The network that judges samples, as the plan and the store know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ncvq_core.stages.kind import Given, Sizes, StageKind

if TYPE_CHECKING:
    from ncvq_core.config import TrialConfig
    from ncvq_core.stages.base import StageRun
    from ncvq_core.stages.cost import Cost


class JudgeKind(StageKind):
    """Trains the FCN that judges the samples of all trials of a dataset."""

    name = "fcn"
    words = "FCN"
    changed = "the network that judges samples"
    of_trial = False
    own_metrics = ("fcn_accuracy",)
    details = ("fcn",)

    def stage_id(self, config: TrialConfig) -> str | None:
        """Return the content address of the dataset's network; None where there are no samples to judge."""
        from ncvq_core.config import fcn_id

        return fcn_id(config.stage1.dataset) if config.stage2 else None

    def epochs(self, config: TrialConfig, sizes: Sizes) -> int:
        """Return those of the fixed training."""
        from ncvq_core.config.fcn import JUDGE_TRAINING

        return JUDGE_TRAINING.epochs_on(sizes.train)

    def cost(self, config: TrialConfig, sizes: Sizes) -> Cost:
        """Return what the training on TRAIN costs."""
        from ncvq_core.config.fcn import JUDGE_TRAINING
        from ncvq_core.stages.judge.cost import fcn_cost

        return fcn_cost(JUDGE_TRAINING, sizes.train, sizes.channels, sizes.length)

    def build(self, given: Given) -> StageRun:
        """Return the training of the network."""
        from ncvq_core.stages.judge.run import FcnRun

        return FcnRun(given.dataset, given.device)
