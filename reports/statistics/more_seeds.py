"""Rule 9: how many more seeds or datasets would settle an undecided comparison."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from reports.statistics.effects import NO_PAIR, OTHER_MEANING
from reports.statistics.verdicts import MINIMAL_DATASETS, MINIMAL_SEEDS

POWER = 0.80
LARGEST = 100_000


def upper_sd(sd: float, df: float) -> float:
    """The upper 80 % limit of a standard deviation: √(sd²·df / χ²₀.₂,df)."""
    return float(sd * math.sqrt(df / stats.chi2.ppf(1 - POWER, df)))


def smallest_n(sd: float, margin: float, df_per_unit: float = 1.0) -> float:
    """The smallest n with (t.95 + t.90)·sd/√n ≤ margin, at df_per_unit·(n − 1) degrees of freedom.

    With so many units equivalence is shown with 80 % power if the effect is 0.

    Returns:
        n, two at least; inf where it is beyond LARGEST.
    """
    low, high = 1, 2
    while not _enough(high, sd, margin, df_per_unit):
        if high >= LARGEST:
            return math.inf
        low, high = high, min(2 * high, LARGEST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _enough(middle, sd, margin, df_per_unit) else (middle, high)
    return float(high)


def add_needed(table: pd.DataFrame) -> pd.DataFrame:
    """Add what would settle each row.

    Args:
        table: effects: sd, df, df_per_unit, units, n_seeds, n_datasets, and margin_on_scale (missing where there is
            none).

    Returns:
        The table with needed (the number of its units, seeds a dataset or datasets, at which equivalence would be
        shown, or an effect beyond the margin if there is one; 4 where there are fewer now; missing without spread or
        margin, inf beyond LARGEST) and needed_first (True where needed says only: run four first).
    """
    rows = table.to_dict("records")
    found = [_needed(row) for row in rows]
    needed = pd.DataFrame(found, columns=["needed", "needed_first"], index=table.index)
    return table.assign(needed=needed["needed"].astype(float), needed_first=needed["needed_first"].astype(bool))


def _needed(row: dict[Any, Any]) -> tuple[float, bool]:
    margin = row["margin_on_scale"]
    seeds = row["units"] == "seeds"
    now, minimum = (row["n_seeds"], MINIMAL_SEEDS) if seeds else (row["n_datasets"], MINIMAL_DATASETS)
    if row["sd"] == 0 or row["reason"] in (NO_PAIR, OTHER_MEANING):
        return math.nan, False
    if now < minimum:
        return float(minimum), True
    if math.isnan(margin) or not row["df"] > 0:
        return math.nan, False
    return smallest_n(upper_sd(row["sd"], row["df"]), margin, row["df_per_unit"]), False


def _enough(n: int, sd: float, margin: float, df_per_unit: float) -> bool:
    df = df_per_unit * (n - 1)
    t = stats.t.ppf([0.95, 0.90], df).sum()
    return bool(t * (sd / margin) <= np.sqrt(n))
