"""Winner's curse, measured: how much of what a suggestion was chosen for is left with other seeds."""

import math
import statistics
from collections.abc import Collection
from dataclasses import dataclass

from scipy import stats

from orchestrator.search.best import fresh_seeds
from orchestrator.store import Store
from orchestrator.store.search_results import Result, State, read_results
from orchestrator.store.searches import Suggestion
from orchestrator.sweepfile.objectives import Objective
from orchestrator.sweepfile.search import SEED, Search

LEVEL = 0.95
ENOUGH = 2
"""Seeds without which there is no interval."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """An objective of a suggestion, when it was chosen and with fresh seeds."""

    objective: Objective
    """Which one."""
    when_chosen: float
    """The value that it was chosen by, which is too good by chance."""
    fresh: float
    """The mean over the fresh seeds."""
    low: float
    """Lower end of the 95 % interval of that mean, by Student's t; NaN with one seed."""
    high: float
    """Its upper end."""
    seeds: int
    """So many fresh ones."""

    @property
    def optimism(self) -> float:
        """How much better it looked when it was chosen, in the unit of the metric; negative where it looked worse."""
        difference = self.fresh - self.when_chosen
        return difference if self.objective.direction == "minimize" else -difference


def confirm(search: Search, result: Result, store: Store, seeds: int) -> tuple[Confirmed, ...] | None:
    """Compare a suggestion with its trials of fresh seeds; None where the store lacks some of these.

    Args:
        search: what was looked for.
        result: the suggestion.
        store: with the fresh trials.
        seeds: how many fresh seeds.
    """
    found = read_results(store, search.objectives, _fresh(search, result, seeds))
    if any(each.state != State.DONE for each in found):
        return None
    columns = zip(*(each.values for each in found), strict=True)
    pairs = zip(search.objectives, result.values, columns, strict=True)
    return tuple(_confirmed(objective, chosen, values) for objective, chosen, values in pairs)


def _fresh(search: Search, result: Result, seeds: int) -> list[Suggestion]:
    """Return the suggestion once for each fresh seed, as if it had been drawn with that alone."""
    config = search.cells_of(result.suggestion.drawn)[0].config
    written = config.to_dict()
    return [
        Suggestion(
            number=seed,
            drawn=result.suggestion.drawn,
            trial_ids=(type(config).from_dict({**written, SEED: seed}).trial_id,),
            drawn_at=result.suggestion.drawn_at,
        )
        for seed in fresh_seeds(search, seeds)
    ]


def _confirmed(objective: Objective, chosen: float, values: Collection[float]) -> Confirmed:
    mean, half = statistics.fmean(values), math.nan
    if len(values) >= ENOUGH:
        error = statistics.stdev(values) / math.sqrt(len(values))
        half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * error
    return Confirmed(
        objective=objective, when_chosen=chosen, fresh=mean, low=mean - half, high=mean + half, seeds=len(values)
    )
