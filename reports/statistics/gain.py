"""What pairing gained: how much of the noise equal seeds share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports.statistics.inference import sd_of
from reports.statistics.matrix import complete_seeds
from reports.statistics.pairs import cells_of, make_pairs
from reports.statistics.specification import Design, MetricSpec, Options

GAIN_COLUMNS = (
    "metric", "dataset", "intraclass_correlation", "seed_sd", "pair_sd", "seed_to_pair", "unpaired_to_paired",
    "n_seeds", "n_settings",
)  # fmt: skip


def gain_of_pairing(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None, *,
    cells: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Compare the noise of seeds with that of pairs, on the scale of the metric; arguments as for make_pairs.

    Returns:
        GAIN_COLUMNS, one row a dataset and one over all of them (dataset missing): intraclass_correlation of the seeds
        over all settings (seeds as rows, settings as columns, consistency of single values: Shrout and Fleiss'
        ICC(3,1), which is negative where seeds share less than nothing); seed_sd (over the seeds of a setting, pooled),
        pair_sd (over the seeds of a pair of the factor, pooled), seed_to_pair (their ratio; √½ where pairing gains
        nothing) and unpaired_to_paired (noise of a difference without pairing over that with it; 1 where pairing gains
        nothing). Missing where there are too few values, inf where pairs have no noise.
    """
    cells = cells_of(trials, design, metric) if cells is None else cells
    pairs = make_pairs(trials, design, metric, factor, options, cells=cells).dropna(subset=["difference"])
    settings = [name for name in design.factors if name not in ("dataset", "seed") and name in cells]
    cells = cells.assign(setting=_setting(cells, settings)).dropna(subset=["y"])
    matrices = {str(dataset): _matrix(rows) for dataset, rows in cells.groupby("dataset", sort=False)}
    noise = _noise(cells, ["dataset", "setting"], "y")
    paired_noise = _noise(pairs, ["dataset", "level", "pair"], "difference")
    rows = []
    for dataset in [*matrices, None]:
        chosen = [dataset] if dataset is not None else list(matrices)
        seed_sd = _pooled_sd(noise[noise["dataset"].isin(chosen)])
        pair_sd = _pooled_sd(paired_noise[paired_noise["dataset"].isin(chosen)])
        with np.errstate(all="ignore"):
            ratio = float(np.float64(seed_sd) / np.float64(pair_sd))
        row = {"metric": metric.name, "dataset": dataset, "seed_sd": seed_sd, "pair_sd": pair_sd, "seed_to_pair": ratio}
        row |= {"unpaired_to_paired": np.sqrt(2) * ratio}
        row |= {"intraclass_correlation": intraclass_correlation([matrices[name] for name in chosen])}
        row |= {"n_seeds": min((matrices[name].shape[0] for name in chosen), default=0)}
        rows.append(row | {"n_settings": max((matrices[name].shape[1] for name in chosen), default=0)})
    return pd.DataFrame(rows, columns=list(GAIN_COLUMNS)).astype({"dataset": "str"})


def intraclass_correlation(matrices: list[np.ndarray]) -> float:
    """Correlation of two settings' values of the same seed, pooled over datasets.

    Args:
        matrices: one a dataset, (seeds, settings); those with fewer than two of either are left out.

    Returns:
        (MS seeds − MS rest) / (MS seeds + (k − 1) MS rest) with the mean squares and the number of settings k pooled by
        degrees of freedom; nan where nothing is left or nothing varies.
    """
    squares = np.zeros(4)
    unit = max((float(np.abs(y).max(initial=0.0)) for y in matrices), default=1.0) or 1.0
    for y in matrices:
        if min(y.shape) < 2:
            continue
        y = y / unit
        rows, columns = y.shape
        by_seed = columns * ((y.mean(axis=1) - y.mean()) ** 2).sum()
        rest = ((y - y.mean(axis=1, keepdims=True) - y.mean(axis=0, keepdims=True) + y.mean()) ** 2).sum()
        squares += [by_seed, rest, rows - 1, (rows - 1) * (columns - 1)]
    if not squares[2]:
        return float("nan")
    with np.errstate(all="ignore"):
        seeds, rest = squares[0] / squares[2], squares[1] / squares[3]
        return float((seeds - rest) / (seeds + (squares[3] / squares[2]) * rest))


def _setting(cells: pd.DataFrame, factors: list[str]) -> pd.Series:
    columns = [cells[name].fillna("–").tolist() for name in factors]
    return pd.Series(list(map("\n".join, zip(*columns, strict=True))) or [""] * len(cells), cells.index, dtype="str")


def _matrix(cells: pd.DataFrame) -> np.ndarray:
    """(seeds, settings) the values of a dataset's seeds that all settings have."""
    codes, settings = pd.factorize(cells["setting"])
    return complete_seeds(cells["seed"], codes, cells["y"], len(settings))


def _noise(table: pd.DataFrame, by: list[str], column: str) -> pd.DataFrame:
    """The groups with two values at least: their dataset, standard deviation (sd) and degrees of freedom (df)."""
    groups = table.groupby(by, sort=False)
    codes = groups.ngroup().to_numpy()
    values = table[column].to_numpy(dtype=float)[np.argsort(codes, kind="stable")]
    sizes = groups.size()
    ends = sizes.to_numpy().cumsum()
    sd = np.full(len(sizes), np.nan)
    for size in set(sizes) - {1}:
        same = np.flatnonzero(sizes == size)
        sd[same] = sd_of(values[ends[same, None] - size + np.arange(size)])
    return pd.DataFrame({"dataset": sizes.index.get_level_values(0), "sd": sd, "df": sizes.to_numpy() - 1}).dropna()


def _pooled_sd(noise: pd.DataFrame) -> float:
    """Root of the mean variance of the groups, weighted by degrees of freedom; nan where no group has two values."""
    if noise.empty:
        return float("nan")
    sd = noise["sd"].to_numpy()
    unit = sd.max() or 1.0
    return float(unit * np.sqrt(np.average((sd / unit) ** 2, weights=noise["df"])))
