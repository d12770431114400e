"""Functional ANOVA of a full grid: which part of a metric's variance each factor and each pair of factors explains.

The function that is decomposed gives each setting its mean over the seeds. Where a factor has no meaning for a level
(`ssl: none` has no weight), the function does not depend on it there. The noise of the seeds, measured inside blocks,
would give every factor a share: what it is expected to give is taken off (Hooker, JCGS 16, 2007; Olejnik and Algina,
Psychological Methods 8, 2003, on ω²).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports.statistics.pairs import UNIT, cells_of
from reports.statistics.settings import of_one_condition
from reports.statistics.specification import Design, MetricSpec, Options

Floats = NDArray[np.float64]

HIGHER, SEEDS, NOISE = "three factors and more", "seeds", "noise"
"""What is left of the settings; what the seeds of a dataset differ by in all settings; and all else."""
NOT_GRID, ONE_SEED, NO_SPREAD, NO_FACTOR = (
    "no dataset has every combination of levels", "fewer than two seeds that have all settings", "no spread",
    "nothing but dataset and seed varies",
)  # fmt: skip
MOST_CELLS = 20_000


def shares(trials: pd.DataFrame, design: Design, metric: MetricSpec, options: Options) -> pd.DataFrame:
    """Part the variance inside datasets.

    Args:
        trials: one row a cell, as for compare.
        design: the factors of the sweep; dataset and seed are no factors here.
        metric: the metric and its scale.
        options: pool.

    Returns:
        One row a dataset (missing: the mean over datasets) and source: source (a factor, a pair "a × b", HIGHER, SEEDS,
        NOISE), share (of the variance inside datasets; those of all sources of a dataset make 1, and one may be a
        little below 0, where less is seen than noise would give), n_datasets, n_seeds (of a dataset; the fewest where
        it is missing), reason (why nothing can be said, in one row in place of all others).
    """
    factors = [name for name, levels in design.factors.items() if name not in UNIT and len(levels) > 1]
    cells = cells_of(trials, design, metric)
    cells = (cells if options.pool else of_one_condition(cells)).dropna(subset=["y"])
    if not factors:
        return _cannot(NO_FACTOR)
    levels = {name: list(design.factors[name]) for name in factors}
    made, reasons = {}, []
    for dataset, rows in cells.groupby("dataset", sort=False):
        found = _of_dataset(rows, levels)
        if isinstance(found, str):
            reasons.append(found)
        else:
            made[str(dataset)] = found
    if not made:
        return _cannot(reasons[0] if reasons else NOT_GRID)
    parts = [
        pd.DataFrame({"dataset": name, "source": list(found), "share": list(found.values()), "n_seeds": seeds})
        for name, (found, seeds) in made.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    mean = table.groupby("source", sort=False)["share"].mean().reset_index()
    overall = mean.assign(dataset=None, n_seeds=table["n_seeds"].min())
    return pd.concat([overall, table], ignore_index=True).assign(n_datasets=len(made), reason=None)


def _cannot(reason: str) -> pd.DataFrame:
    row = {"dataset": None, "source": None, "share": float("nan"), "n_seeds": 0, "n_datasets": 0, "reason": reason}
    return pd.DataFrame([row])


def _of_dataset(rows: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> tuple[dict[str, float], int] | str:
    """The shares of one dataset and its seeds, or why there are none."""
    settings = rows[list(levels)].drop_duplicates().reset_index(drop=True)
    grid = _grid(settings, levels)
    if grid is None:
        return NOT_GRID
    keyed = rows.merge(settings.assign(setting=settings.index), on=list(levels))
    wide = keyed.pivot_table(index="seed", columns="setting", values="y").dropna()  # seeds × settings
    if len(wide) < 2:
        return ONE_SEED
    y = wide.to_numpy(dtype=float)
    seeds, count = y.shape
    on_grid = y[:, grid]  # seeds × the cells of the grid
    total = float(((on_grid - on_grid.mean()) ** 2).mean())
    if not total > 1e-24 * max(1.0, float(np.abs(y).max()) ** 2):
        return NO_SPREAD
    left = y - y.mean(axis=0) - y.mean(axis=1, keepdims=True) + y.mean()
    noise = float((left**2).sum()) / ((seeds - 1) * max(1, count - 1))
    shape = tuple(map(len, levels.values()))
    seen = _decompose(y.mean(axis=0)[grid].reshape(shape), list(levels))
    given = [_decompose((grid == place).astype(float).reshape(shape), list(levels)) for place in range(count)]
    parts = {name: value - noise / seeds * sum(each[name] for each in given) for name, value in seen.items()}
    parts[SEEDS] = float(((on_grid.mean(axis=1) - on_grid.mean()) ** 2).mean())
    parts[NOISE] = total - sum(parts.values())
    return {name: value / total for name, value in parts.items()}, seeds


def _grid(settings: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> NDArray[np.int64] | None:
    """The setting of each cell of the full grid, in the order of its axes; None where a cell has none, or two."""
    shape = tuple(map(len, levels.values()))
    if np.prod(shape) > MOST_CELLS:
        return None
    grid = np.full(shape, -1, dtype=np.int64)
    for place, row in enumerate(settings.to_dict("records")):
        chosen = tuple(
            list(own).index(row[name]) if isinstance(row[name], str) else slice(None) for name, own in levels.items()
        )
        if (np.asarray(grid[chosen]) >= 0).any():
            return None
        grid[chosen] = place
    return None if (grid < 0).any() else grid.ravel()


def _decompose(values: Floats, names: Sequence[str]) -> dict[str, float]:
    """The variance that each factor and pair explains, and what is left; the axes of values are the factors."""
    axes = range(values.ndim)
    middle = values - values.mean()
    parts: dict[str, float] = {}
    effects = {}
    for axis in axes:
        effects[axis] = middle.mean(axis=tuple(each for each in axes if each != axis), keepdims=True)
        parts[names[axis]] = float((effects[axis] ** 2).mean())
    for one, two in combinations(axes, 2):
        both = middle.mean(axis=tuple(each for each in axes if each not in (one, two)), keepdims=True)
        parts[f"{names[one]} × {names[two]}"] = float(((both - effects[one] - effects[two]) ** 2).mean())
    if values.ndim > 2:
        parts[HIGHER] = float((middle**2).mean()) - sum(parts.values())
    return parts
