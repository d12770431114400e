"""Functional ANOVA of a full grid: which part of a metric's variance each factor and each pair of factors explains.

The function that is decomposed gives each setting its mean over the seeds, all levels weighing the same, as Hutter,
Hoos and Leyton-Brown (ICML 2014) part the importance of hyperparameters; on a full grid no surrogate model is needed.
Where a factor has no meaning for a level (`ssl: none` has no weight), the function does not depend on it there. What
the seeds of a dataset differ by in all settings is taken out first, as pairs cancel it: the variance that is parted is
that inside blocks.

The noise inside blocks would give every factor a share: what it is expected to give is taken off, so that a factor
without effect has a share of 0 on average (ε² of Kelley, PNAS 21, 1935; Olejnik and Algina, Psychological Methods 8,
2003). In one case of twenty noise alone brings any source beyond its limit (Bonferroni): the quadratic form of a source
over the noise is nearly distributed as F (Box, Annals of Mathematical Statistics 25, 1954).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from reports.statistics.inference import ALPHA, satterthwaite
from reports.statistics.matrix import complete_seeds
from reports.statistics.pairs import UNIT, cells_of
from reports.statistics.settings import of_one_condition
from reports.statistics.specification import Design, MetricSpec, Options

Floats = NDArray[np.float64]

HIGHER, NOISE = "three factors and more", "noise"
"""What is left of the settings; and what is left of the trials."""
MOST_CELLS = 2_000
NOT_GRID, ONE_SEED, NO_SPREAD, NO_FACTOR, TOO_MANY = (
    "not every combination of levels", "fewer than two seeds that have all settings", "no spread",
    "nothing but dataset and seed varies", f"more than {MOST_CELLS} combinations of levels",
)  # fmt: skip
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one source makes of noise: the quadratic form of the settings' means that is its part of the variance."""

    name: str
    """A factor, a pair, or HIGHER."""
    trace: float
    """Of the form: its value on noise of variance 1."""
    df: float
    """Degrees of freedom of that value: trace² / trace of the squared form."""


@dataclass(frozen=True, kw_only=True)
class _Parted:
    """One dataset."""

    shares: dict[str, float]
    """By source; they make 1."""
    expected: dict[str, float]
    """The share that noise would give each source, which is taken off."""
    df: dict[str, float]
    """Of that share."""
    noise_df: int
    """Of the noise itself."""
    seeds: int
    """How many have all settings."""


def shares(trials: pd.DataFrame, design: Design, metric: MetricSpec, options: Options) -> pd.DataFrame:
    """Part the variance inside blocks.

    Args:
        trials: one row a cell, as for compare.
        design: the factors of the sweep; dataset and seed are no factors here.
        metric: the metric and its scale.
        options: pool.

    Returns:
        One row a dataset (missing: the mean over datasets) and source: source (a factor, a pair "a × b", HIGHER,
        NOISE), share (those of all sources of a dataset make 1, and one may be a little below 0, where less is seen
        than noise would give), limit (in one case of twenty noise alone brings any
        source of these rows beyond it; missing for NOISE), n_datasets,
        n_seeds (of a dataset; the fewest where it is missing), reason (why nothing can be said: in one row in place of
        all others of a dataset, or without dataset in place of all rows).
    """
    factors = [name for name, levels in design.factors.items() if name not in UNIT and len(levels) > 1]
    cells = cells_of(trials, design, metric)
    cells = (cells if options.pool else of_one_condition(cells)).dropna(subset=["y"])
    if not factors:
        return _cannot(NO_FACTOR)
    levels = {name: list(design.factors[name]) for name in factors}
    if math.prod(map(len, levels.values())) > MOST_CELLS:
        return _cannot(TOO_MANY)
    found = {str(dataset): _of_dataset(rows, levels) for dataset, rows in cells.groupby("dataset", sort=False)}
    made = {name: parted for name, parted in found.items() if isinstance(parted, _Parted)}
    reasons = {name: reason for name, reason in found.items() if isinstance(reason, str)}
    if not made:
        return _cannot(next(iter(reasons.values()), NOT_GRID))
    parts = [_rows(list(made.values())), *(_rows([parted]).assign(dataset=name) for name, parted in made.items())]
    parts += [_cannot(reason).assign(dataset=name) for name, reason in reasons.items()]
    return pd.concat([part.astype({"dataset": "str", "source": "str", "reason": "str"}) for part in parts],
                     ignore_index=True).assign(n_datasets=len(made))  # fmt: skip


def _rows(parted: Sequence[_Parted]) -> pd.DataFrame:
    """The rows of the mean over some datasets."""
    count = len(parted)
    rows = [
        {"dataset": None, "source": name, "share": sum(each.shares[name] for each in parted) / count,
         "limit": _limit(name, parted), "n_seeds": min(each.seeds for each in parted), "reason": None}
        for name in parted[0].shares
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _limit(name: str, parted: Sequence[_Parted]) -> float:
    """The share that noise alone exceeds with probability ALPHA / sources, in the mean over datasets."""
    if name == NOISE:
        return float("nan")
    expected = [each.expected[name] for each in parted]
    if not sum(expected) > ROUNDING:
        return 0.0
    df = satterthwaite(expected, [each.df[name] for each in parted])
    noise_df = satterthwaite(expected, [each.noise_df for each in parted])
    quantile = stats.f.ppf(1 - ALPHA / len(parted[0].expected), df, noise_df)
    return float(sum(expected) / len(parted) * (quantile - 1))


def _cannot(reason: str) -> pd.DataFrame:
    row = {"dataset": None, "source": None, "share": float("nan"), "limit": float("nan"), "n_seeds": 0}
    return pd.DataFrame([row | {"n_datasets": 0, "reason": reason}])


def _of_dataset(rows: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> _Parted | str:
    """The shares of one dataset, or why there are none."""
    settings = rows[list(levels)].drop_duplicates().reset_index(drop=True)
    grid = _grid(settings, levels)
    if grid is None:
        return NOT_GRID
    setting = rows.groupby(list(levels), sort=False, dropna=False).ngroup().to_numpy()
    y = complete_seeds(rows["seed"], setting, rows["y"], len(settings))
    seeds, count = y.shape
    if seeds < 2:
        return ONE_SEED
    shape, names = tuple(map(len, levels.values())), tuple(levels)
    on_grid = y[:, grid]  # seeds × the cells of the grid
    total = float(((on_grid - on_grid.mean(axis=1, keepdims=True)) ** 2).mean())
    if not total > (ROUNDING * max(1.0, float(np.abs(y).max()))) ** 2:
        return NO_SPREAD
    left = y - y.mean(axis=0) - y.mean(axis=1, keepdims=True) + y.mean()
    noise_df = (seeds - 1) * (count - 1)
    noise = float((left**2).sum()) / noise_df
    seen = {name: float((effect**2).mean()) for name, effect in _effects(y.mean(axis=0)[grid], shape, names).items()}
    sources = _sources(tuple(grid.tolist()), shape, names)
    expected = {source.name: noise / seeds * source.trace / total for source in sources}
    parts = {name: value / total - expected[name] for name, value in seen.items()}
    return _Parted(
        shares=parts | {NOISE: 1 - sum(parts.values())},
        expected=expected,
        df={source.name: source.df for source in sources},
        noise_df=noise_df,
        seeds=seeds,
    )


def _grid(settings: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> NDArray[np.int64] | None:
    """The setting of each cell of the full grid, in the order of its axes; None where a cell has none, or two."""
    shape = tuple(map(len, levels.values()))
    grid = np.full(shape, -1, dtype=np.int64)
    for place, row in enumerate(settings.to_dict("records")):
        chosen = tuple(
            list(own).index(row[name]) if isinstance(row[name], str) else slice(None) for name, own in levels.items()
        )
        if (np.asarray(grid[chosen]) >= 0).any():
            return None
        grid[chosen] = place
    return None if (grid < 0).any() else grid.ravel()


@lru_cache(maxsize=16)
def _sources(grid: tuple[int, ...], shape: tuple[int, ...], names: tuple[str, ...]) -> tuple[Source, ...]:
    """What each source makes of noise of the settings, whose place in each cell of the grid is given."""
    count = max(grid) + 1
    each_setting = (np.arange(count)[:, None] == np.array(grid)).astype(float)  # settings × cells: 1 where it stands
    made = []
    for name, effect in _effects(each_setting, shape, names).items():
        flat = effect.reshape(count, -1)
        form = flat @ flat.T / flat.shape[1]
        trace = float(np.trace(form))
        made.append(Source(name=name, trace=trace, df=trace**2 / float((form**2).sum()) if trace > ROUNDING else 1.0))
    return tuple(made)


def _effects(values: Floats, shape: Sequence[int], names: Sequence[str]) -> dict[str, Floats]:
    """The effect of each factor and pair, and what is left, of functions on the grid.

    Args:
        values: (…, cells).
        shape: levels of each factor.
        names: of the factors.

    Returns:
        By source (…, *shape), with 1 in the place of the factors that it does not depend on.
    """
    batch = values.shape[:-1]
    axes = range(len(batch), len(batch) + len(shape))
    every = np.asarray(values, dtype=float).reshape(*batch, *shape)
    middle = every - every.mean(axis=tuple(axes), keepdims=True)
    single = [middle.mean(axis=tuple(each for each in axes if each != axis), keepdims=True) for axis in axes]
    made = dict(zip(names, single, strict=True))
    for one, two in combinations(range(len(shape)), 2):
        others = tuple(axis for axis in axes if axis not in (axes[one], axes[two]))
        both = middle.mean(axis=others, keepdims=True)
        made[f"{names[one]} × {names[two]}"] = both - single[one] - single[two]
    if len(shape) > 2:
        made[HIGHER] = middle - sum(made.values())
    return made
