"""Do two metrics go together? Rank correlation inside each block, and what it is over blocks, for both questions.

A block is one dataset and seed: its trials share initial weights and batch order, so that neither the dataset nor the
seed, by which all metrics differ most, makes a correlation. Its settings are ranked by both metrics, and each block
gives one number, for which rules 4 and 5 hold as for a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from reports.statistics.effects import IDENTICAL, LIKE_THESE, SAME_DIFFERENCE, THESE
from reports.statistics.family import holm
from reports.statistics.inference import ALPHA, Estimate, datasets_like_these, mean_of, sd_of, t_test, these_datasets
from reports.statistics.pairs import UNIT, cells_of
from reports.statistics.settings import of_one_condition
from reports.statistics.specification import Design, MetricSpec, Options
from reports.statistics.verdicts import MINIMAL_DATASETS, MINIMAL_SEEDS

FEWEST_SETTINGS = 3
"""Two settings have a rank correlation of 1 or −1, whatever they are."""
ROUNDING = 1e-12
TOGETHER, OPPOSED, OPEN, UNSAID = "rise together", "one falls as the other rises", "undecided", "cannot be said"
"""Verdicts."""

NO_TRIAL, FEW_SETTINGS, NO_VARIETY = (
    "no trial has both", f"fewer than {FEWEST_SETTINGS} settings a block", "no spread inside any block",
)  # fmt: skip
OF_BOTH = (NO_TRIAL, FEW_SETTINGS, NO_VARIETY)
"""Reasons why neither question has an answer."""

COLUMNS = ("question", "rho", "low", "high", "p", "n_blocks", "n_dropped", "n_datasets", "seeds", "reason")


@dataclass(frozen=True, kw_only=True)
class Association:
    """How two metrics go together in a sweep."""

    points: pd.DataFrame
    """One row a trial of a complete block: trial_id, dataset, seed, the factors, x and y: the differences from
    the mean of its stratum on the scale of each metric."""
    blocks: pd.DataFrame
    """One row a block that is used: dataset, seed, rho."""
    estimates: pd.DataFrame
    """COLUMNS, one row a question."""


def associate(
    trials: pd.DataFrame, design: Design, x: MetricSpec, y: MetricSpec, apart: Sequence[str], options: Options
) -> Association:
    """Correlate the ranks of two metrics inside each block.

    Args:
        trials: one row a cell with both metrics, as for compare.
        design: the factors of the sweep.
        x: one metric.
        y: the other.
        apart: factors of which no two levels are ranked against each other: a block's number is the mean over them.
        options: partial and pool.

    Returns:
        Blocks that lack a setting that another block of their dataset has are left out and counted; with partial,
        settings that not all blocks of a dataset have.
    """
    cells = _both(trials, design, x, y, options)
    strata = [name for name in apart if name in cells]
    others = [name for name in design.factors if name in cells and name not in UNIT]
    cells["setting"] = ["\n".join(row) for row in cells[others].fillna("").to_numpy(dtype=object)]
    cells, dropped = _complete(cells, options)
    keys = [*UNIT, *strata]
    grouped = cells.groupby(keys, dropna=False)
    points = cells.assign(**{name: cells[name] - grouped[name].transform("mean") for name in "xy"})
    ranked = cells[grouped["setting"].transform("size") >= FEWEST_SETTINGS]
    rows = [
        {**dict(zip(keys, key, strict=True)), "rho": _spearman(rows)}
        for key, rows in ranked.groupby(keys, dropna=False, sort=False)
    ]
    found = pd.DataFrame(rows, columns=[*keys, "rho"]).dropna(subset=["rho"])
    blocks = found.groupby(UNIT, sort=False)["rho"].mean().reset_index()
    reason = _reason(cells, ranked, blocks)
    estimates = pd.DataFrame([_over(blocks, question, reason) for question in (THESE, LIKE_THESE)])
    return Association(
        points=points[["trial_id", *dict.fromkeys([*UNIT, *others]), "x", "y"]],
        blocks=blocks,
        estimates=estimates.assign(n_dropped=dropped)[list(COLUMNS)],
    )


def _both(trials: pd.DataFrame, design: Design, x: MetricSpec, y: MetricSpec, options: Options) -> pd.DataFrame:
    """The trials with a seed and both metrics, on their scales; of each dataset those of one condition."""
    parts = []
    for spec in (x, y):
        cells = cells_of(trials, design, spec)
        parts.append(cells if options.pool else of_one_condition(cells))
    cells = parts[0].assign(x=parts[0]["y"]).drop(columns="y")
    other = parts[1].set_index("trial_id")["y"]
    return cells.assign(y=cells["trial_id"].map(other)).dropna(subset=["x", "y"])


def _complete(cells: pd.DataFrame, options: Options) -> tuple[pd.DataFrame, int]:
    """The cells of the blocks that have all settings of their dataset, and how many blocks have not."""
    seeds = cells.groupby("dataset")["seed"].transform("nunique")
    if options.partial:
        return cells[cells.groupby(["dataset", "setting"])["seed"].transform("nunique") == seeds], 0
    whole = cells.groupby(UNIT)["setting"].transform("nunique") == cells.groupby("dataset")["setting"].transform(
        "nunique"
    )
    return cells[whole], len(cells.loc[~whole, UNIT].drop_duplicates())


def _spearman(rows: pd.DataFrame) -> float:
    """Spearman's rank correlation; nan where all values of a metric are equal."""
    if rows["x"].nunique() < 2 or rows["y"].nunique() < 2:
        return float("nan")
    return float(stats.spearmanr(rows["x"], rows["y"]).statistic)


def _reason(cells: pd.DataFrame, ranked: pd.DataFrame, blocks: pd.DataFrame) -> str | None:
    """Why nothing can be said; None where there are blocks."""
    if cells.empty:
        return NO_TRIAL
    if ranked.empty:
        return FEW_SETTINGS
    return NO_VARIETY if blocks.empty else None


def _over(blocks: pd.DataFrame, question: str, reason: str | None) -> dict[str, object]:
    """The mean over datasets of the mean over blocks, with interval and p where these can be said."""
    by_dataset = [rows["rho"].to_numpy(dtype=float) for _, rows in blocks.groupby("dataset", sort=False)]
    if question == THESE:
        kept = [rho for rho in by_dataset if len(rho) > 1]
        reason = reason or (None if kept else "one block a dataset")
    else:
        kept = by_dataset
        reason = reason or (None if len(kept) > 1 else "one dataset")
    row = {
        "question": question, "n_blocks": sum(map(len, kept)), "n_datasets": len(kept), "reason": reason,
        "seeds": min(map(len, kept), default=0), "rho": float("nan"), "low": float("nan"), "high": float("nan"),
        "p": float("nan"),
    }  # fmt: skip
    if reason:
        return row
    means = [float(mean_of(rho)) for rho in kept]
    found = datasets_like_these(means)
    if question == THESE:
        found = these_datasets(means, [float(sd_of(rho)) for rho in kept], [len(rho) for rho in kept])
    return row | _tested(found, same=float(np.ptp(np.concatenate(kept))) < ROUNDING)


def _tested(found: Estimate, *, same: bool) -> dict[str, object]:
    """Interval inside ± 1 and p; without any spread neither, and the reason."""
    rho = float(found.estimate)
    if same:
        return {"rho": rho, "reason": IDENTICAL if abs(rho) < ROUNDING else SAME_DIFFERENCE}
    if not found.se > ROUNDING:
        return {"reason": "no spread to judge by"}
    test = t_test(found)
    return {"rho": rho, "low": max(-1.0, float(test.low)), "high": min(1.0, float(test.high)), "p": float(test.p)}


def judge_associations(table: pd.DataFrame) -> pd.DataFrame:
    """Add p_adjusted (Holm over the tests of a question: the family is the figure), tests and verdict (rules 6 and 8).

    Args:
        table: rows of Association.estimates.
    """
    adjusted = pd.Series(np.nan, index=table.index)
    for _, p in table["p"].dropna().groupby(table["question"]):
        adjusted[p.index] = holm(p.to_list())
    tests = table["p"].notna().groupby(table["question"]).transform("sum")
    judged = table.assign(p_adjusted=adjusted, tests=tests)
    return judged.assign(verdict=list(_verdicts(judged)))


def _verdicts(table: pd.DataFrame) -> Iterator[str]:
    for row in table.to_dict("records"):
        few = row["seeds"] < MINIMAL_SEEDS and row["n_datasets"] < MINIMAL_DATASETS
        if pd.notna(row["reason"]):
            yield str(row["reason"]) if row["reason"] in (IDENTICAL, SAME_DIFFERENCE) else UNSAID
        elif few or not row["p_adjusted"] <= ALPHA:
            yield OPEN
        else:
            yield TOGETHER if row["rho"] > 0 else OPPOSED
