"""How a search went: the objectives of each suggestion, in the order in which they were drawn, and the best so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from orchestrator.store.search_results import State, front
from reports.claims.wording import listed
from reports.colours import BLUE, GREY, VERMILION
from reports.figures.contract import SEARCH, View
from reports.figures.grid import SMALL, TEXT, dress
from reports.read_store import Results

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

ACROSS, UP = 7.5, 2.4  # inches, up: each objective
VALIDATION = "on the validation part"
ENDED = (State.PRUNED, State.DIVERGED, State.FAILED, State.UNMEASURED)
"""What ends without a value."""


@dataclass(frozen=True, kw_only=True)
class HistoryLayout:
    """What it shows."""

    metrics: tuple[str, ...]
    """The objectives, a panel each."""
    directions: tuple[str, ...]
    """minimize or maximize, of each."""


LAYOUT = HistoryLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """One figure, where the sweep is a search of which a suggestion has values."""
    search = results.search
    if search is None or all(result.state != State.DONE for result in search.results):
        return []
    return [
        View(
            figure="search_history",
            name="search_history",
            heading="Suggestions, and the best so far",
            section=SEARCH,
            sweep=results.sweep,
            layout=HistoryLayout(
                metrics=tuple(objective.metric for objective in search.objectives),
                directions=tuple(objective.direction for objective in search.objectives),
            ),
        )
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that are drawn.

    Returns:
        One row a suggestion and objective: number, metric, value (the mean over the seeds; missing where it has none),
        best (the best value so far), state, and front (whether no other suggestion is better in all objectives).
    """
    search = results.search
    if search is None:
        return pd.DataFrame(columns=["number", "metric", "value", "best", "state", "front"])
    leading = {result.suggestion.number for result in front(search.objectives, search.results)}
    parts = []
    for place, objective in enumerate(search.objectives):
        values = pd.Series(
            [result.values[place] if result.values else np.nan for result in search.results], dtype=float
        )
        so_far = values.cummin() if objective.direction == "minimize" else values.cummax()
        numbers = [result.suggestion.number for result in search.results]
        part = pd.DataFrame({"number": numbers, "metric": objective.metric, "value": values, "best": so_far.ffill()})
        states = [str(result.state) for result in search.results]
        parts.append(part.assign(state=states, front=[number in leading for number in numbers]))
    return pd.concat(parts, ignore_index=True)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a panel for each objective, one above the other."""
    metrics = view.layout.metrics
    figure = Figure(figsize=(ACROSS, UP * len(metrics) + 0.4), layout="constrained")
    grid = figure.subplots(len(metrics), 1, squeeze=False, sharex=True)[:, 0]
    for metric, direction, axes in zip(metrics, view.layout.directions, grid, strict=True):
        _draw_panel(axes, table[table["metric"] == metric])
        axes.set_ylabel(f"{metric}\n({direction})", fontsize=SMALL)
    grid[-1].set_xlabel("suggestion", fontsize=TEXT)
    grid[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame) -> None:
    others, leading = rows[~rows["front"].astype(bool)], rows[rows["front"].astype(bool)]
    without = rows.loc[rows["state"].isin(ENDED), "number"]
    axes.step(rows["number"], rows["best"], where="post", color=GREY, linewidth=1.0)
    axes.plot(others["number"], others["value"], "o", color=BLUE, markersize=4.5)
    axes.plot(leading["number"], leading["value"], "D", color=VERMILION, markersize=5.5)
    dress(axes)
    at_foot = axes.get_xaxis_transform()
    feet = [0] * len(without)
    axes.scatter(without, feet, s=18, marker="x", color=GREY, zorder=5, transform=at_foot, clip_on=False)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under it."""
    search = results.search
    done = table.drop_duplicates("number")["value"].notna().sum()
    drawn = table["number"].nunique()
    of = f" of {search.budget}, by {search.sampler}" if search else ""
    counts = table.drop_duplicates("number")["state"].value_counts()
    ended = [f"{counts[state]} {state}" for state in ENDED if state in counts]
    crosses = f" Crosses on the axis: without a value ({listed(ended)})." if ended else ""
    best = "the best" if len(view.layout.metrics) == 1 else "those that no other is better than in all objectives"
    return (
        f"Values {VALIDATION} of TRAIN, each the mean over the seeds; TEST has no part in it. {drawn} suggestions{of}, "
        f"{done} with values. Diamonds: {best}. Line: the best so far.{crosses} What was chosen as the best looks "
        "better than it is: ncvq confirm measures by how much."
    )


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see it needs."""
    ends = [
        f"best {metric} {rows['best'].dropna().iloc[0]:.4g} at first, {rows['best'].dropna().iloc[-1]:.4g} in the end"
        for metric, rows in table.groupby("metric", sort=False)
    ]
    return f"Objectives of {table['number'].nunique()} suggestions in their order: {'; '.join(ends)}."
