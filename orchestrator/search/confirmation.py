"""Winner's curse, measured: how much of the lead that a suggestion was chosen for is left with other seeds.

Each seed has its own validation part, so that values of other seeds are as far apart as these are: what is compared is
the lead over another suggestion with the same seeds.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from ncvq_core.config import TrialConfig
from orchestrator.search.best import fresh_seeds, settings_of
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
    """The lead of a suggestion over another by one objective: positive where it is better, in the metric's unit."""

    objective: Objective
    """Which one."""
    when_chosen: float
    """With the seeds that it was chosen by, where chance helped."""
    fresh: float
    """The mean over the fresh seeds."""
    low: float
    """Lower end of the 95 % interval of that mean, by Student's t of the paired differences; NaN with one seed."""
    high: float
    """Its upper end."""
    seeds: int
    """So many fresh ones."""

    @property
    def optimism(self) -> float:
        """How much larger the lead looked when it was chosen."""
        return self.when_chosen - self.fresh


def confirm(search: Search, best: Result, other: Result, store: Store, seeds: int) -> tuple[Confirmed, ...] | None:
    """Compare two suggestions with fresh seeds; None where the store lacks some of these trials.

    Args:
        search: what was looked for.
        best: the suggestion that was chosen.
        other: the one that it is compared with.
        store: with the fresh trials.
        seeds: how many fresh seeds.
    """
    ours = read_results(store, search.objectives, _fresh(search, best, seeds))
    theirs = read_results(store, search.objectives, _fresh(search, other, seeds))
    if any(each.state != State.DONE for each in (*ours, *theirs)):
        return None
    return tuple(
        _confirmed(
            objective,
            _lead(objective, best.values[place], other.values[place]),
            [_lead(objective, a.values[place], b.values[place]) for a, b in zip(ours, theirs, strict=True)],
        )
        for place, objective in enumerate(search.objectives)
    )


def _lead(objective: Objective, ours: float, theirs: float) -> float:
    return theirs - ours if objective.direction == "minimize" else ours - theirs


def _fresh(search: Search, result: Result, seeds: int) -> list[Suggestion]:
    """Return the suggestion once for each fresh seed, as if it had been drawn with that alone."""
    settings = settings_of(search, result)
    return [
        Suggestion(
            number=seed,
            drawn=result.suggestion.drawn,
            trial_ids=(TrialConfig.from_dict({**settings, SEED: seed}).trial_id,),
            drawn_at=result.suggestion.drawn_at,
        )
        for seed in fresh_seeds(search, seeds)
    ]


def _confirmed(objective: Objective, chosen: float, leads: Sequence[float]) -> Confirmed:
    mean, half = statistics.fmean(leads), math.nan
    if len(leads) >= ENOUGH:
        error = statistics.stdev(leads) / math.sqrt(len(leads))
        half = float(stats.t.ppf((1 + LEVEL) / 2, len(leads) - 1)) * error
    return Confirmed(
        objective=objective, when_chosen=chosen, fresh=mean, low=mean - half, high=mean + half, seeds=len(leads)
    )
