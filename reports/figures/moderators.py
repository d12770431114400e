"""On which datasets does it help? The effect on each dataset against what kind of data it is."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reports.claims.table import answered_metrics, compared_factors, for_beliefs
from reports.figures.contract import MODERATORS, View, numbered
from reports.figures.moderators_drawing import draw, rows_of_a_page
from reports.figures.moderators_words import ESTIMATE, POINT, PROPERTIES, alt_text, caption
from reports.levels import DATASET, SSL
from reports.read_store import Results
from reports.remembered import once
from reports.statistics.association import UNSAID
from reports.statistics.moderation import moderation

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

MOST_PAGES = 2
"""Of the report; others stand in the appendix."""
TEST = (
    "Spearman's rank correlation over datasets of the effect on each and a property of it, by permutation (Student's t "
    "from nine datasets on); Holm over the levels and properties of a metric"
)

Row = tuple[str, str]
"""A metric, and a level of the factor."""


@dataclass(frozen=True, kw_only=True)
class ModeratorsLayout:
    """What one page shows."""

    factor: str
    """Whose levels are compared with its reference."""
    rows: tuple[Row, ...]
    """From top to bottom."""
    datasets: tuple[str, ...]
    """Those with properties, in the order of the sweep."""


LAYOUT = ModeratorsLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of the answered metrics and the levels of the factor, where several datasets have properties."""
    own = _own(results, claims)
    rows = _rows(results, own)
    datasets = tuple(name for name in results.sweep.factors.get(DATASET, ()) if name in set(own["dataset"]))
    if len(datasets) < 2 or not rows:
        return []
    size = rows_of_a_page(datasets)
    pages = [tuple(rows[start : start + size]) for start in range(0, len(rows), size)]
    judged = judged_rows(results, own)
    nothing = bool((judged["verdict"] == UNSAID).all())
    return [
        View(
            figure="moderators",
            **numbered("moderators", "Effects against what kind of data it is", place, len(pages)),
            section=MODERATORS,
            sweep=results.sweep,
            appendix=nothing or place > MOST_PAGES,
            metrics=tuple(dict.fromkeys(metric for metric, _ in page)),
            test=TEST,
            layout=ModeratorsLayout(factor=_factor(results), rows=page, datasets=datasets),
        )
        for place, page in enumerate(pages, start=1)
    ]


def _factor(results: Results) -> str:
    """The factor whose effects are looked at: the SSL method, else the first that is compared; empty without any."""
    compared = compared_factors(results)
    return SSL if SSL in compared else next(iter(compared), "")


def _rows(results: Results, own: pd.DataFrame) -> list[Row]:
    """Each answered metric and level of which there are effects."""
    return [
        (metric, level)
        for metric in answered_metrics(results)
        for level in dict.fromkeys(own.loc[own["metric"] == metric, "level"])
    ]


def _own(results: Results, claims: pd.DataFrame) -> pd.DataFrame:
    """The claims of the factor that have an estimate, on single datasets whose properties are known."""
    if claims.empty:
        return pd.DataFrame(columns=["metric", "level", "dataset", "effect"])
    known = claims["dataset"].isin(properties_table(results).index)
    return claims[(claims["factor"] == _factor(results)) & known & claims["effect"].notna()]


@once
def properties_table(results: Results) -> pd.DataFrame:
    """The properties of each dataset that has any, by its label in the sweep; a column for each of PROPERTIES."""
    rows = {}
    for dataset, cells in results.done.groupby(DATASET) if DATASET in results.done else ():
        checksums = list(cells["data_checksum"].dropna().mode()) if "data_checksum" in cells else []
        key = str([*checksums, dataset][0])
        if key in results.properties:
            rows[str(dataset)] = {name: results.properties[key].get(name) for name in PROPERTIES}
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=list(PROPERTIES), dtype=float)


def judged_rows(results: Results, effects: pd.DataFrame) -> pd.DataFrame:
    """What moderation makes of each answered metric, with its name in `metric`."""
    known = properties_table(results)
    parts = [
        moderation(rows[["level", "dataset", "effect"]], known, list(PROPERTIES)).assign(metric=metric)
        for metric in answered_metrics(results)
        if len(rows := effects[effects["metric"] == metric])
    ]
    return pd.concat(parts, ignore_index=True)


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a page.

    Returns:
        One row a point (a dataset in a panel) and an estimate (a panel): metric, level, reference, property, kind,
        dataset, value (of the property), effect, effect_low and effect_high (of compare, with unit), warning; of an
        estimate the columns of moderation.
    """
    own = _own(results, claims)
    known, judged = properties_table(results), judged_rows(results, own)
    warning = "the datasets were chosen for a belief about them" if for_beliefs(results).chosen_datasets else None
    parts: list[pd.DataFrame] = []
    for metric, level in view.layout.rows:
        rows = own[(own["metric"] == metric) & (own["level"] == level)]
        kept = rows[["metric", "level", "reference", "dataset", "effect", "effect_low", "effect_high", "unit"]]
        for name in PROPERTIES:
            values = kept["dataset"].map(known[name])
            parts.append(kept.assign(property=name, kind=POINT, value=values).dropna(subset=["value"]))
        estimates = judged[(judged["metric"] == metric) & (judged["level"] == level)]
        said = estimates.assign(kind=ESTIMATE, reference=rows["reference"].iloc[0], warning=warning)
        parts.append(said.astype({"warning": "str"}))
    return pd.concat(parts, ignore_index=True)
