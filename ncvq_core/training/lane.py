"""Several trainers side by side on one device."""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from ncvq_core.training.graph import StepGraph
from ncvq_core.training.memory import release_freed_memory
from ncvq_core.training.pace import Pace
from ncvq_core.training.switch import is_plain
from ncvq_core.training.trainer import Trainer

WARM_UP_STEPS = 3


class Lane:
    """Where one trainer after the other runs: on a GPU a stream, and each trainer's step as a CUDA graph.

    A small model leaves most of a GPU idle: replayed on K streams, the steps of K models fill it. On a CPU a lane does
    nothing.

    Args:
        device: of the trainers.
        capture: use CUDA graphs.

    Attributes:
        graph_type: what records a step.
    """

    graph_type: type[StepGraph] = StepGraph

    def __init__(self, device: torch.device, *, capture: bool = True) -> None:
        """Make the stream."""
        on_gpu = device.type == "cuda"
        self._capture = on_gpu and capture and not is_plain()
        self._stream = _stream(device) if on_gpu else None
        self._pace = Pace(partial(torch.cuda.Event, blocking=True)) if on_gpu else None
        self._captured: weakref.ref[Trainer] | None = None

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Work on this lane's stream: all that concerns its trainer belongs in here, setting it up included."""
        if self._stream is None:
            yield
        else:
            with torch.cuda.stream(self._stream):
                yield

    def would_capture(self, trainer: Trainer) -> bool:
        """Whether `capture` has anything to do: this lane captures, and the trainer is new here."""
        return self._capture and not (self._captured and self._captured() is trainer)

    def capture(self, trainer: Trainer | None) -> None:
        """Capture the steps of a trainer that is new here; its state is as before.

        Other lanes go on with what they have to do, but none may be capturing.
        """
        if trainer is None or not self.would_capture(trainer):
            return
        if self._stream is not None:
            self._stream.wait_stream(torch.cuda.current_stream(trainer.device))  # where it may have been made
        with self.entered():
            trainer.replay = _recorded(trainer, self.graph_type)
        self._captured = weakref.ref(trainer)

    def end_step(self) -> None:
        """Note the end of a step, and wait for the device where the host is too far ahead of it."""
        if self._pace is not None:
            with self.entered():
                self._pace.end_round()

    def wait(self) -> None:
        """Wait for this lane's work, and no other's: before its trainer is let go, and with it the graph."""
        if self._stream is not None:
            self._stream.synchronize()


def _recorded(trainer: Trainer, graph_type: type[StepGraph]) -> Callable[[Tensor], Tensor]:
    """Return the trainer's update as the replay of a graph, warmed up and recorded on the stream that replays it.

    Library workspaces belong to a stream: graphs that were recorded on one stream must not run at the same time.
    """
    batch = torch.zeros(trainer.order.batch_size, dtype=torch.long, device=trainer.device)
    before = {name: value.clone() for name, value in trainer.state().items()}
    for _ in range(WARM_UP_STEPS):
        trainer.eager_update(batch)
    trainer.restore(before)
    before.clear()
    if trainer.device.type == "cuda":
        release_freed_memory()  # a graph has memory of its own, and cannot take what the warm-up left
    graph = graph_type(trainer.draws)
    measured = graph.record(lambda: trainer.eager_update(batch))

    def replay(indices: Tensor) -> Tensor:
        batch.copy_(indices)
        graph.replay()
        return measured

    return replay


def _stream(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
