"""Rule 12: does the effect depend on the dataset, and does it so in the way that somebody believes?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.effects import LIKE_THESE, THESE, constant, tested
from reports.statistics.inference import Estimate, mean_of, satterthwaite, sd_of

SPREAD_COLUMNS = ("level", "n_datasets", "sd", "lowest", "lowest_dataset", "highest", "highest_dataset")
CONTRAST_COLUMNS = (
    "level", "question", "estimate", "low", "high", "low90", "high90", "se", "df", "p", "n_datasets_a", "n_datasets_b",
    "reason",
)  # fmt: skip

TOO_FEW_IN_GROUP = "a group has too few datasets"
"""The reason where a group of datasets has none, or for datasets like these fewer than two, that can be used."""


def spread_of_effects(blocks: pd.DataFrame) -> pd.DataFrame:
    """How much the effect of each level differs between datasets.

    Args:
        blocks: what make_blocks returns.

    Returns:
        SPREAD_COLUMNS, one row a level: sd of the datasets' mean differences, the lowest and the highest and where; on
        the scale of the metric. The noise of seeds is part of the spread.
    """
    rows = []
    for level, found in blocks[blocks["used"].astype(bool)].groupby("level", sort=False):
        means = found.groupby("dataset", sort=True)["difference"].agg(lambda d: float(mean_of(d.to_numpy(dtype=float))))
        row: dict[str, Any] = {
            "level": level,
            "n_datasets": len(means),
            "sd": float(sd_of(means.to_numpy(dtype=float))),
        }
        row |= {"lowest": means.min(), "lowest_dataset": means.idxmin()}
        rows.append(row | {"highest": means.max(), "highest_dataset": means.idxmax()})
    return pd.DataFrame(rows, columns=list(SPREAD_COLUMNS))


def contrast(blocks: pd.DataFrame, group_a: Sequence[str], group_b: Sequence[str]) -> pd.DataFrame:
    """The mean difference over group A minus that over group B: a belief that the effect suits A more than B.

    Args:
        blocks: what make_blocks returns.
        group_a: datasets.
        group_b: other datasets.

    Returns:
        CONTRAST_COLUMNS, two rows a level: these datasets (the variances of rule 4; a dataset with one block is left
        out) and datasets like these (Welch over dataset means); p is not adjusted. Missing with a reason where it
        cannot be said.

    Raises:
        ValueError: a dataset is in both groups.
    """
    if both := sorted(set(group_a) & set(group_b)):
        raise ValueError(f"datasets in both groups: {', '.join(both)}")
    rows = []
    used = blocks[blocks["used"].astype(bool)]
    for level in blocks["level"].drop_duplicates():
        of_level = used[used["level"] == level]
        sides = [_datasets(of_level, group) for group in (group_a, group_b)]
        rounding = float(of_level["rounding"].max()) if len(of_level) else 0.0
        these = [side[side["n"] > 1] for side in sides]
        rows.append({"level": level} | _these(these, rounding))
        rows.append({"level": level} | _like_these(sides, rounding))
    return pd.DataFrame(rows, columns=list(CONTRAST_COLUMNS))


def _datasets(blocks: pd.DataFrame, group: Sequence[str]) -> pd.DataFrame:
    """Blocks, mean and standard deviation of each dataset of a group."""
    found = {dataset: blocks.loc[blocks["dataset"] == dataset, "difference"].to_numpy(dtype=float) for dataset in group}
    rows = [{"n": len(d), "mean": float(mean_of(d)), "sd": float(sd_of(d))} for d in found.values() if len(d)]
    return pd.DataFrame(rows, columns=["n", "mean", "sd"], dtype=float)


def _these(sides: list[pd.DataFrame], rounding: float) -> dict[str, Any]:
    row = _row(THESE, sides)
    if min(map(len, sides)) < 1:
        return row | {"reason": TOO_FEW_IN_GROUP}
    sds = [side["sd"].where(side["sd"] > rounding, 0.0) for side in sides]
    terms = [(sd / len(sd)).to_numpy() / np.sqrt(side["n"].to_numpy()) for sd, side in zip(sds, sides, strict=True)]
    return _contrast(row, sides, np.concatenate(terms), np.concatenate([side["n"] - 1 for side in sides]), rounding)


def _like_these(sides: list[pd.DataFrame], rounding: float) -> dict[str, Any]:
    row = _row(LIKE_THESE, sides)
    if min(map(len, sides)) < 2:
        return row | {"reason": TOO_FEW_IN_GROUP}
    sds = [float(sd_of(side["mean"].to_numpy())) for side in sides]
    terms = [(sd if sd > rounding else 0.0) / np.sqrt(len(side)) for sd, side in zip(sds, sides, strict=True)]
    return _contrast(row, sides, np.array(terms), np.array([len(side) - 1.0 for side in sides]), rounding)


def _row(question: str, sides: list[pd.DataFrame]) -> dict[str, Any]:
    a, b = (float(mean_of(side["mean"].to_numpy())) for side in sides)
    return {"question": question, "estimate": a - b, "n_datasets_a": len(sides[0]), "n_datasets_b": len(sides[1])}


def _contrast(
    row: dict[str, Any], sides: list[pd.DataFrame], terms: np.ndarray, df: np.ndarray, rounding: float
) -> dict[str, Any]:
    """Test the contrast whose independent parts have these standard errors."""
    if not terms.any():
        return row | {"reason": constant(row["estimate"], rounding)}
    unit = terms.max()
    v = (terms / unit) ** 2
    found = Estimate(
        estimate=np.asarray(row["estimate"]), se=np.asarray(unit * np.sqrt(v.sum())), df=satterthwaite(v, df)
    )
    return row | {name: value for name, value in tested(found, float("nan")).items() if name in CONTRAST_COLUMNS}
