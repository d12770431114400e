"""Values of trials as a matrix of seeds and settings, in a tenth of the time of a pivot table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def by_seed(seeds: pd.Series, settings: NDArray[np.integer], values: pd.Series, count: int) -> NDArray[np.float64]:
    """Arrange values by seed and setting.

    Args:
        seeds: one a value.
        settings: the number of each value's setting, from 0 to count − 1.
        values: nan where there is none.
        count: of the settings.

    Returns:
        (seeds, settings), seeds sorted; the mean where a place has several values, nan where it has none.
    """
    rows, known = pd.factorize(seeds, sort=True)
    y = values.to_numpy(dtype=float)
    valid = ~np.isnan(y)
    places = rows[valid] * count + settings[valid]
    size = len(known) * count
    sums = np.bincount(places, weights=y[valid], minlength=size)
    counts = np.bincount(places, minlength=size)
    with np.errstate(invalid="ignore"):
        return (sums / counts).reshape(len(known), count)


def complete_seeds(
    seeds: pd.Series, settings: NDArray[np.integer], values: pd.Series, count: int
) -> NDArray[np.float64]:
    """The rows of `by_seed` that lack no value."""
    y = by_seed(seeds, settings, values, count)
    return y[~np.isnan(y).any(axis=1)]
