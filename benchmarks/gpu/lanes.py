"""Lanes for checks, also on a CPU."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from benchmarks.gpu.place import Place
from ncvq_core.training.graph import StepGraph
from ncvq_core.training.lane import Lane
from ncvq_core.training.trainer import Trainer


class DoneAgain(StepGraph):
    """Stands for a graph on a CPU: does the work again at each replay. It shows a check's logic, nothing of CUDA's."""

    def __init__(self, draws: torch.Generator) -> None:
        """Take no note of the generator: work that is done again draws from it."""

    def record(self, work: Callable[[], Tensor]) -> Tensor:
        """Do nothing yet."""
        self._work = work
        self._measured = torch.empty(0)
        return self._measured

    def replay(self) -> None:
        """Do the work."""
        measured = self._work()
        self._measured.resize_(measured.shape).copy_(measured)


class StandInLane(Lane):
    """A lane on a CPU that captures all the same."""

    graph_type = DoneAgain

    def __init__(self, device: torch.device, *, capture: bool = True) -> None:
        """Capture on a CPU, too."""
        super().__init__(device, capture=capture)
        self._capture = capture


def lane(place: Place, *, capture: bool = True) -> Lane:
    """Return a lane, or what stands for one on a CPU."""
    return (Lane if place.on_gpu else StandInLane)(place.device, capture=capture)


def graph_type(place: Place) -> type[StepGraph]:
    """Return what records, or stands for it on a CPU."""
    return StepGraph if place.on_gpu else DoneAgain


def step_in_turn(trainers: Sequence[Trainer], lanes: Sequence[Lane]) -> None:
    """Do a step of each trainer in its lane, as a worker does."""
    for trainer, its_lane in zip(trainers, lanes, strict=True):
        with its_lane.entered():
            its_lane.capture(trainer)
            trainer.step()
            its_lane.end_step()
