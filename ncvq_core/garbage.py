"""How often Python looks for garbage while much is made that stays."""

import contextlib
import gc
from collections.abc import Iterator

OBJECTS = 100_000


@contextlib.contextmanager
def seldom_collected() -> Iterator[None]:
    """Look after so many new objects, not after 700; also a decorator.

    A report, or the configs of 10,000 trials, are needed until the end: searching them again and again took a twentieth
    to a tenth of the time.
    """
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
