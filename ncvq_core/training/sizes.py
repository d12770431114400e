"""Sizes of steps and blocks, which the plan counts with, too; needs no torch."""

import math

ROWS = 1024
"""Rows of a linear layer's weight whose gradient is made at a time on a CPU."""

LARGE = 1_000_000
"""Elements of a linear layer's weight from which on it may be updated inside the backward pass."""

EVALUATION_BATCH = 256
"""Series at a time where nothing is trained."""


def batch_shape(series: int, batch_size: int) -> tuple[int, int]:
    """Return (steps an epoch, series a step) for `series` training series in batches of at most `batch_size`."""
    steps = math.ceil(series / batch_size)
    return steps, math.ceil(series / steps)
