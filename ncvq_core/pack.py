"""Several trainers side by side on one device."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from ncvq_core.trainer import Trainer

WARM_UP_STEPS = 3


class Pack:
    """Steps K trainers in turn; on a GPU, each as a CUDA graph on a stream of its own.

    A small model leaves most of a GPU idle: replayed on K streams, the steps of K models fill it. Trainers share
    nothing but the device, so that any mix can be packed, and one that diverges hurts no other.

    Args:
        trainers: on one device, before or in the middle of their training.
        capture: use CUDA graphs; on a CPU this has no effect.
        streams: give each trainer a stream; on a CPU this has no effect.
    """

    def __init__(self, trainers: Sequence[Trainer], *, capture: bool = True, streams: bool = True) -> None:
        """Capture the steps; the state of the trainers is as before."""
        self.trainers = list(trainers)
        on_gpu = all(trainer.device.type == "cuda" for trainer in self.trainers)
        self._streams = [_stream() if on_gpu and streams else None for _ in self.trainers]
        if on_gpu:
            torch.cuda.synchronize()
        if on_gpu and capture:
            for trainer, stream in zip(self.trainers, self._streams, strict=True):
                trainer.update = _captured(trainer, stream or _stream())

    @property
    def finished(self) -> bool:
        """Whether all trainers are."""
        return all(trainer.finished for trainer in self.trainers)

    def step(self) -> None:
        """Do one optimiser step of each trainer that has one left; does not wait for the device."""
        for trainer, stream in zip(self.trainers, self._streams, strict=True):
            if not trainer.finished:
                with torch.cuda.stream(stream) if stream else nullcontext():
                    trainer.step()

    def join(self) -> None:
        """Let the caller's stream wait for all steps so far; call it before reading anything of a trainer."""
        for stream in self._streams:
            if stream:
                torch.cuda.current_stream().wait_stream(stream)


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
