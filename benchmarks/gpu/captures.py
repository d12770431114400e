"""Capturing a trainer's step changes nothing of it."""

from collections.abc import Iterator
from functools import partial

from benchmarks.gpu.bits import assert_same_bits, state_of
from benchmarks.gpu.lanes import lane, step_in_turn
from benchmarks.gpu.place import Check, Place
from benchmarks.gpu.trainers import MIXED, Build


def checks(place: Place) -> Iterator[Check]:
    """Yield a check for each trainer."""
    for name, build in MIXED.items():
        yield Check(name=name, run=partial(_state_is_kept, place, build))


def _state_is_kept(place: Place, build: Build) -> None:
    trainer, its_lane = build(place, 0), lane(place)
    for _ in range(2):
        with its_lane.entered():
            trainer.step()
    place.wait()
    before = state_of(trainer)
    its_lane.capture(trainer)
    place.wait()
    assert_same_bits(state_of(trainer), before, "after the capture")
    assert trainer.replay is not None, "nothing was captured"
    for _ in range(3):
        step_in_turn([trainer], [its_lane])
    place.wait()
    after = state_of(trainer)
    trainer.check()
    moved = [name for name in before if name.startswith("model.") and not before[name].equal(after[name])]
    assert moved, "three replays have changed no weight"
