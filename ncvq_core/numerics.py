"""Versions of the numerics: which arithmetic a trial's numbers come from.

`RESULTS_VERSION` is part of every trial's id, so that raising it makes all trials new ones. A version here is a
property of the data and the code, and is written beside the numbers. Each new version changes the numbers of the data
that it names; those of all other data stay bit for bit the same:

1. The arithmetic of the first version: float32, one mean and standard deviation.
2. Series of several channels: each channel is scaled by its own mean and standard deviation, where in version 1 all
   shared one. Series that float32 cannot hold well enough (`ncvq_core.data.scaling`): they are kept in float64.

Add the next one whenever the numbers of some data change: when scaling changes, or the golden curve does for a part of
the configs. Not with each commit.
"""

FIRST = 1
SCALED_BY_CHANNEL_OR_IN_FLOAT64 = 2
