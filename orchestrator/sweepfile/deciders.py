"""Who decides in a search: the sampler that suggests, and the pruner that ends trials early."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ncvq_core.config import TrialConfig
from ncvq_core.errors import unknown_name
from orchestrator.sweepfile.objectives import PRIOR, SECTION, Objective
from orchestrator.sweepfile.yaml_lines import Source

SAMPLERS = ("tpe", "nsga2", "random", "quasi_random")
POPULATION = 20
"""Suggestions of a generation of `nsga2`, of which the first is random."""
PRUNERS = ("asha", "hyperband", "median")
_SAMPLER, _PRUNER = "sampler", "pruner"


@dataclass(frozen=True, kw_only=True)
class Pruner:
    """Who ends trials early, and how often it is asked."""

    name: str
    """One of PRUNERS."""
    every: int
    """Epochs between two values of the objective."""
    epochs: int
    """Of the stage that it measures, in a trial that runs to its end."""


def read_sampler(source: Source, budget: int) -> str:
    """Read who suggests.

    Raises:
        SweepError: there is none of that name, or it would draw at random alone.
    """
    name = _name(source, _SAMPLER, SAMPLERS) or SAMPLERS[0]
    if name == "nsga2" and budget <= POPULATION:
        words = f"nsga2 draws its first {POPULATION} suggestions at random: give more, or take tpe"
        raise source.error(f"budget = {budget}: {words}", SECTION, "budget")
    return name


def read_pruner(
    source: Source, objectives: Sequence[Objective], varied: Collection[str], config: TrialConfig
) -> Pruner | None:
    """Read who ends trials early; None where nobody does.

    Args:
        source: the sweep file, with its overrides.
        objectives: of the search.
        varied: names of the settings that differ between suggestions.
        config: a trial of the search, which measures the objectives.

    Raises:
        SweepError: there is none of that name, several objectives, one that is measured at the end alone, or trials of
            different lengths.
    """
    name = _name(source, _PRUNER, PRUNERS)
    if name is None:
        return None
    if len(objectives) > 1:
        words = "it compares trials along the way by one objective, and there are"
        raise source.error(f"{_PRUNER} {name}: {words} {len(objectives)}; leave one, or no pruner", SECTION, _PRUNER)
    of_prior = objectives[0].metric == PRIOR
    length = "prior_epochs" if of_prior else "epochs"
    if length in varied:
        words = f"it compares trials after as many epochs: write {length} in base"
        raise source.error(f"{_PRUNER} {name}: {words}", SECTION, _PRUNER)
    every = 1 if of_prior else config.stage1.evaluate_every or 0
    epochs = config.stage2.prior_epochs if of_prior and config.stage2 else config.stage1.epochs
    if every >= epochs:
        often = f"{objectives[0].metric} is measured once, at the last of {epochs} epochs"
        more = f"more {length}" if of_prior else f"an evaluate_every below {epochs}, such as {max(1, epochs // 10)}"
        raise source.error(f"{_PRUNER} {name}: {often}; set {more} in base", SECTION, _PRUNER)
    return Pruner(name=name, every=every, epochs=epochs)


def _name(source: Source, key: str, known: Sequence[str]) -> str | None:
    name = source.data[SECTION].get(key)
    if name is not None and name not in known:
        raise source.error(str(unknown_name(key, name, known)), SECTION, key)
    return None if name is None else str(name)
