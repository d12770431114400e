"""With `--deterministic` a step has the same bits eager, captured, in a pack and after a checkpoint."""

from collections.abc import Iterator
from functools import partial

from torch import Tensor

from benchmarks.gpu.bits import assert_same_bits, state_of
from benchmarks.gpu.lanes import lane, step_in_turn
from benchmarks.gpu.place import Check, Place
from benchmarks.gpu.trainers import MIXED, Build

STEPS, ON_A_CPU = 20, 4


def checks(place: Place) -> Iterator[Check]:
    """Yield eager against eager, graph and pack."""
    for name, build in MIXED.items():
        yield Check(name=f"{name}: eager again", run=partial(_again, place, build, capture=False))
        yield Check(name=f"{name}: graph", run=partial(_again, place, build, capture=True))
    yield Check(name="a pack of 4", run=partial(_pack, place))


def checkpoint_checks(place: Place) -> Iterator[Check]:
    """Yield, for each trainer, what a checkpoint has to do."""
    for name, build in MIXED.items():
        yield Check(name=name, run=partial(_goes_on, place, build))


def steps_on(place: Place) -> int:
    """Return how many steps are compared."""
    return STEPS if place.on_gpu else ON_A_CPU


def trained(place: Place, build: Build, steps: int, *, capture: bool, seed: int = 0) -> dict[str, Tensor]:
    """Return the state of a trainer after so many steps, alone."""
    trainer, its_lane = build(place, seed), lane(place, capture=capture)
    place.wait()
    for _ in range(steps):
        step_in_turn([trainer], [its_lane])
    place.wait()
    return state_of(trainer)


def _again(place: Place, build: Build, *, capture: bool) -> None:
    steps = steps_on(place)
    eager = trained(place, build, steps, capture=False)
    again = trained(place, build, steps, capture=capture)
    assert_same_bits(again, eager, f"{steps} steps")


def _pack(place: Place) -> None:
    steps = steps_on(place)
    trainers = [build(place, 0) for build in MIXED.values()]
    lanes = [lane(place) for _ in trainers]
    place.wait()
    for _ in range(steps):
        step_in_turn(trainers, lanes)
    place.wait()
    for trainer, (name, build) in zip(trainers, MIXED.items(), strict=True):
        assert_same_bits(state_of(trainer), trained(place, build, steps, capture=False), name)


def _goes_on(place: Place, build: Build) -> None:
    steps = steps_on(place)
    whole = trained(place, build, steps, capture=True)
    kept = trained(place, build, steps // 2, capture=True)
    trainer, its_lane = build(place, 0), lane(place)
    with its_lane.entered():
        trainer.restore(kept)
    place.wait()
    for _ in range(steps - steps // 2):
        step_in_turn([trainer], [its_lane])
    place.wait()
    assert_same_bits(state_of(trainer), whole, "new trainer, restored, captured")
