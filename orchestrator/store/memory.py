"""How rows and configs of many trials are held: how often Python looks for garbage, where Arrow has its memory from."""

import contextlib
import gc
from collections.abc import Iterator

import pyarrow as pa

OBJECTS = 100_000


@contextlib.contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for garbage after so many new objects, not after 700; also a decorator.

    A report, or the configs of 10,000 trials, are needed until the end: searching them again and again took a twentieth
    to a tenth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


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
