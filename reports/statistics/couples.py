"""Which rows of two tables belong together: plain loops over keys, each of which costs less than one join of pandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Couples(NamedTuple):
    """Couples of rows, in the order of the first table; arrays of one length."""

    here: NDArray[np.intp]
    """Places in the first table."""
    there: NDArray[np.intp]
    """Places in the second one."""
    pair: list[str]
    """The levels of the other factors."""


def couple(left: pd.DataFrame, right: pd.DataFrame, others: Sequence[str], unit: Sequence[str]) -> Couples:
    """All couples of a unit that agree in each other factor, or in which it has no meaning on one side.

    Args:
        left: text, with the columns of others and unit.
        right: the same.
        others: factors of which a missing value says that it has no meaning.
        unit: what both sides share.
    """
    known = [name for name in others if bool(left[name].notna().all() and right[name].notna().all())]
    here, there = _equal(_keys(left, [*unit, *known]), _keys(right, [*unit, *known]))
    levels = {name: _objects(left[name]) for name in others}
    for name in others:
        if name not in known:
            own, other = levels[name][here], _objects(right[name])[there]
            kept = pd.isna(own) | pd.isna(other) | (own == other)
            here, there = here[kept], there[kept]
    joined: dict[str, Any] = {}
    for name in others:
        own = levels[name][here]
        joined[name] = own if name in known else np.where(pd.isna(own), _objects(right[name])[there], own)
    return Couples(here, there, _labels({name: column.tolist() for name, column in joined.items()}, len(here)))


def _equal(left: list[Any], right: list[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(right):
        places.setdefault(key, []).append(place)
    found = [(place, other) for place, key in enumerate(left) for other in places.get(key, ())]
    both = np.array(found, dtype=np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _labels(levels: dict[str, list[Any]], count: int) -> list[str]:
    """The levels of the factors that vary, in words."""
    texts = {name: [level if isinstance(level, str) else None for level in column] for name, column in levels.items()}
    varying = {name: column for name, column in texts.items() if len(set(column) - {None}) > 1}
    if not varying:
        return [""] * count
    return [
        ", ".join(f"{name} {level}" for name, level in zip(varying, row, strict=True) if level is not None)
        for row in zip(*varying.values(), strict=True)
    ]


def _keys(table: pd.DataFrame, names: Sequence[str]) -> list[Any]:
    return list(zip(*(_objects(table[name]).tolist() for name in names), strict=True))


def _objects(column: pd.Series) -> NDArray[np.object_]:
    return column.to_numpy(dtype=object)
