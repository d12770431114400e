"""Levels as labels: text, as figures and tables show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd


def label_of(level: object) -> str | None:
    """The label of a level, None where there is none: a whole number has no decimal point."""
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return None if level is None else str(level)


def labels_of(levels: Iterable[Any]) -> list[str]:
    """Labels of a factor's levels; numbers come in increasing order."""
    present = [level for level in levels if level is not None]
    if all(isinstance(level, int | float) for level in present):
        present.sort()
    return list(dict.fromkeys(str(label_of(level)) for level in present))


def column_of_labels(levels: pd.Series[Any]) -> pd.Series[str]:
    """The labels of a column, missing where it has no value."""
    return pd.Series([label_of(level) if pd.notna(level) else None for level in levels], levels.index, dtype="str")
