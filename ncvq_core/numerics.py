"""Versions of the numerics: which arithmetic a trial's numbers come from.

`RESULTS_VERSION` is part of every trial's id, so that raising it makes all trials new ones. A version here is a
property of the data and the code. It is written beside the numbers, and says whose changed while all others kept their
bits:

1. The arithmetic of the first version: float32, one mean and standard deviation.
2. Series of several channels, each scaled by its own mean and standard deviation; and series whose digits or range ask
   for float64 (`ncvq_core.data.scaling`). In version 1 the former shared one scale, and the latter lost digits.

Add the next one whenever the numbers of some data change: when scaling changes, or the golden curve does for a part of
the configs. Not with each commit.
"""

FIRST = 1
SCALED_BY_CHANNEL_OR_IN_FLOAT64 = 2
