"""How many trials a race will need, from the variances so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from orchestrator.store.races import Race
from reports.next_look import as_comparisons, is_needed, raced_estimates
from reports.racing.bounds import ONE_SIDED, planned_looks
from reports.racing.evidence import log_one_sided
from reports.racing.look import FAMILY, key_of, limits_at, raced_rows
from reports.read_store import read_results
from reports.statistics.more_seeds import POWER
from reports.statistics.specification import Options
from reports.statistics.verdicts import EQUIVALENT

FORECAST_COLUMNS = ("factor", "metric", "level", "reference", "dataset", "seeds")


def forecast(store: Path, name: str, race: Race) -> pd.DataFrame:
    """At how many seeds each comparison that gets further seeds will be decided if there is no effect at all.

    Rule 9's number, under the bounds of the race: equivalence is shown with 80 % power. An effect beyond the margin is
    seen with fewer seeds the larger it is. Nothing is decided here, and no look is spent.

    Args:
        store: the folder of the store, which has the trials of the last look, or of the first.
        name: of the sweep.
        race: its race until now.

    Returns:
        FORECAST_COLUMNS, one row an open comparison; the largest number of seeds where that is not enough, or where no
        margin is known.

    Raises:
        ReportError: the sweep cannot be read, or has fewer seeds.
    """
    now = race.looks[-1].seeds if race.looks else race.plan.fewest
    planned = planned_looks(race.plan.largest)
    looks = tuple(seeds for seeds in range(planned[0], race.largest + 1) if seeds > now or not race.looks)
    before = {key_of(row): str(row["verdict"]) for row in race.judged_last}
    driving = {key_of(row) for row in race.driving}
    found = [pd.DataFrame(columns=list(FORECAST_COLUMNS))]
    for table in raced_estimates(read_results(store, name, Options(seeds=now)), race.plan.answers):
        for _, family in raced_rows(table).groupby(FAMILY, sort=False):
            rows = family.to_dict("records")
            equivalent = sum(before.get(key_of(row), "").endswith(EQUIVALENT) for row in rows)
            still_open = max(len(rows) - equivalent, 1) - 1
            limits = {each: limits_at(planned, each, len(rows), ONE_SIDED)[still_open] for each in looks}
            seeds = [_seeds(row, limits, race.plan.largest) for row in rows]
            several = any(not isinstance(row["dataset"], str) for row in rows)
            wanted = [
                key_of(row) in driving if race.looks else not (several and isinstance(row["dataset"], str))
                for row in rows
            ]
            found.append(family.assign(seeds=seeds)[list(FORECAST_COLUMNS)][wanted])
    return pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)


def trials_until(expected: pd.DataFrame, cells: Sequence[tuple[int, Mapping[str, Any]]], fewest: int) -> int:
    """How many cells a race needs until each comparison is decided.

    Args:
        expected: what `forecast` returns.
        cells: of the largest number of seeds: the place of the seed, from 0 on, and the levels.
        fewest: seeds that all settings get.
    """
    rows = as_comparisons(expected)
    open_at = {place: [row for row in rows if row["seeds"] > place] for place, _ in cells}
    return sum(place < fewest or is_needed(levels, open_at[place]) for place, levels in cells)


def _seeds(row: Mapping[Any, Any], limits: Mapping[int, float], planned: int) -> int:
    """The first look at which equivalence is shown with enough power, 1/e in the place of p beyond the planned ones."""
    seeds = np.array(list(limits), dtype=float)
    if row["sd"] == 0:
        return int(seeds[0])
    df = row["df_per_unit"] * (seeds - 1)
    t = row["margin_on_scale"] * np.sqrt(seeds) / row["sd"] - special.stdtrit(df, (1 + POWER) / 2)
    blocks = row["n_blocks"] / max(row["n_seeds"], 1) * seeds
    p = np.where(seeds > planned, np.exp(-np.maximum(log_one_sided(t, df, blocks), 0.0)), special.stdtr(df, -t))
    enough = p <= np.array(list(limits.values()))
    return int(seeds[enough.argmax()] if enough.any() else seeds[-1])
