"""What goes wrong stays where it is, and is told for what it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from benchmarks.gpu.bits import assert_same_bits, state_of
from benchmarks.gpu.determinism import trained
from benchmarks.gpu.lanes import lane, step_in_turn
from benchmarks.gpu.place import Check, Found, Place
from benchmarks.gpu.trainers import KINDS, UPDATED_EARLY, WITH_SSL, fcn, tokenizer
from ncvq_core.errors import DivergedError
from ncvq_core.training.lane import Lane
from ncvq_core.training.trainer import Trainer
from orchestrator.errors import one_line
from orchestrator.execution.faults import short_of_memory, with_hidden

STEPS = 6
ROOM = 2**20
"""Bytes that a process may still take where it is to run short."""


def not_a_number(place: Place) -> Iterator[Check]:
    """Yield what becomes of a loss that is no number."""
    yield Check(name="NaN in one lane", run=partial(_diverges_alone, place))


def eager_memory(place: Place) -> Iterator[Check]:
    """Yield what becomes of an eager step that finds no memory."""
    yield Check(name="out of memory, eager", run=partial(_survives, place))


def capture_memory(place: Place) -> Iterator[Check]:
    """Yield what becomes of a capture that finds no memory; its process is of no more use."""
    yield Check(name="out of memory in a capture", run=partial(_no_room_for_a_graph, place))


def forced_read(place: Place) -> Iterator[Check]:
    """Yield what becomes of a step that reads a number in its capture; its process is of no more use."""
    yield Check(name=".item() in a capture", run=partial(_reads_in_capture, place))


def _diverges_alone(place: Place) -> None:
    sick, healthy = tokenizer(place, 1, **WITH_SSL), KINDS["tokenizer"](place, 0)
    sick.series.fill_(float("nan"))
    trainers: list[Trainer] = [sick, healthy]
    lanes = [lane(place) for _ in trainers]
    place.wait()
    for _ in range(STEPS):
        step_in_turn(trainers, lanes)
    place.wait()
    healthy.check()
    assert_same_bits(state_of(healthy), trained(place, KINDS["tokenizer"], STEPS, capture=False), "the other lane")
    try:
        sick.check()
    except DivergedError:
        return
    raise AssertionError("a loss that is no number was not noticed")


def _survives(place: Place) -> Found:
    trainer = fcn(place)
    trainer.step()
    error = _taking_too_much(place)
    assert short_of_memory(error), f"not known as a want of memory: {one_line(error)}"
    trainer.step()
    trainer.check()
    return {"error": one_line(error)}


def _taking_too_much(place: Place) -> BaseException:
    """Return what is raised where there is too little memory."""
    try:
        if place.on_gpu:
            with _limited(place):
                tokenizer(place, **UPDATED_EARLY | {"projector_width": 4096})
        else:
            torch.empty(2**50, dtype=torch.uint8)
    except Exception as error:
        return error
    raise AssertionError("there was room")


def _no_room_for_a_graph(place: Place) -> Found:
    place.need_gpu("nothing is captured on a CPU, and nothing has memory of its own")
    trainer, its_lane = KINDS["tokenizer"](place, 0), lane(place)
    place.wait()
    spare = [tensor.clone() for _ in range(2) for tensor in trainer.state().values()]
    with its_lane.entered():
        spare += [tensor.clone() for tensor in trainer.state().values()]
        for _ in range(2):
            trainer.step()
    place.wait()
    spare.clear()  # what a capture needs before it begins is now at hand, and torch keeps it
    with _limited(place):
        errors = _capture_errors(its_lane, trainer)
    assert any(map(short_of_memory, errors)), f"not known as a want of memory: {one_line(errors[0])}"
    return {"error": one_line(errors[0]), "cause": one_line(errors[-1])}


def _capture_errors(its_lane: Lane, trainer: Trainer) -> list[BaseException]:
    """Return what a capture raises that is to fail, the first error last."""
    try:
        its_lane.capture(trainer)
    except Exception as error:
        return list(with_hidden(error))
    raise AssertionError("it was captured")


def _reads_in_capture(place: Place) -> Found:
    place.need_gpu("nothing is captured on a CPU")
    trainer, its_lane = fcn(place), lane(place)
    backward = trainer._backward

    def reads(batch: Tensor) -> list[Tensor]:
        measured = backward(batch)
        measured[0].item()
        return measured

    trainer._backward = reads  # type: ignore[method-assign]
    place.wait()
    errors = _capture_errors(its_lane, trainer)
    assert "captur" in str(errors[-1]), f"the first error is hidden: {one_line(errors[-1])}"
    assert not any(map(short_of_memory, errors)), "told as a want of memory"
    return {"error": one_line(errors[0]), "cause": one_line(errors[-1])}


@contextmanager
def _limited(place: Place) -> Iterator[None]:
    """Let this process take no more memory than it has, but for `ROOM`."""
    total = torch.cuda.get_device_properties(place.device).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + ROOM) / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
