"""Tables of means in the layout of a paper: a metric a table, settings down and datasets across, or the other way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ncvq_core.metrics import Metric
from reports.levels import DATASET
from reports.read_store import Results
from reports.relevance import of_stage
from reports.statistics.ranks import average_ranks
from reports.tables.captions import means_caption
from reports.tables.latex import parts_of
from reports.tables.means import mean_and_sd
from reports.tables.paper import JOINED, MEANS, Entry, PaperTable

NOTHING = "–"
"""Where a factor has no meaning, and where there is no value."""
ALL_TRIALS = "all trials"
RANK = "rank"


def means_tables(results: Results, metrics: list[Metric], summary: pd.DataFrame) -> list[PaperTable]:
    """A table for each metric that has a value.

    Args:
        results: the sweep.
        metrics: in the order of the tables.
        summary: what summary_table makes of them.

    Returns:
        Tables named `means_METRIC`. A factor of one level is in no column. Settings are rows and datasets columns,
        unless these do not fit beside each other on a page: then it is the other way where that takes fewer parts. With
        a better direction, and two settings on two datasets, the last column (or row) is the average rank, unless that
        takes another part. None of a search: rows would be suggestions, and the best of them by TEST is no finding.
    """
    tables: list[PaperTable] = []
    if results.search is not None:
        return tables
    for metric in metrics:
        rows = summary[summary["metric"] == metric.name]
        if len(rows):
            tables.append(_table(results, metric, rows))
    return tables


def _table(results: Results, metric: Metric, rows: pd.DataFrame) -> PaperTable:
    seen = of_stage(results, metric.stage)
    sweep = seen.sweep
    factors = [factor for factor in sweep.varying if factor != DATASET]
    datasets = rows[DATASET] if DATASET in rows else pd.Series(metric.name, index=rows.index)
    setting_of_row = _settings(rows, factors)
    entries = {
        (setting, dataset): Entry(text=_text(row["mean"], row["sd"]), best=bool(row["best"]))
        for setting, dataset, row in zip(setting_of_row, datasets, rows.to_dict("records"), strict=True)
    }
    settings = sorted(dict.fromkeys(setting_of_row), key=lambda setting: _order(setting, sweep.factors, factors))
    places, nothing = list(dict.fromkeys(datasets)), Entry(text=NOTHING)
    grid = [[entries.get((setting, place), nothing) for place in places] for setting in settings]
    about = {"name": f"{MEANS}{metric.name}", "sweep": results.sweep.name}
    lacking = [_named(setting) for setting in _settings(seen.cells, factors) if setting not in settings]
    caption = means_caption(results, metric, rows, lacking=lacking)
    plain = _oriented(factors, settings, places, grid, {**about, "caption": caption})
    ranks, ranked_over = _ranks(metric, rows["mean"].to_numpy(), setting_of_row, list(datasets))
    if not ranks:
        return plain
    caption = means_caption(results, metric, rows, lacking=lacking, ranked=ranked_over)
    grid = [[*row, ranks[setting]] for setting, row in zip(settings, grid, strict=True)]
    ranked = _oriented(factors, settings, [*places, RANK], grid, {**about, "caption": caption})
    return ranked if parts_of(ranked) <= parts_of(plain) else plain


def _oriented(
    factors: Sequence[str],
    settings: Sequence[tuple[str, ...]],
    places: Sequence[str],
    grid: Sequence[Sequence[Entry]],
    about: Mapping[str, str],
) -> PaperTable:
    """The table of a grid, settings by places, in the way that takes fewer parts."""
    down = PaperTable(
        corner=(tuple(factors) or ("",),),
        heads=(tuple(places),),
        names=tuple(setting or (ALL_TRIALS,) for setting in settings),
        entries=tuple(map(tuple, grid)),
        **about,
    )
    if parts_of(down) == 1:
        return down
    across = PaperTable(
        corner=tuple((factor,) for factor in factors) or (("",),),
        heads=tuple(zip(*settings, strict=True)) or ((ALL_TRIALS,),),
        names=tuple((place,) for place in places),
        entries=tuple(zip(*grid, strict=True)),
        **about,
    )
    return down if parts_of(down) <= parts_of(across) else across


def _ranks(
    metric: Metric, means: np.ndarray, settings: list[tuple[str, ...]], datasets: list[str]
) -> tuple[dict[tuple[str, ...], Entry], int]:
    """Average ranks of the means, and over how many datasets: those on which all settings have one; empty if none."""
    keys = list(dict.fromkeys(settings))
    table = pd.DataFrame({"setting": [keys.index(each) for each in settings], "dataset": datasets, "mean": means})
    wide = table.pivot(index="dataset", columns="setting", values="mean").dropna()
    if metric.better is None or len(keys) < 2 or len(wide) < 2:
        return {}, 0
    ranks = average_ranks(wide, metric.better)
    return {key: Entry(text=f"{ranks[place]:.2f}") for place, key in enumerate(keys)}, len(wide)


def _settings(rows: pd.DataFrame, factors: list[str]) -> list[tuple[str, ...]]:
    labels = rows[factors].astype(object).where(rows[factors].notna(), NOTHING)
    return [tuple(map(str, row)) for row in labels.to_numpy()]


def _order(setting: tuple[str, ...], levels: dict[str, list[str]], factors: list[str]) -> list[int]:
    """Sorts settings as their factors and levels are in the sweep; without a level comes first."""
    return [
        -1 if level == NOTHING else levels[factor].index(level) for factor, level in zip(factors, setting, strict=True)
    ]


def _named(setting: tuple[str, ...]) -> str:
    return JOINED.join(level for level in setting if level != NOTHING)


def _text(mean: float, sd: float) -> str:
    return NOTHING if pd.isna(mean) else mean_and_sd(mean, sd)
