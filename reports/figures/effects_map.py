"""The effect of each level on each of many datasets, as a heat map: what `effects` lists where the datasets are few."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ncvq_core.metrics import metrics_by_name
from reports.claims.table import answered_metrics
from reports.figures.contract import EFFECTS, View, numbered
from reports.figures.effects_pages import pages, too_many
from reports.figures.facets import Facets, Key
from reports.figures.heat import draw_map, maps_of
from reports.levels import DATASET
from reports.read_store import Results
from reports.statistics.verdicts import CANNOT_BE_SAID, UNDECIDED

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Facets


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages for each metric that the sweep answers for, where the forest plot has too many."""
    if claims.empty or not too_many(pages(claims, answered_metrics(results))):
        return []
    return [view for name in answered_metrics(results) for view in _views_of(results, claims, name)]


def _views_of(results: Results, claims: pd.DataFrame, name: str) -> list[View]:
    shown = claims[(claims["metric"] == name) & claims["dataset"].notna() & claims["effect"].notna()]
    levels = shown.groupby("factor", sort=False)["level"].nunique()
    panels: list[Key] = [(("factor", str(factor)),) for factor in levels.index]
    datasets = [dataset for dataset in results.sweep.factors.get(DATASET, []) if dataset in set(shown["dataset"])]
    parts = list(maps_of(panels, datasets, int(levels.max()), list(shown["level"]))) if len(levels) else []
    heading = f"{metrics_by_name()[name].label}: effects on each dataset"
    return [
        View(
            figure="effects_map",
            **numbered(f"effects_map_{name}", heading, place, len(parts)),
            subject=name,
            section=EFFECTS,
            sweep=results.sweep,
            metrics=(name,),
            layout=Facets(colour="level", tracks=(name,), panels=tuple(keys), datasets=tuple(rows)),
        )
        for place, (keys, rows) in enumerate(parts, start=1)
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The effects of a page.

    Returns:
        One row a level and dataset: panel, factor, series (the level), reference, dataset, value (the effect, in per
        cent or in the unit of the metric), verdict, p_adjusted, n_blocks, bold (a difference or equivalence is shown).
    """
    facets = view.layout
    places = {key[0][1]: place for place, key in enumerate(facets.panels)}
    rows = claims[(claims["metric"] == view.subject) & claims["factor"].isin(list(places))]
    rows = rows[rows["dataset"].isin(facets.datasets) & rows["effect"].notna()]
    kept = rows[["factor", "level", "reference", "dataset", "effect", "verdict", "p_adjusted", "n_blocks"]]
    return kept.rename(columns={"level": "series", "effect": "value"}).assign(
        panel=rows["factor"].map(places),
        place=pd.Series(None, index=rows.index, dtype="str"),
        bold=~rows["verdict"].isin([UNDECIDED, CANNOT_BE_SAID]),
    )


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    return draw_map(table, view.layout, metrics_by_name()[view.subject])


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    compared = table.drop_duplicates("factor")
    references = ", ".join(f"{row['factor']} {row['reference']}" for row in compared.to_dict("records"))
    return (
        f"Paired difference of each level from the reference ({references}) on each dataset. Bold: decided, that is "
        "better, worse or equivalent after Holm's adjustment inside its family. All numbers are under All comparisons."
    )


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    decided = int(table["bold"].sum())
    return f"{view.heading}: {decided} of {len(table)} effects are decided; all are in the table of comparisons."
