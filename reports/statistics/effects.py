"""Rules 3, 4 and 5: the effect of each level on each dataset, on these datasets and on datasets like these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.statistics.inference import (
    Estimate,
    datasets_like_these,
    equivalence_p,
    mean_of,
    sd_of,
    t_test,
    these_datasets,
)

THESE, LIKE_THESE = "these datasets", "datasets like these"
"""The two questions, never mixed. Each is a family of its own."""

FEW_DATASETS = 5

OTHER_MEANING, NO_PAIR, NO_BLOCK = "other meaning", "no pair in the design", "no complete block"
ONE_BLOCK = "one block"
ONE_SEED_EACH, ONE_DATASET = "one seed a dataset", "one dataset"
IDENTICAL, SAME_DIFFERENCE, NO_SPREAD = "identical", "same difference", "no spread over seeds"

CANNOT_SAY = {
    OTHER_MEANING: "the metric does not mean the same across the levels of the factor",
    NO_PAIR: "the design has no such pair",
    NO_BLOCK: "no block is complete",
    ONE_BLOCK: "one block has no spread to judge by",
    ONE_SEED_EACH: "no dataset has two complete blocks",
    ONE_DATASET: "one dataset says nothing about others",
    IDENTICAL: "both sides are identical in all blocks",
    SAME_DIFFERENCE: "the difference is the same in all blocks",
    NO_SPREAD: "the difference is the same in all blocks of each dataset",
}
"""Why a row has no p, in words."""

EFFECT_COLUMNS = (
    "level", "question", "dataset", "estimate", "low", "high", "low90", "high90", "se", "df", "sd", "df_per_unit",
    "units", "p", "p_equivalence", "n_blocks", "n_seeds", "n_datasets", "datasets_left_out", "warning", "reason",
)  # fmt: skip


def effects(
    blocks: pd.DataFrame, levels: Sequence[str], datasets: Sequence[str], margin: float, *, chosen: bool = False
) -> pd.DataFrame:
    """Estimate the effect of each level.

    Args:
        blocks: what make_blocks returns.
        levels: the levels to compare with the reference, in order.
        datasets: the datasets of the sweep, in order; with one, "these datasets" is that dataset, and has no row beside
            it.
        margin: on the scale; nan where there is none.
        chosen: the datasets were chosen for a belief about them.

    Returns:
        EFFECT_COLUMNS, one row a level and dataset, one for all of them (dataset missing), one for datasets like these:
        estimate, ends of the 95 and 90 % interval, se, df on the scale; sd and df_per_unit (se is sd/√n with n units
        each, df is df_per_unit·(n − 1)), units (what n counts: seeds or datasets); p and p_equivalence (of their own,
        not adjusted); n_seeds (the fewest of a dataset), reason (why there is no p: a key of CANNOT_SAY; missing where
        there is one).
    """
    rows = []
    found = _groups(blocks)
    for level in levels:
        groups = {dataset: found.get((level, dataset), _NO_GROUP) for dataset in datasets}
        rows += [
            _one_dataset(group, margin) | {"level": level, "dataset": dataset} for dataset, group in groups.items()
        ]
        if len(datasets) > 1:
            rows.append(_these(groups, margin) | {"level": level, "dataset": None})
        rows.append(_like_these(groups, margin, chosen=chosen) | {"level": level, "dataset": None})
    table = pd.DataFrame(rows, columns=list(EFFECT_COLUMNS))
    text = ["level", "question", "dataset", "units", "datasets_left_out", "warning", "reason"]
    numbers = [name for name in EFFECT_COLUMNS if name not in text]
    return table.astype(dict.fromkeys(text, "str") | dict.fromkeys(numbers, float))


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The blocks of one level and dataset."""

    differences: np.ndarray
    """(complete blocks,) in order of the seed."""
    rounding: float
    """Differences below it are none."""
    blocks: int
    """Complete or not."""


_NO_GROUP = _Group(differences=np.array([]), rounding=0.0, blocks=0)


def _groups(blocks: pd.DataFrame) -> dict[tuple[str, str], _Group]:
    """The blocks of each level and dataset."""
    names = ("level", "dataset", "seed", "used", "difference", "rounding")
    places: dict[tuple[str, str], list[tuple[str, float, float]]] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for level, dataset, seed, used, difference, rounding in zip(*(blocks[name] for name in names), strict=True):
        counts[level, dataset] += 1
        own = places.setdefault((level, dataset), [])
        if used:
            own.append((seed, difference, rounding))
    return {
        key: _Group(
            differences=np.array([difference for _, difference, _ in sorted(own)], dtype=float),
            rounding=max((rounding for *_, rounding in own), default=0.0),
            blocks=counts[key],
        )
        for key, own in places.items()
    }


def _one_dataset(group: _Group, margin: float) -> dict[str, Any]:
    """Rule 3: the t-test of the blocks of one dataset."""
    d, rounding = group.differences, group.rounding
    row: dict[str, Any] = {"question": THESE, "units": "seeds", "n_blocks": len(d), "n_seeds": len(d), "n_datasets": 1}
    row |= {"estimate": mean_of(d), "sd": sd_of(d), "df_per_unit": 1.0}
    if len(d) < 2:
        return row | {"reason": NO_PAIR if not group.blocks else ONE_BLOCK if len(d) else NO_BLOCK}
    if row["sd"] <= rounding:
        return row | {"sd": 0.0, "reason": constant(row["estimate"], rounding)}
    return row | tested(these_datasets([row["estimate"]], [row["sd"]], [len(d)]), margin)


def _these(groups: dict[str, _Group], margin: float) -> dict[str, Any]:
    """Rule 4; a dataset with one block is left out, because it has no variance."""
    kept = {dataset: group for dataset, group in groups.items() if len(group.differences) > 1}
    sizes = np.array([len(group.differences) for group in kept.values()])
    row: dict[str, Any] = {"question": THESE, "units": "seeds", "n_blocks": sizes.sum(), "n_datasets": len(kept)}
    row |= {"n_seeds": sizes.min() if kept else 0, "datasets_left_out": _left_out(groups, kept)}
    if not kept:
        return row | {"reason": _why_none(groups), "estimate": float("nan")}
    means = np.array([mean_of(group.differences) for group in kept.values()])
    sds = np.array([float(sd_of(group.differences)) for group in kept.values()])
    sds = np.where(sds <= [group.rounding for group in kept.values()], 0.0, sds)
    rounding = max(group.rounding for group in kept.values())
    row["estimate"] = mean_of(means)
    if not sds.any():
        same = np.ptp(means) <= rounding
        return row | {"sd": 0.0, "reason": constant(row["estimate"], rounding) if same else NO_SPREAD}
    share = (sds / sds.max()) ** 2
    row["sd"] = sds.max() * np.sqrt(share.sum()) / len(kept)
    row["df_per_unit"] = share.sum() ** 2 / (share**2).sum()
    return row | tested(these_datasets(means, sds, sizes), margin)


def _like_these(groups: dict[str, _Group], margin: float, *, chosen: bool) -> dict[str, Any]:
    """Rule 5; a dataset with one block is used."""
    kept = {dataset: group for dataset, group in groups.items() if len(group.differences)}
    sizes = np.array([len(group.differences) for group in kept.values()])
    row: dict[str, Any] = {"n_blocks": sizes.sum(), "datasets_left_out": _left_out(groups, kept)}
    row["n_seeds"] = sizes.min() if kept else 0
    if not kept:
        row["reason"] = _why_none(groups)
    rounding = max((group.rounding for group in kept.values()), default=0.0)
    means = [float(mean_of(group.differences)) for group in kept.values()]
    return like_these(means, rounding, margin, chosen=chosen) | row


def like_these(dataset_means: Sequence[float], rounding: float, margin: float, *, chosen: bool) -> dict[str, Any]:
    """The row of rule 5 for the mean difference of each dataset."""
    means, count = np.array(dataset_means, dtype=float), len(dataset_means)
    row: dict[str, Any] = {"question": LIKE_THESE, "units": "datasets", "n_datasets": count, "df_per_unit": 1.0}
    row |= {"estimate": mean_of(means), "sd": sd_of(means)}
    if count < 2:
        return row | {"reason": ONE_DATASET}
    warnings = [f"fewer than {FEW_DATASETS} datasets"] if count < FEW_DATASETS else []
    warnings += ["datasets chosen for a belief about them"] if chosen else []
    row["warning"] = ", ".join(warnings) or None
    if row["sd"] <= rounding:
        return row | {"sd": 0.0, "reason": constant(row["estimate"], rounding)}
    return row | tested(datasets_like_these(means), margin)


def tested(found: Estimate, margin: float) -> dict[str, Any]:
    """The columns of a row that an estimate gives."""
    test = t_test(found)
    return {
        "estimate": float(found.estimate), "se": float(found.se), "df": float(found.df), "p": float(test.p),
        "low": float(test.low), "high": float(test.high), "low90": float(test.low90), "high90": float(test.high90),
        "p_equivalence": float(equivalence_p(found, margin)),
    }  # fmt: skip


def constant(estimate: float, rounding: float) -> str:
    """The reason for a row without spread."""
    return IDENTICAL if abs(estimate) <= rounding else SAME_DIFFERENCE


def _why_none(groups: dict[str, _Group]) -> str:
    if not any(group.blocks for group in groups.values()):
        return NO_PAIR
    return ONE_SEED_EACH if any(len(group.differences) for group in groups.values()) else NO_BLOCK


def _left_out(groups: dict[str, _Group], kept: dict[str, Any]) -> str | None:
    return ", ".join(dataset for dataset in groups if dataset not in kept) or None
