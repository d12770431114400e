"""The kinds of stages. Needs no torch."""

from ncvq_core.stages.judge.kind import JudgeKind
from ncvq_core.stages.kind import StageKind
from ncvq_core.stages.prior.kind import PriorKind
from ncvq_core.stages.samples.kind import SamplesKind
from ncvq_core.stages.tokenizer.kind import TokenizerKind

KINDS: tuple[StageKind, ...] = (TokenizerKind(), JudgeKind(), PriorKind(), SamplesKind())
"""Each after what it needs; the first is in every trial."""


def stage_kind(name: str) -> StageKind:
    """Return the kind of a name that a task or a column has."""
    return next(kind for kind in KINDS if kind.name == name)


def settings_of(kind: StageKind) -> frozenset[str]:
    """Return the settings that a stage depends on: its own and those of the stages that it needs."""
    needed = (settings_of(stage_kind(name)) for name in kind.needs)
    return frozenset({"dataset"}).union(kind.settings, *needed)
