"""What an error says of the process in which it was raised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from ncvq_core.plugins import place_in_plugin
from ncvq_core.training.lane import Lane
from ncvq_core.training.trainer import Trainer
from orchestrator.errors import CaptureError, one_line

if TYPE_CHECKING:
    from orchestrator.planning.queue import StageTask

_SHORT = ("out of memory", "ALLOC_FAILED", "can't allocate memory", "Cannot allocate memory")


def short_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: of torch's allocators, of CUDA's own, of its libraries, or of Python's."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(word in str(error) for word in _SHORT)
    )


def in_words(error: BaseException) -> str:
    """Return an error as one line, with the line of the plugin that it came through, if it came through one."""
    place = place_in_plugin(error)
    return f"{place}: {one_line(error)}" if place else one_line(error)


def capture(lane: Lane, trainer: Trainer, task: StageTask, *, others: int) -> None:
    """Let a lane capture the steps of a trainer that is new there.

    Args:
        lane: of the trainer.
        trainer: before a step.
        task: what is trained, for the words.
        others: how many trials are on the device beside it; where there are any, memory is looked at first.

    Raises:
        CaptureError: that failed, and this process is of no more use: torch (2.11) leaves its allocator capturing.
        OutOfMemoryError: there would be no room; nothing has been tried.
    """
    if others:
        _check_room(trainer.device, task.memory_bytes)
    try:
        lane.capture(trainer)
    except Exception as error:
        errors = list(with_hidden(error))
        words = f"{task.stage} {task.label}: its step cannot be captured as a CUDA graph ({one_line(errors[-1])})"
        short = any(short_of_memory(each) for each in errors)
        raise CaptureError(f"{words}; run it with --no-graphs", one_line(errors[-1]), task.stage_id, short) from error


def with_hidden(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it hides, the first that was raised last: torch leaves a capture with its own."""
    hidden: BaseException | None = error
    while hidden is not None:
        yield hidden
        hidden = hidden.__cause__ or hidden.__context__


def _check_room(device: torch.device, memory_bytes: int) -> None:
    if device.type != "cuda":
        return
    free, _ = torch.cuda.mem_get_info(device)
    if free < memory_bytes:
        torch.cuda.empty_cache()  # what stages before it left; a capture cannot take that
        free, _ = torch.cuda.mem_get_info(device)
    if free < memory_bytes:
        raise torch.OutOfMemoryError(
            f"out of memory before a capture: {free / 1e9:.2f} GB are free, {memory_bytes / 1e9:.2f} GB are expected"
        )
