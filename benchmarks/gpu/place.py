"""Where checks run, and what they may find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

Found = Mapping[str, object]
"""What a check measured, as JSON can hold it."""


class NotHereError(Exception):
    """A check cannot run on this machine; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where checks run."""

    device: torch.device
    """On a CPU they show that their own logic is right."""
    data_dir: Path | None = None
    """Archive of datasets; None takes series of the same shapes."""

    @property
    def on_gpu(self) -> bool:
        """Whether it is a GPU."""
        return self.device.type == "cuda"

    def need_gpu(self, why: str) -> None:
        """Do nothing on a GPU.

        Raises:
            NotHereError: it is none.
        """
        if not self.on_gpu:
            raise NotHereError(why)

    def wait(self) -> None:
        """Wait for all work on the device."""
        if self.on_gpu:
            torch.cuda.synchronize(self.device)


@dataclass(frozen=True, kw_only=True)
class Check:
    """Something that has to be true."""

    name: str
    run: Callable[[], Found | None]
    """Raises an AssertionError, or any other error, where it is not."""


Checks = Callable[[Place], Iterator[Check]]
"""What a module of checks offers: those of a group, one after the other."""
