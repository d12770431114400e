"""Optuna's samplers, each as a function of the search's seed and the number of the suggestion."""

import warnings
from collections.abc import Callable

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, NSGAIISampler, QMCSampler, RandomSampler, TPESampler

from ncvq_core.config.trial import content_id
from orchestrator.sweepfile.deciders import POPULATION

_HEX = 16


def make_sampler(name: str, seed: int, number: int) -> BaseSampler:
    """Return the sampler that draws one suggestion: what it draws depends on these and on earlier suggestions alone.

    Suggestions that still run count as bad ones for `tpe` (constant liar), so that workers side by side spread out.

    Args:
        name: one of SAMPLERS.
        seed: of the search.
        number: of the suggestion.
    """
    return _MAKERS[name](seed, _seed_of(seed, number))


def draws_everything(name: str) -> bool:
    """Whether a sampler fills the whole space evenly and knows no conditions: what has no effect is drawn, too."""
    return name == "quasi_random"


def _seed_of(seed: int, number: int) -> int:
    return int(content_id({"suggestion": [seed, number]})[:8], _HEX)


def _quasi_random(seed: int, own: int) -> BaseSampler:
    """The points of one scrambled Sobol' sequence; its first, which Optuna draws at random, is `own`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return QMCSampler(scramble=True, seed=seed, independent_sampler=RandomSampler(seed=own))


_MAKERS: dict[str, Callable[[int, int], BaseSampler]] = {
    "tpe": lambda seed, own: TPESampler(seed=own, constant_liar=True),
    "nsga2": lambda seed, own: NSGAIISampler(seed=own, population_size=POPULATION),
    "random": lambda seed, own: RandomSampler(seed=own),
    "quasi_random": _quasi_random,
}
