"""Without `--deterministic` histories are the same within a bound."""

from collections.abc import Iterator
from functools import partial

from benchmarks.gpu.determinism import steps_on, trained
from benchmarks.gpu.place import Check, Found, Place
from benchmarks.gpu.trainers import MIXED, Build
from ncvq_core.training.deterministic import HISTORY_TOLERANCE


def checks(place: Place) -> Iterator[Check]:
    """Yield a check for each trainer."""
    for name, build in MIXED.items():
        yield Check(name=name, run=partial(_within, place, build))


def _within(place: Place, build: Build) -> Found:
    steps = steps_on(place)
    eager, graph = (trained(place, build, steps, capture=capture) for capture in (False, True))
    history, other = eager["history"].double(), graph["history"].double()
    largest = float(((history - other).abs() / history.abs().clamp(min=1e-3)).max())
    weights = [name for name in eager if name.startswith("model.")]
    moved = sum(not eager[name].equal(graph[name]) for name in weights)
    assert largest <= HISTORY_TOLERANCE, f"histories of {steps} steps differ by {largest:.1e} of their values"
    return {"largest_relative_difference": largest, "weights_with_other_bits": f"{moved} of {len(weights)}"}
