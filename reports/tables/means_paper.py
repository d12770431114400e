"""Tables of means in the layout of a paper: a metric a table, settings down and datasets across, or the other way."""

from __future__ import annotations

import pandas as pd

from ncvq_core.metrics import Metric
from reports.panels import COLUMN_FACTOR
from reports.read_store import Results
from reports.stages import of_stage
from reports.statistics.specification import Options
from reports.tables.captions import means_caption
from reports.tables.latex import parts_of
from reports.tables.means import mean_and_sd
from reports.tables.paper import Entry, PaperTable

NOTHING = "–"
"""Where a factor has no meaning, and where there is no value."""
ALL_TRIALS = "all trials"


def means_tables(
    results: Results, metrics: list[Metric], summary: pd.DataFrame, options: Options | None = None
) -> list[PaperTable]:
    """A table for each metric that has a value.

    Args:
        results: the sweep.
        metrics: in the order of the tables.
        summary: what summary_table makes of them.
        options: those that it was made with.

    Returns:
        Tables named `means_METRIC`. A factor of one level is in no column. Settings are rows and datasets columns,
        unless these do not fit beside each other on a page: then it is the other way where that takes fewer parts.
    """
    tables = []
    for metric in metrics:
        rows = summary[summary["metric"] == metric.name]
        if len(rows):
            tables.append(_table(results, metric, rows, options or Options()))
    return tables


def _table(results: Results, metric: Metric, rows: pd.DataFrame, options: Options) -> PaperTable:
    sweep = of_stage(results, metric.stage).sweep
    factors = [factor for factor in sweep.varying if factor != COLUMN_FACTOR]
    datasets = rows[COLUMN_FACTOR] if COLUMN_FACTOR in rows else pd.Series(metric.name, index=rows.index)
    setting_of_row = _settings(rows, factors)
    entries = {
        (setting, dataset): Entry(text=_text(row["mean"], row["sd"]), best=bool(row["best"]))
        for setting, dataset, row in zip(setting_of_row, datasets, rows.to_dict("records"), strict=True)
    }
    settings = sorted(dict.fromkeys(setting_of_row), key=lambda setting: _order(setting, sweep.factors, factors))
    places = list(dict.fromkeys(datasets))
    about = {"name": f"means_{metric.name}", "sweep": results.sweep.name}
    about |= {"caption": means_caption(results, metric, rows, options)}
    nothing = Entry(text=NOTHING)
    down = PaperTable(
        corner=(tuple(factors) or ("",),),
        heads=(tuple(places),),
        names=tuple(setting or (ALL_TRIALS,) for setting in settings),
        entries=tuple(tuple(entries.get((setting, place), nothing) for place in places) for setting in settings),
        **about,
    )
    across = PaperTable(
        corner=tuple((factor,) for factor in factors) or (("",),),
        heads=tuple(zip(*settings, strict=True)) or ((ALL_TRIALS,),),
        names=tuple((place,) for place in places),
        entries=tuple(tuple(entries.get((setting, place), nothing) for setting in settings) for place in places),
        **about,
    )
    return down if parts_of(down) == 1 or parts_of(down) <= parts_of(across) else across


def _settings(rows: pd.DataFrame, factors: list[str]) -> list[tuple[str, ...]]:
    labels = rows[factors].astype(object).where(rows[factors].notna(), NOTHING)
    return [tuple(map(str, row)) for row in labels.to_numpy()]


def _order(setting: tuple[str, ...], levels: dict[str, list[str]], factors: list[str]) -> list[int]:
    """Sorts settings as their factors and levels are in the sweep; without a level comes first."""
    return [
        -1 if level == NOTHING else levels[factor].index(level) for factor, level in zip(factors, setting, strict=True)
    ]


def _text(mean: float, sd: float) -> str:
    return NOTHING if pd.isna(mean) else mean_and_sd(mean, sd)
