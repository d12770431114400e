"""Rule 2, first half: which trial is compared with which.

A pair is two trials of one (dataset, seed) that differ in one factor alone. Where a factor has no meaning on one side
(`ssl: none` has no weight), that side's trial is paired with each cell of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.store.status import Status
from reports.statistics.conditions import CONDITIONS, conditions_of
from reports.statistics.couples import couple
from reports.statistics.scale import on_scale
from reports.statistics.specification import RAW, Design, MetricSpec, Options, reference_level

UNIT = ["dataset", "seed"]
ENDED = (Status.DONE, Status.DIVERGED)
NO_DATASET = "all data"
"""The name of the one dataset of trials without such a column."""
OF_REFERENCE = "_reference"
NO_PLACES = ((-1, -1),)

PAIR_COLUMNS = (
    "level", "reference", "dataset", "seed", "pair", "trial_id", "trial_id_reference", "status", "status_reference",
    "y", "y_reference", "difference", "rounding", "problem", "condition", "commits_differ",
)  # fmt: skip


def make_pairs(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None, *,
    cells: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Every pair of a factor that the design has, whether or not it has a value.

    The design of a dataset is what any of its seeds has: a seed that lacks a pair of another is incomplete.

    Args:
        trials: one row a cell; rows without a seed are left out.
        design: the factors and baseline of the sweep.
        metric: the metric and its scale.
        factor: the factor whose levels are compared with its reference level.
        options: whether conditions are pooled.
        cells: what `cells_of` makes of the trials, where it is at hand.

    Returns:
        One row a level and pair, PAIR_COLUMNS: pair (the levels of the other factors), y and y_reference (on the
        scale), difference (y − y_reference, missing where invalid), problem (why it is invalid, missing where it is
        valid), condition (under which both sides ran), commits_differ.
    """
    reference, _ = reference_level(design, factor)
    cells = cells_of(trials, design, metric) if cells is None else cells
    rows = _rows(cells, design, factor, reference) if factor in cells else []
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    level, dataset, seed, pair, here, there = columns
    keys = {"level": level, "reference": (reference,) * len(rows), "dataset": dataset, "seed": seed, "pair": pair}
    places = np.array(here, dtype=np.intp), np.array(there, dtype=np.intp)
    return _judged(keys, cells, places, pool=bool(options and options.pool))


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
    scaled = on_scale(values, metric.scale)
    status = trials["status"].astype("str") if "status" in trials else pd.Series(Status.DONE, index=index, dtype="str")
    done = (status == Status.DONE).to_numpy()
    conditions = conditions_of(trials, metric, design.factors)
    cells = pd.DataFrame(
        {
            **{name: trials[name].astype("str") for name in design.factors if name in trials},
            "trial_id": trials["trial_id"].astype("str") if "trial_id" in trials else index.astype("str"),
            "dataset": trials["dataset"].astype("str") if "dataset" in trials else NO_DATASET,
            "seed": seeds_of(trials),
            "status": status,
            "git_commit": trials["git_commit"].astype("str") if "git_commit" in trials else None,
            "y": scaled["y"].where(done),
            "problem": scaled["problem"].where(done, status.fillna(Status.MISSING)),
            "rounding": scaled["rounding"],
            "value": on_scale(values, RAW)["y"],
            **{f"is {name}": conditions[name] for name in conditions},
        },
        index=index,
    )
    known = (cells["dataset"].notna() & cells["seed"].notna()).to_numpy()
    return cells if known.all() else cells[known]


def cells_of_any(trials: pd.DataFrame, design: Design, metric: MetricSpec) -> tuple[pd.DataFrame, bool]:
    """The same and whether they are paired: trials of which none has a seed stay, all with one that means nothing."""
    paired = bool(seeds_of(trials).notna().any()) or trials.empty
    return cells_of(trials if paired else trials.assign(seed="none"), design, metric), paired


def seeds_of(trials: pd.DataFrame) -> pd.Series:
    """The seeds as text in which 2 and 2.0 are the same; missing where there is none."""
    if "seed" not in trials:
        return pd.Series(None, index=trials.index, dtype="str")
    return trials["seed"].astype("str").str.removesuffix(".0")


def _rows(cells: pd.DataFrame, design: Design, factor: str, reference: str) -> list[tuple[Any, ...]]:
    """The pairs of the design: level, dataset, seed, levels of the other factors, and the places of both sides.

    A place is −1 where a seed lacks a side that another has.
    """
    others = [name for name in design.factors if name not in (factor, *UNIT) and name in cells]
    keys = cells[list(dict.fromkeys([*UNIT, *others]))]
    levels = cells[factor].to_numpy(dtype=object)
    units = list(zip(cells["dataset"].tolist(), cells["seed"].tolist(), strict=True))
    right = np.flatnonzero(levels == reference)
    rows = []
    for level in design.factors[factor]:
        left = np.flatnonzero(levels == level)
        if level == reference or not len(left):
            continue
        found = couple(keys.iloc[left], keys.iloc[right], others, UNIT)
        designed: dict[str, dict[str, None]] = {}
        made: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for place, other, pair in zip(left[found.here], right[found.there], found.pair, strict=True):
            dataset, seed = units[place]
            designed.setdefault(dataset, {})[pair] = None
            made.setdefault((dataset, seed, pair), []).append((place, other))
        for dataset, seed in dict.fromkeys(units[place] for place in [*left, *right]):
            for pair in designed.get(dataset, ()):
                rows += [(level, dataset, seed, pair, *both) for both in made.get((dataset, seed, pair), NO_PLACES)]
    return rows


def _judged(
    keys: Mapping[str, Sequence[str]],
    cells: pd.DataFrame,
    places: tuple[NDArray[np.intp], NDArray[np.intp]],
    *,
    pool: bool,
) -> pd.DataFrame:
    """The pairs with the difference, or the reason why there is none."""
    side, other = (_Side(cells, at) for at in places)
    names = [name for name in CONDITIONS if f"is {name}" in cells and not pool]
    problem = np.full(len(side.at), None, dtype=object)
    condition = [""] * len(side.at)
    for name in names:
        mine, theirs = side.text(f"is {name}"), other.text(f"is {name}")
        for row in np.flatnonzero(pd.notna(mine) & pd.notna(theirs) & (mine != theirs)):
            problem[row] = f"other {CONDITIONS[name]} ({mine[row]}, {theirs[row]})"
        said = np.where(pd.isna(mine), "unknown", mine)
        condition = [f"{text}{CONDITIONS[name]} {value}, " for text, value in zip(condition, said, strict=True)]
    for who, whose in ((keys["reference"], other), (keys["level"], side)):
        text = whose.text("problem")
        for row in np.flatnonzero(pd.notna(text)):
            problem[row] = f"{who[row]}: {text[row]}"
    problem[side.at < 0] = "no such trial"
    y, y_reference = side.number("y"), other.number("y")
    half = y / 2 - y_reference / 2  # halves, so that two huge values of opposite sign do not overflow
    problem[(np.abs(half) > 8e307) & pd.isna(problem)] = "difference too large for a number"
    commits = side.text("git_commit"), other.text("git_commit")
    columns = {
        **{name: _text(values) for name, values in keys.items()},
        "trial_id": _text(side.text("trial_id")),
        "trial_id_reference": _text(other.text("trial_id")),
        "status": _text(side.text("status")),
        "status_reference": _text(other.text("status")),
        "y": y,
        "y_reference": y_reference,
        "difference": 2 * np.where(pd.isna(problem), half, np.nan),
        "rounding": np.fmax(side.number("rounding"), other.number("rounding")),
        "problem": _text(problem),
        "condition": _text([text.removesuffix(", ") for text in condition]),
        "commits_differ": pd.notna(commits[0]) & pd.notna(commits[1]) & (commits[0] != commits[1]),
    }
    return pd.DataFrame(columns, columns=list(PAIR_COLUMNS))


class _Side(NamedTuple):
    """One side of each pair."""

    cells: pd.DataFrame
    at: NDArray[np.intp]
    """Its places in the cells; −1 for none."""

    def text(self, name: str) -> NDArray[np.object_]:
        """A column of text."""
        column: NDArray[np.object_] = np.append(self.cells[name].to_numpy(dtype=object), np.nan)
        return column[self.at]

    def number(self, name: str) -> NDArray[np.float64]:
        """A column of numbers."""
        column: NDArray[np.float64] = np.append(self.cells[name].to_numpy(dtype=float), np.nan)
        return column[self.at]


def _text(values: Sequence[Any] | NDArray[np.object_]) -> pd.Series:
    return pd.Series(values, dtype="str")
