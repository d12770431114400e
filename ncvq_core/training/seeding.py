"""Independent random streams from one seed."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def derived_seed(seed: int, purpose: str) -> int:
    """Return a 63-bit seed for one purpose: streams of different purposes are independent."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def stream(seed: int, purpose: str, device: torch.device) -> torch.Generator:
    """Return the start of the stream of one purpose: a new generator on a device."""
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose))


@contextmanager
def initial_weights(seed: int, purpose: str) -> Iterator[None]:
    """Draw initial weights from their own stream; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, purpose))
        yield
