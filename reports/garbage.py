"""How often Python looks for garbage while a report is made."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

OBJECTS = 100_000


@contextlib.contextmanager
def seldom_collected() -> Iterator[None]:
    """Look after so many new objects, not after 700; also a decorator.

    What a report makes is needed until its end or gone without a search; searching took a twentieth of its time.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
