"""What one objective of a search costs in another: all suggestions, and those that no other is better than in both."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from orchestrator.store.search_results import State, undominated
from reports.colours import BLUE, VERMILION
from reports.figures.contract import SEARCH, View, numbered
from reports.figures.grid import SMALL, TEXT, dress
from reports.read_store import Results

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

ACROSS, UP = 5.5, 4.2  # inches


@dataclass(frozen=True, kw_only=True)
class FrontLayout:
    """What it shows."""

    across: str
    """The objective of the horizontal axis."""
    upward: str
    """That of the vertical axis."""
    directions: tuple[str, str]
    """minimize or maximize, of both."""


LAYOUT = FrontLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """One figure for each pair of objectives, where a suggestion has values."""
    search = results.search
    if search is None or all(result.state != State.DONE for result in search.results):
        return []
    pairs = list(itertools.combinations(search.objectives, 2))
    return [
        View(
            figure="front",
            **numbered("front", "One objective against the other", place, len(pairs)),
            section=SEARCH,
            sweep=results.sweep,
            layout=FrontLayout(across=one.metric, upward=other.metric, directions=(one.direction, other.direction)),
        )
        for place, (one, other) in enumerate(pairs, start=1)
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that are drawn.

    Returns:
        One row a suggestion with values: number, across and upward (means over the seeds), and front (whether no other
        suggestion is better in both).
    """
    columns = ["number", "across", "upward", "front"]
    search = results.search
    if search is None:
        return pd.DataFrame(columns=columns)
    metrics = [objective.metric for objective in search.objectives]
    places = [metrics.index(view.layout.across), metrics.index(view.layout.upward)]
    done = [result for result in search.results if result.state == State.DONE]
    pairs = [(result.values[places[0]], result.values[places[1]]) for result in done]
    leading = undominated(view.layout.directions, pairs)
    numbers = [result.suggestion.number for result in done]
    rows = [(number, *pair, best) for number, pair, best in zip(numbers, pairs, leading, strict=True)]
    return pd.DataFrame(rows, columns=columns)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw all suggestions, and a line through those of the front."""
    figure = Figure(figsize=(ACROSS, UP), layout="constrained")
    axes: Axes = figure.subplots()
    leading = table[table["front"].astype(bool)].sort_values(["across", "upward"])
    others = table[~table["front"].astype(bool)]
    axes.plot(others["across"], others["upward"], "o", color=BLUE, markersize=4.5)
    axes.plot(leading["across"], leading["upward"], "D--", color=VERMILION, markersize=5.5, linewidth=0.9)
    for row in leading.drop_duplicates(["across", "upward"]).itertuples():
        axes.annotate(str(row.number), (row.across, row.upward), (5, 4), textcoords="offset points", fontsize=SMALL)
    across, upward = view.layout.directions
    axes.set_xlabel(f"{view.layout.across} ({across})", fontsize=TEXT)
    axes.set_ylabel(f"{view.layout.upward} ({upward})", fontsize=TEXT)
    dress(axes)
    return figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under it."""
    return (
        f"{len(table)} suggestions, on the validation part of TRAIN, each the mean over the seeds. Diamonds, with the "
        "number of the suggestion: no other is better in both. The front looks better than it is, as its members were "
        "chosen by these values: ncvq confirm measures one of them with other seeds."
    )


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see it needs."""
    leading = table[table["front"].astype(bool)]
    named = "; ".join(
        f"{row.number}: {view.layout.across} {row.across:.4g}, {view.layout.upward} {row.upward:.4g}"
        for row in leading.itertuples()
    )
    return f"{len(leading)} of {len(table)} suggestions are on the front: {named}."
