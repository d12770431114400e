"""Many lanes at a time, evaluated between replays, have the bits that each has alone, unevaluated."""

import time
from collections.abc import Iterator
from functools import partial

from benchmarks.gpu.bits import assert_same_bits, state_of
from benchmarks.gpu.lanes import lane, step_in_turn
from benchmarks.gpu.place import Check, Found, Place
from benchmarks.gpu.trainers import WITH_SSL, tokenizer
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.lane import Lane

EVALUATIONS = 4


def checks(place: Place) -> Iterator[Check]:
    """Yield the one check."""
    lanes, steps = (16, 200) if place.on_gpu else (4, 8)
    yield Check(name=f"{lanes} lanes × {steps} steps", run=partial(_as_alone, place, lanes, steps))


def _built(place: Place, index: int) -> Stage1Trainer:
    methods = sorted(SSL_METHODS)
    return tokenizer(place, index, **WITH_SSL | {"ssl": methods[index % len(methods)]})


def _as_alone(place: Place, count: int, steps: int) -> Found:
    trainers = [_built(place, index) for index in range(count)]
    lanes = [lane(place) for _ in trainers]
    place.wait()
    began = time.perf_counter()
    for step in range(steps):
        step_in_turn(trainers, lanes)
        if (step + 1) % (steps // EVALUATIONS) == 0:
            _evaluate(trainers, lanes)
    place.wait()
    together = time.perf_counter() - began
    alone = 0.0
    for index, trainer in enumerate(trainers):
        single, its_lane = _built(place, index), lane(place)
        place.wait()
        began = time.perf_counter()
        for _ in range(steps):
            step_in_turn([single], [its_lane])
        place.wait()
        alone += time.perf_counter() - began
        assert_same_bits(state_of(trainer), state_of(single), f"lane {index}")
    return {"seconds_together": round(together, 2), "seconds_in_turn": round(alone, 2)}


def _evaluate(trainers: list[Stage1Trainer], lanes: list[Lane]) -> None:
    for trainer, its_lane in zip(trainers, lanes, strict=True):
        with its_lane.entered():
            trainer.held_out_ssl_loss(trainer.series)
