"""One look at a family of tests, or at many families at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reports.statistics.inference import Floats

Flags = NDArray[np.bool_]


def rejected_at(p: Floats, rejected: Flags, limits: Floats) -> Flags:
    """Which tests of a family are rejected after a look.

    A test that is rejected passes its share of the error on to the others, at once.

    Args:
        p: (…, m) of this look; nan for a test that is not looked at any more, or has none.
        rejected: (…, m) at earlier looks.
        limits: (m,) one look of `thresholds`.

    Returns:
        (…, m), the earlier ones included.
    """
    while True:
        found = rejected | (p <= limit_of(rejected, limits))
        if (found == rejected).all():
            return np.asarray(found)
        rejected = found


def limit_of(rejected: Flags, limits: Floats) -> Floats:
    """(…, 1): the p at or below which a test decides, where some of (…, m) are rejected."""
    still_open = rejected.shape[-1] - rejected.sum(axis=-1, keepdims=True)
    return np.asarray(limits[np.maximum(still_open, 1) - 1])
