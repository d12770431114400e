"""Rule 2, first half: which trial is compared with which.

A pair is two trials of one (dataset, seed) that differ in one factor alone. Where a factor has no meaning on one side
(`ssl: none` has no weight), that side's trial is paired with each cell of the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from orchestrator.store.status import Status
from reports.statistics.conditions import CONDITIONS, conditions_of
from reports.statistics.scale import on_scale
from reports.statistics.specification import RAW, Design, MetricSpec, Options, reference_level

UNIT = ["dataset", "seed"]
ENDED = (Status.DONE, Status.DIVERGED)
NO_DATASET = "all data"
"""The name of the one dataset of trials without such a column."""
OF_REFERENCE = "_reference"

PAIR_COLUMNS = (
    "level", "reference", "dataset", "seed", "pair", "trial_id", "trial_id_reference", "status", "status_reference",
    "y", "y_reference", "difference", "rounding", "problem", "condition", "commits_differ",
)  # fmt: skip


def make_pairs(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None
) -> pd.DataFrame:
    """Every pair of a factor that the design has, whether or not it has a value.

    The design of a dataset is what any of its seeds has: a seed that lacks a pair of another is incomplete.

    Args:
        trials: one row a cell; rows without a seed are left out.
        design: the factors and baseline of the sweep.
        metric: the metric and its scale.
        factor: the factor whose levels are compared with its reference level.
        options: whether conditions are pooled.

    Returns:
        One row a level and pair, PAIR_COLUMNS: pair (the levels of the other factors), y and y_reference (on the
        scale), difference (y − y_reference, missing where invalid), problem (why it is invalid, missing where it is
        valid), condition (under which both sides ran), commits_differ.
    """
    reference, _ = reference_level(design, factor)
    others = [name for name in design.factors if name not in (factor, *UNIT) and name in trials]
    cells = cells_of(trials, design, metric)
    right = cells[cells[factor] == reference] if factor in cells else cells[:0]
    parts = [pd.DataFrame(columns=list(PAIR_COLUMNS))]
    for level in design.factors[factor]:
        left = cells[cells[factor] == level] if factor in cells else cells[:0]
        if level != reference and len(left):
            parts.append(_pairs_of_level(left, right, others).assign(level=level, reference=reference))
    pairs = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return _judged(pairs, pool=bool(options and options.pool))[list(PAIR_COLUMNS)]


def cells_of(trials: pd.DataFrame, design: Design, metric: MetricSpec) -> pd.DataFrame:
    """The trials on the scale of the metric.

    Returns:
        One row a trial with a seed: trial_id, dataset, seed, the factors that trials has, status, value (in the unit of
        the metric, missing where not finite), y, rounding, problem
        (missing where y is valid), git_commit, and one column "is NAME" for each condition.
    """
    trials = trials.reset_index(drop=True)
    index = trials.index
    values = trials[metric.name] if metric.name in trials else pd.Series(float("nan"), index=index)
    cells = trials[[name for name in design.factors if name in trials]].astype("str")
    cells = cells.assign(
        trial_id=trials["trial_id"].astype("str") if "trial_id" in trials else index.astype("str"),
        dataset=trials["dataset"].astype("str") if "dataset" in trials else NO_DATASET,
        seed=seeds_of(trials),
        status=trials["status"].astype("str") if "status" in trials else Status.DONE,
        git_commit=trials["git_commit"].astype("str") if "git_commit" in trials else None,
    )
    cells = cells.join(on_scale(values, metric.scale)).assign(value=on_scale(values, RAW)["y"])
    not_done = cells["status"].fillna(Status.MISSING) != Status.DONE
    cells["problem"] = cells["problem"].mask(not_done, cells["status"].fillna(Status.MISSING))
    cells["y"] = cells["y"].mask(not_done)
    cells = cells.join(conditions_of(trials, metric, design.factors).add_prefix("is "))
    return cells.dropna(subset=["dataset", "seed"])


def cells_of_any(trials: pd.DataFrame, design: Design, metric: MetricSpec) -> tuple[pd.DataFrame, bool]:
    """The same and whether they are paired: trials of which none has a seed stay, all with one that means nothing."""
    paired = bool(seeds_of(trials).notna().any()) or trials.empty
    return cells_of(trials if paired else trials.assign(seed="none"), design, metric), paired


def seeds_of(trials: pd.DataFrame) -> pd.Series:
    """The seeds as text in which 2 and 2.0 are the same; missing where there is none."""
    if "seed" not in trials:
        return pd.Series(None, index=trials.index, dtype="str")
    return trials["seed"].astype("str").str.removesuffix(".0")


def _pairs_of_level(left: pd.DataFrame, right: pd.DataFrame, others: Sequence[str]) -> pd.DataFrame:
    """The pairs of the design; only keys and places are joined, because the other columns are many."""
    keys = [*UNIT, *others]
    here, there = (cells[keys].assign(place=range(len(cells))) for cells in (left, right))
    couples = couple(here, there, others, UNIT)
    units = pd.concat([left[UNIT], right[UNIT]]).drop_duplicates()
    grid = units.merge(couples[["dataset", "pair"]].drop_duplicates(), on="dataset")
    places = couples[[*UNIT, "pair", "place", "place" + OF_REFERENCE]]
    pairs = grid.merge(places, on=[*UNIT, "pair"], how="left")
    sides = [
        cells.drop(columns=keys).set_axis(range(len(cells))).reindex(pairs["place" + end]).set_axis(pairs.index)
        for cells, end in ((left, ""), (right, OF_REFERENCE))
    ]
    return pairs[[*UNIT, "pair"]].join(sides[0]).join(sides[1].add_suffix(OF_REFERENCE))


def couple(left: pd.DataFrame, right: pd.DataFrame, others: Sequence[str], unit: Sequence[str]) -> pd.DataFrame:
    """All couples of a unit that agree in each other factor, or in which it has no meaning on one side.

    Returns:
        The columns of left, those of right with "_reference" behind their names, and pair: the levels of the other
        factors.
    """
    exact = [name for name in others if bool(left[name].notna().all() and right[name].notna().all())]
    couples = left.merge(right, on=[*unit, *exact], suffixes=("", OF_REFERENCE))
    for name in others:
        if name not in exact:
            here, there = couples[name], couples[name + OF_REFERENCE]
            couples = couples[here.isna() | there.isna() | (here == there)]
            couples[name] = couples[name].fillna(couples[name + OF_REFERENCE])
    varying = [name for name in others if couples[name].nunique() > 1]
    rows = couples[varying].to_numpy(dtype=object)
    labels = [", ".join(f"{name} {level}" for name, level in zip(varying, row, strict=True) if isinstance(level, str))
              for row in rows]  # fmt: skip
    return couples.assign(pair=pd.Series(labels, index=couples.index, dtype="str"))


def _judged(pairs: pd.DataFrame, *, pool: bool) -> pd.DataFrame:
    """Add the difference, or the reason why there is none."""
    names = [name for name in CONDITIONS if f"is {name}" in pairs]
    problem = pd.Series(None, index=pairs.index, dtype="str")
    if not pool:
        for name in names:
            here, there = pairs[f"is {name}"], pairs[f"is {name}{OF_REFERENCE}"]
            differ = here.notna() & there.notna() & (here != there)
            problem[differ] = "other " + CONDITIONS[name] + " (" + here[differ] + ", " + there[differ] + ")"
    for side, column in (("reference", "problem" + OF_REFERENCE), ("level", "problem")):
        found = pairs[column].notna() if column in pairs else pd.Series(False, index=pairs.index)
        problem[found] = pairs.loc[found, side] + ": " + pairs.loc[found, column].astype("str") if found.any() else None
    problem[pairs["trial_id"].isna()] = "no such trial"
    y, y_reference = pairs["y"].astype(float), pairs["y_reference"].astype(float)
    # Halves, so that two huge values of opposite sign do not overflow.
    half = y / 2 - y_reference / 2
    too_large = half.abs() > 8e307
    problem[too_large & problem.isna()] = "difference too large for a number"
    here, there = (pairs.get(name, pd.Series(None, index=pairs.index, dtype="str"))
                   for name in ("git_commit", "git_commit" + OF_REFERENCE))  # fmt: skip
    condition = pd.Series("", index=pairs.index, dtype="str")
    for name in names if not pool else []:
        condition = condition + CONDITIONS[name] + " " + pairs[f"is {name}"].fillna("unknown") + ", "
    return pairs.assign(
        difference=2 * half.where(problem.isna()),
        rounding=pairs[["rounding", "rounding" + OF_REFERENCE]].astype(float).max(axis=1) if len(pairs) else 0.0,
        problem=problem,
        condition=condition.str.removesuffix(", "),
        commits_differ=here.notna() & there.notna() & (here != there),
    )
