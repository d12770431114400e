"""Rule 6: p adjusted over everything that is asked of one factor and metric."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests

from reports.statistics.inference import ALPHA

KINDS = {"p": "p_adjusted", "p_equivalence": "p_equivalence_adjusted"}


def adjust(table: pd.DataFrame, by: Sequence[str] = ("question",)) -> pd.DataFrame:
    """Adjust both kinds of p by Holm inside each family.

    The tests of difference and those of equivalence each spend their own 5 % on the same family.

    Args:
        table: with p, p_equivalence (missing where nothing was tested) and the columns that name the family.
        by: these columns.

    Returns:
        The table with family_size (tests of difference in the family of the row), p_adjusted and
        p_equivalence_adjusted.
    """
    family = table[list(by)].agg("\n".join, axis=1) if len(by) > 1 else table[by[0]]
    adjusted = table.assign(family_size=table["p"].notna().groupby(family).transform("sum").astype(float))
    for name, column in KINDS.items():
        adjusted[column] = float("nan")
        for _, p in table[name].dropna().groupby(family):
            adjusted.loc[p.index, column] = holm(p.tolist())
    return adjusted


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p in the order of p (Holm, Scandinavian Journal of Statistics 6, 1979).

    statsmodels collects garbage in each call, which takes 0.1 s in a process with many objects: those that are there
    are kept out of it.
    """
    gc.freeze()
    try:
        return np.asarray(multipletests(p, alpha=ALPHA, method="holm")[1], dtype=float)
    finally:
        gc.unfreeze()
