"""What a search is after: metrics of the validation part of TRAIN, and never of TEST."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ncvq_core.config import TrialConfig
from ncvq_core.errors import unknown_name
from ncvq_core.metrics import METRICS, Metric, metrics_by_name
from orchestrator.sweepfile.yaml_lines import Source

Direction = Literal["minimize", "maximize"]
DIRECTIONS: tuple[Direction, ...] = ("minimize", "maximize")

SECTION = "search"
PRIOR = "validation_prior_loss"
VALIDATION = "validation_"
_BETTER: dict[Direction, str] = {"minimize": "lower", "maximize": "higher"}


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A metric, and which direction is better."""

    metric: str
    """Its name, as in the table of metrics; it is measured on the validation part."""
    direction: Direction
    """minimize or maximize."""

    @property
    def column(self) -> str:
        """Its column in the history, of which the last epoch counts."""
        return self.metric if self.metric == PRIOR else f"{VALIDATION}{self.metric}"

    @property
    def stage(self) -> str:
        """Name of the stage that it measures."""
        return metrics_by_name()[self.metric].stage


def read_objectives(source: Source) -> tuple[Objective, ...]:
    """Read what `minimize` and `maximize` name: a metric each, or a list.

    Raises:
        SweepError: none, an unknown or repeated metric, one that is measured on TEST alone, or the wrong direction.
    """
    found: list[Objective] = []
    for direction in DIRECTIONS:
        written = source.data[SECTION].get(direction, [])
        for place, name in enumerate(written if isinstance(written, list) else [written]):
            path = (SECTION, direction, place) if isinstance(written, list) else (SECTION, direction)
            _check_metric(source, name, direction, path)
            if any(objective.metric == name for objective in found):
                raise source.error(f"{name} is there twice", *path)
            found.append(Objective(metric=name, direction=direction))
    if not found:
        raise source.error("says nothing of what is better: give minimize: or maximize: a metric", SECTION)
    return tuple(found)


def check_comparable(source: Source, objectives: Iterable[Objective], settings: Sequence[str]) -> None:
    """Check that no metric is compared across settings that change its meaning.

    Raises:
        SweepError: one is.
    """
    for objective in objectives:
        metric = metrics_by_name()[objective.metric]
        for name in settings:
            if name in metric.incomparable:
                valid = [other for other in metric.instead if other in _names()]
                instead = f"; take {' or '.join(valid)}" if valid else ""
                words = f"{metric.name} does not mean the same across values of {name}{instead}"
                raise source.error(words, SECTION, objective.direction)


def check_measured(source: Source, objectives: Iterable[Objective], config: TrialConfig) -> None:
    """Check that a trial measures the objectives at its last epoch.

    Raises:
        SweepError: it has no validation part, does not evaluate on it at the end, or has no prior.
    """
    stage1 = config.stage1
    if not stage1.val_fraction:
        words = "objectives are measured on a validation part of TRAIN: set val_fraction in base, such as 0.2"
        raise source.error(words, SECTION)
    for objective in objectives:
        if objective.metric == PRIOR and config.stage2 is None:
            raise source.error(f"{PRIOR} is of the prior: it needs stages: 2 in base", SECTION, objective.direction)
        every = stage1.evaluate_every
        if objective.metric != PRIOR and (not every or stage1.epochs % every):
            words = f"{objective.metric} is read at the last epoch: set evaluate_every in base so that it divides"
            raise source.error(f"{words} epochs = {stage1.epochs}", "base", "evaluate_every")


def _check_metric(source: Source, name: Any, direction: Direction, path: tuple[Any, ...]) -> None:
    known = metrics_by_name()
    if not isinstance(name, str) or name not in known.keys() | set(_names()):
        raise source.error(str(unknown_name("objective", name, _names())), *path)
    if name not in _names():
        words = "is measured on TEST alone, which no search looks at" if _ranks(known[name]) else "ranks nothing"
        raise source.error(f"{name} {words}; valid: {', '.join(_names())}", *path)
    better = known[name].better or "lower"
    if better != _BETTER[direction]:
        right = next(each for each in DIRECTIONS if _BETTER[each] == better)
        raise source.error(f"{direction} {name}: {better} is better, so {right} it", *path)


def _ranks(metric: Metric) -> bool:
    return metric.better is not None or metric.stage != "stage1"


def _names() -> list[str]:
    """The metrics that are measured on the validation part and rank something."""
    return [*(metric.name for metric in METRICS if metric.stage == "stage1" and metric.better), PRIOR]
