"""Which stages a trial runs through, and what each of them needs."""

import dataclasses
from dataclasses import dataclass

from ncvq_core.config import TrialConfig, fcn_id
from ncvq_core.config.prior import Stage2Config
from ncvq_core.config.tokenizer import Stage1Config

STAGE1, FCN, STAGE2, SAMPLES = "stage1", "fcn", "stage2", "samples"
STAGES = (STAGE1, FCN, STAGE2, SAMPLES)
"""All stages, each after what it needs."""

TIMED = (STAGE1, STAGE2, SAMPLES)
"""Stages of a trial's own; the FCN belongs to its dataset."""


@dataclass(frozen=True, kw_only=True)
class TrialStage:
    """One stage of a trial."""

    stage: str
    """One of STAGES."""
    stage_id: str
    """Its content address."""
    needs: dict[str, str]
    """Ids of the stages whose tensors it reads, by stage."""


def trial_stages(config: TrialConfig) -> tuple[TrialStage, ...]:
    """Return the stages of a trial, each after what it needs."""
    stage1 = TrialStage(stage=STAGE1, stage_id=config.stage1_id, needs={})
    if config.stage2_id is None or config.samples_id is None:
        return (stage1,)
    fcn = TrialStage(stage=FCN, stage_id=fcn_id(config.stage1.dataset), needs={})
    stage2 = TrialStage(stage=STAGE2, stage_id=config.stage2_id, needs={STAGE1: config.stage1_id})
    needs = {STAGE1: config.stage1_id, STAGE2: config.stage2_id, FCN: fcn.stage_id}
    return stage1, fcn, stage2, TrialStage(stage=SAMPLES, stage_id=config.samples_id, needs=needs)


def settings_of(stage: str) -> frozenset[str] | None:
    """Return the settings that a stage depends on; None for all."""
    of_stage1 = frozenset(field.name for field in dataclasses.fields(Stage1Config))
    of_stage2 = of_stage1 | {field.name for field in dataclasses.fields(Stage2Config)}
    return {STAGE1: of_stage1, FCN: frozenset({"dataset"}), STAGE2: of_stage2}.get(stage)
