"""A step as a CUDA graph."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.torch_version import TorchVersion

REGISTERS_ITSELF = "2.14"
"""From this torch on a generator that draws in a capture is registered by itself, and asking for it warns."""


class StepGraph:
    """What a function does on fixed tensors, recorded once and then launched as a whole.

    Unlike `torch.cuda.graph` recording does not wait for the other streams of the device, nor empty the cache of its
    memory: other trainers run on meanwhile.

    Args:
        draws: the generator from which the function draws; each replay goes on where the last one ended.
    """

    def __init__(self, draws: torch.Generator) -> None:
        """Make an empty graph."""
        self._graph = torch.cuda.CUDAGraph()
        if must_register(torch.__version__):
            self._graph.register_generator_state(draws)

    def record(self, work: Callable[[], Tensor]) -> Tensor:
        """Record what a function does, on the current stream, without doing it.

        Returns:
            What the function returned: a tensor that each replay fills.

        Raises:
            RuntimeError: it does what cannot be recorded; where torch raises another error at the end of the record,
                the first one is its context.
        """
        self._graph.capture_begin()  # type: ignore[no-untyped-call, unused-ignore]
        try:
            return work()
        finally:
            self._graph.capture_end()  # type: ignore[no-untyped-call, unused-ignore]

    def replay(self) -> None:
        """Launch it on the current stream."""
        self._graph.replay()  # type: ignore[no-untyped-call, unused-ignore]


def must_register(version: str) -> bool:
    """Whether a torch of this version has to be told of a generator that draws in a capture."""
    return TorchVersion(version) < REGISTERS_ITSELF
