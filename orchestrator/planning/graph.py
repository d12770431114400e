"""Which stages a trial runs through, and what each of them needs."""

from dataclasses import dataclass

from ncvq_core.config import TrialConfig
from ncvq_core.stages.kind import StageKind
from ncvq_core.stages.registry import KINDS


@dataclass(frozen=True, kw_only=True)
class TrialStage:
    """One stage of a trial."""

    kind: StageKind
    """What it is."""
    stage_id: str
    """Its content address."""
    needs: dict[str, str]
    """Ids of the stages whose tensors it reads, by name."""


def trial_stages(config: TrialConfig) -> tuple[TrialStage, ...]:
    """Return the stages of a trial, each after what it needs."""
    ids = {kind.name: stage_id for kind in KINDS if (stage_id := kind.stage_id(config)) is not None}
    return tuple(
        TrialStage(kind=kind, stage_id=ids[kind.name], needs={name: ids[name] for name in kind.needs})
        for kind in KINDS
        if kind.name in ids
    )


def trial_stage(config: TrialConfig, name: str) -> TrialStage:
    """Return the stage of a name that a trial has."""
    return next(stage for stage in trial_stages(config) if stage.kind.name == name)
