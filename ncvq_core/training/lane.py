"""Several trainers side by side on one device."""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

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
        stream: have a stream of its own.
    """

    def __init__(self, device: torch.device, *, capture: bool = True, stream: bool = True) -> None:
        """Make the stream."""
        on_gpu = device.type == "cuda"
        self._capture = on_gpu and capture and not is_plain()
        self._stream = _stream() if on_gpu and stream else None
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

        No other lane may be capturing; what others have to do yet is waited for.
        """
        if trainer is None or not self.would_capture(trainer):
            return
        torch.cuda.synchronize()
        trainer.update = _captured(trainer, self._stream or _stream())
        self._captured = weakref.ref(trainer)


def _captured(trainer: Trainer, stream: torch.cuda.Stream) -> Callable[[Tensor], Tensor]:
    """Return the trainer's update as the replay of a CUDA graph, warmed up and captured on the stream that replays it.

    Library workspaces belong to a stream: graphs that were captured on one stream must not run at the same time.
    """
    batch = torch.zeros(trainer.order.batch_size, dtype=torch.long, device=trainer.device)
    before = {name: value.clone() for name, value in trainer.state().items()}
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP_STEPS):
            trainer.update(batch)
    torch.cuda.synchronize()
    trainer.restore(before)
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(trainer.draws)
    with torch.cuda.graph(graph, stream=stream):
        measured = trainer.update(batch)
    torch.cuda.synchronize()

    def replay(indices: Tensor) -> Tensor:
        batch.copy_(indices)
        graph.replay()
        return measured

    return replay


def _stream() -> torch.cuda.Stream:
    return torch.cuda.Stream()  # type: ignore[no-untyped-call]
