"""Optuna's pruners, each for trials that are measured every so many epochs."""

import warnings
from collections.abc import Callable

from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, SuccessiveHalvingPruner

REDUCTION = 3
"""Of the trials that reach a rung of successive halving, the best third goes on; the next rung is as many times up."""


def make_pruner(name: str, every: int, epochs: int) -> BasePruner:
    """Return a pruner that remembers nothing: what it knows is in the trials of a study.

    Args:
        name: one of PRUNERS.
        every: epochs between two values.
        epochs: of a trial that runs to its end.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return _MAKERS[name](every, epochs)


_MAKERS: dict[str, Callable[[int, int], BasePruner]] = {
    "asha": lambda every, epochs: SuccessiveHalvingPruner(min_resource=every, reduction_factor=REDUCTION),
    "hyperband": lambda every, epochs: HyperbandPruner(
        min_resource=every, max_resource=epochs, reduction_factor=REDUCTION
    ),
    "median": lambda every, epochs: MedianPruner(),
}
