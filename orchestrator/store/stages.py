"""What the store's tables know of stages."""

from ncvq_core.stages.kind import StageKind
from ncvq_core.stages.registry import KINDS, settings_of

OWN_STAGES: tuple[StageKind, ...] = tuple(kind for kind in KINDS if kind.of_trial)
"""Those that are a trial's own and have columns in its row, each after what it needs."""

OWN_NAMES = tuple(kind.name for kind in OWN_STAGES)

METRICS_OF_DATASETS = frozenset(metric for kind in KINDS if not kind.of_trial for metric in kind.own_metrics)
"""By which the record of a stage is known that belongs to a dataset, whether or not a trial has it."""

ID_COLUMNS = {name: f"{name}_id" for name in OWN_NAMES}
"""Column of a stage's content address, by stage."""

DETAILS = tuple(dict.fromkeys(detail for kind in OWN_STAGES for detail in kind.details))
"""Columns of what stages leave beside metrics."""

SETTINGS_OF = {kind.name: settings_of(kind) for kind in OWN_STAGES}
"""Settings that can change a stage, by stage; the others cannot."""
