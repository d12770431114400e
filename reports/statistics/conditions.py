"""Under which conditions a trial ran: trials of other conditions are left apart, unless they are pooled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.specification import MetricSpec

CONDITIONS = {
    "numerics_version": "numerics version",
    "data_checksum": "data",
    "dtype": "dtype",
    "device_kind": "kind of device",
    "fcn": "judge",
}
"""Column of the trials, and what it is called."""

SET_BY = {"dtype": "precision", "device_kind": "device"}
"""The setting that a condition follows: where it is a factor, the condition is what is compared."""

NOT_RECORDED = "not recorded"


def conditions_of(trials: pd.DataFrame, metric: MetricSpec, factors: Collection[str]) -> pd.DataFrame:
    """The conditions that must be the same on both sides of a pair.

    Args:
        trials: one row a cell; columns of CONDITIONS that are absent are no condition. The kind of device is the part
            of `device` before the colon where `device_kind` is absent.
        metric: the judge counts for judged metrics alone.
        factors: a condition that is one of them, or follows one, is left out.

    Returns:
        With the index of trials, one column of text a condition.
    """
    known = trials
    if "device_kind" not in trials and "device" in trials:
        kinds = trials["device"].map(lambda device: str(device).partition(":")[0], na_action="ignore")
        known = trials.assign(device_kind=kinds)
    names = [
        name
        for name in CONDITIONS
        if name in known
        and name not in factors
        and SET_BY.get(name) not in factors
        and (name != "fcn" or metric.judged)
    ]
    return pd.DataFrame({name: _text(known[name]) for name in names}, index=trials.index)


def largest_condition(condition: pd.Series, group: pd.Series, counts: pd.Series) -> pd.Series:
    """The condition that most of each group's rows share; among equals the last in the order of the alphabet.

    Args:
        condition: text, one a row.
        group: the group of each row.
        counts: whether the row counts for the size of its condition.

    Returns:
        With the index of condition, the condition to keep in the group of the row.
    """
    sizes: Counter[tuple[Any, Any]] = Counter()
    for place, text, counted in zip(group, condition, counts.astype(bool), strict=True):
        if isinstance(text, str):
            sizes[place, text] += int(counted)
    largest: dict[Any, tuple[int, str]] = {}
    for (place, text), size in sizes.items():
        largest[place] = max(largest.get(place, (-1, "")), (size, text))
    kept = [largest[place][1] if place in largest else None for place in group]
    return pd.Series(kept, index=condition.index, dtype="str")


def _text(column: pd.Series) -> pd.Series:
    """Text in which 2 and 2.0 are the same, and a missing value has a name."""
    codes, known = pd.factorize(column)
    labels = np.array([*map(_label, known), NOT_RECORDED], dtype=object)  # the last is that of code -1
    return pd.Series(labels[codes], index=column.index, dtype="str")


def _label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
