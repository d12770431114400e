"""Rule 11: results without seeds (imported ones) are compared by Welch's t, and marked as unpaired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.store.status import Status
from reports.statistics.conditions import largest_condition
from reports.statistics.couples import couple
from reports.statistics.effects import (
    EFFECT_COLUMNS,
    NO_BLOCK,
    NO_PAIR,
    NO_SPREAD,
    ONE_BLOCK,
    ONE_SEED_EACH,
    THESE,
    constant,
    like_these,
    tested,
)  # fmt: skip
from reports.statistics.inference import Estimate, mean_of, satterthwaite, sd_of
from reports.statistics.pairs import ENDED, OF_REFERENCE, cells_of
from reports.statistics.specification import Design, MetricSpec, Options, reference_level

TERM_COLUMNS = ("level", "dataset", "side", "weight", "n", "mean", "sd", "rounding", "ended", "diverged")
OF_GROUP = ("n", "mean", "sd", "rounding", "ended", "diverged")
ENDS = ("n_ended", "n_diverged", "n_ended_reference", "n_diverged_reference")


def make_terms(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None
) -> pd.DataFrame:
    """The groups of trials that each difference is made of.

    A group is what shares dataset and the levels of all factors. A difference is the mean over the couples of a level's
    and the reference's groups that agree in all other factors, so that a group has the weight: its couples over all.

    Args:
        trials: one row a trial; a seed is not looked at.
        design: the factors and baseline.
        metric: the metric and its scale.
        factor: the factor whose levels are compared with its reference level.
        options: whether conditions are pooled.

    Returns:
        One row a level, dataset and group, TERM_COLUMNS: side ("level" or "reference"), weight (negative for the
        reference), n (values), mean and sd on the scale, rounding, ended and diverged (trials).
    """
    options = options or Options()
    cells = cells_of(trials.assign(seed="none"), design, metric)
    if factor not in cells:
        return pd.DataFrame(columns=list(TERM_COLUMNS))
    others = [name for name in design.factors if name not in (factor, "dataset", "seed") and name in cells]
    groups = _groups(cells if options.pool else _one_condition(cells), ["dataset", factor, *others])
    reference, _ = reference_level(design, factor)
    right = groups[groups[factor] == reference]
    parts = [pd.DataFrame(columns=list(TERM_COLUMNS))]
    for level in design.factors[factor]:
        if level != reference:
            left = groups[groups[factor] == level]
            found = couple(left, right, others, ["dataset"])
            sides = left.iloc[found.here], right.iloc[found.there].add_suffix(OF_REFERENCE)
            couples = pd.concat([side.reset_index(drop=True) for side in sides], axis=1)
            if options.partial:
                couples = couples[(couples["n"] > 0) & (couples["n" + OF_REFERENCE] > 0)]
            parts += [_terms(couples, "level", level), _terms(couples, "reference", level)]
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def unpaired_effects(
    terms: pd.DataFrame, levels: Sequence[str], datasets: Sequence[str], margin: float, *, chosen: bool = False
) -> pd.DataFrame:
    """The effects of effects.py for terms instead of blocks.

    Returns:
        EFFECT_COLUMNS with n_blocks missing and n_seeds the fewest values of a group; n_level and n_reference: values;
        ENDS: how many trials of either side ended, and diverged.
    """
    rows = []
    for level in levels:
        of_level = terms[(terms["level"] == level) & terms["dataset"].isin(list(datasets))]
        groups = {dataset: of_level[of_level["dataset"] == dataset] for dataset in datasets}
        known = {
            dataset: rows_of for dataset, rows_of in groups.items() if len(rows_of) and bool((rows_of["n"] > 0).all())
        }
        for dataset, rows_of in groups.items():
            rows.append(_these({dataset: rows_of}, margin) | {"level": level, "dataset": dataset})
        if len(datasets) > 1:
            rows.append(_these(groups, margin) | {"level": level, "dataset": None})
        rounding = max((float(rows_of["rounding"].max()) for rows_of in known.values()), default=0.0)
        means = [float((rows_of["weight"] * rows_of["mean"]).sum()) for rows_of in known.values()]
        row = like_these(means, rounding, margin, chosen=chosen)
        if not known:
            row["reason"] = NO_PAIR if of_level.empty else NO_BLOCK
        rows.append(row | _counts(known, groups) | {"level": level, "dataset": None})
    text = ["level", "question", "dataset", "units", "datasets_left_out", "warning", "reason"]
    table = pd.DataFrame(rows, columns=[*EFFECT_COLUMNS, "n_level", "n_reference", *ENDS])
    return table.astype({name: "str" if name in text else float for name in table.columns})


def _one_condition(cells: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in cells.columns if name.startswith("is ")]
    condition = pd.Series(
        ["\n".join(row) for row in cells[names].to_numpy(dtype=object)], index=cells.index, dtype="str"
    )
    kept = largest_condition(condition, cells["dataset"], cells["problem"].isna())
    apart = cells["problem"].isna() & (condition != kept)
    return cells.assign(y=cells["y"].mask(apart), problem=cells["problem"].mask(apart, "left apart: other conditions"))


def _groups(cells: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    rows = []
    for key, part in cells.groupby(by, dropna=False, sort=False):
        y = part["y"].dropna().to_numpy(dtype=float)
        spread = {"n": len(y), "mean": float(mean_of(y)), "sd": float(sd_of(y)), "rounding": part["rounding"].max()}
        spread |= {"ended": part["status"].isin(ENDED).sum(), "diverged": (part["status"] == Status.DIVERGED).sum()}
        rows.append(dict(zip(by, key, strict=True)) | spread)
    table = pd.DataFrame(rows, columns=[*by, *OF_GROUP])
    return table.astype(dict.fromkeys(by, "str")).assign(group=range(len(table)))


def _terms(couples: pd.DataFrame, side: str, level: str) -> pd.DataFrame:
    end, sign = ("", 1) if side == "level" else (OF_REFERENCE, -1)
    names = [name + end for name in ("group", *OF_GROUP)]
    sides = couples[["dataset", *names]].rename(columns={name: name.removesuffix(OF_REFERENCE) for name in names})
    total = sides.groupby("dataset")["group"].transform("size")
    shares = (sign / total).groupby(sides["group"]).sum().rename("weight")
    return sides.drop_duplicates("group").join(shares, on="group").assign(level=level, side=side)[list(TERM_COLUMNS)]


def _these(groups: dict[str, pd.DataFrame], margin: float) -> dict[str, Any]:
    """Rule 4 over the terms of all datasets; one that has a group of one value is left out."""
    kept = {dataset: rows for dataset, rows in groups.items() if len(rows) and bool((rows["n"] > 1).all())}
    row: dict[str, Any] = {"question": THESE, "units": "seeds"} | _counts(kept, groups)
    if not kept:
        return row | _alone(groups)
    terms = pd.concat(kept.values())
    weight = terms["weight"].to_numpy(dtype=float) / len(kept)
    rounding = float(terms["rounding"].max())
    sd = terms["sd"].to_numpy(dtype=float)
    sd = np.where(sd <= terms["rounding"].to_numpy(dtype=float), 0.0, sd)
    estimate = np.asarray((weight * terms["mean"].to_numpy(dtype=float)).sum())
    row["estimate"] = float(estimate)
    if not sd.any():
        return row | {"sd": 0.0, "reason": constant(float(estimate), rounding) if len(kept) == 1 else NO_SPREAD}
    n, unit = terms["n"].to_numpy(dtype=float), sd.max()
    shares = (weight * sd / unit) ** 2
    row |= {"sd": unit * np.sqrt(shares.sum()), "df_per_unit": shares.sum() ** 2 / (shares**2).sum()}
    v = shares / n
    found = Estimate(estimate=estimate, se=np.asarray(unit * np.sqrt(v.sum())), df=satterthwaite(v, n - 1))
    return row | tested(found, margin)


def _alone(groups: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """What can be said where no dataset has two values in each group."""
    present = [rows for rows in groups.values() if len(rows)]
    known = [rows for rows in present if bool((rows["n"] > 0).all())]
    if not present or not known:
        return {"reason": NO_BLOCK if present else NO_PAIR}
    if len(groups) > 1:
        return {"reason": ONE_SEED_EACH}
    return {"reason": ONE_BLOCK, "estimate": float((known[0]["weight"] * known[0]["mean"]).sum())}


def _counts(kept: dict[str, pd.DataFrame], groups: dict[str, pd.DataFrame]) -> dict[str, Any]:
    terms = pd.concat(kept.values()) if kept else pd.DataFrame(columns=list(TERM_COLUMNS))
    everything = pd.concat(groups.values())
    level, reference = (everything[everything["side"] == side] for side in ("level", "reference"))
    ends = [side[name].sum() for side in (level, reference) for name in ("ended", "diverged")]
    return dict(zip(ENDS, ends, strict=True)) | {
        "n_datasets": len(kept),
        "n_seeds": terms["n"].min() if kept else 0,
        "n_level": terms.loc[terms["side"] == "level", "n"].sum(),
        "n_reference": terms.loc[terms["side"] == "reference", "n"].sum(),
        "datasets_left_out": ", ".join(dataset for dataset in groups if dataset not in kept) or None,
    }
