"""Where Arrow's memory comes from while a store is read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pyarrow as pa


@contextlib.contextmanager
def memory_of_the_c_library() -> Iterator[None]:
    """Have Arrow allocate from the C library, not from its own pool; also a decorator.

    Its own pool gives the memory of each part back to the kernel and asks for zeroed pages again for the next one: with
    158 parts of 1.2 MB that takes as long as reading them. What is allocated remembers its pool, so that it may outlive
    this.
    """
    before = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(before)
