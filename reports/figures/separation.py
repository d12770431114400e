"""Do classes lie apart in the codes? A plane of the pooled codes beside the silhouette of each series, by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from orchestrator.store.examples import Shown
from reports.colours import Look
from reports.figures.class_looks import class_looks, legend_entries, per_cent
from reports.figures.contract import View
from reports.figures.example_trials import Pair, first_trials, pair_views, stacked, trial_words, values_of
from reports.figures.grid import SMALL, add_legend, handle
from reports.figures.names import shortened
from reports.read_store import Results
from reports.relevance import STAGE1

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Pair
METRIC = "class_separation"
CODE, AXES = "code", "axes"
PLANE, BARS, HEIGHT = 3.4, 2.1, 3.6  # inches


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """A page for each dataset and level beside the reference level."""
    return pair_views(results, "separation", "Pooled codes by class", STAGE1)


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The points of a page.

    Returns:
        One row a series of TEST (kind "code"): trial_id, level, label (the class), x, y, score (its silhouette
        coefficient); and one a level (kind "axes"): x and y are the shares of the variance, score is the metric.
    """
    parts = []
    for level, trial in first_trials(results, view):
        examples = results.examples.of(str(trial["stage_id"]))
        codes, axes = values_of(examples, Shown.CODE), values_of(examples, Shown.CODE_AXES)
        if codes.empty or axes.empty:
            continue
        shares, metric = axes["values"].iloc[0], trial.get(METRIC)
        points = stacked(codes)
        rows = pd.DataFrame(
            {"kind": CODE, "label": codes["label"], "x": points[:, 0], "y": points[:, 1], "score": codes["score"]}
        )
        first = pd.DataFrame({"kind": [AXES], "label": [None], "x": shares[:1], "y": shares[1:], "score": [metric]})
        parts += [each.assign(trial_id=trial["trial_id"], level=level) for each in (first, rows)]
    columns = {"trial_id": "str", "kind": "str", "level": "str", "label": "str"} | dict.fromkeys("xy", "float64")
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns, "score"])
    return found.astype({**columns, "score": "float64"})[[*columns, "score"]]


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: for each level the plane, and beside it the silhouettes in order."""
    levels = list(dict.fromkeys(table["level"]))
    looks = class_looks(table.loc[table["kind"] == CODE, "label"])
    figure = Figure(figsize=((PLANE + BARS) * len(levels), HEIGHT), layout="constrained")
    grid = figure.subplots(1, 2 * len(levels), squeeze=False, width_ratios=[PLANE, BARS] * len(levels))[0]
    names = shortened(levels, 28)
    scores = table.loc[table["kind"] == CODE, "score"].fillna(0.0)
    for place, level in enumerate(levels):
        rows = table[table["level"] == level]
        codes, axes = rows[rows["kind"] == CODE], rows[rows["kind"] == AXES].iloc[0]
        plane, bars = grid[2 * place], grid[2 * place + 1]
        _draw_plane(plane, codes, looks, (float(axes["x"]), float(axes["y"])))
        plane.set_title(f"{view.layout.factor}={names[level]}" if view.layout.factor else "", fontsize=SMALL)
        _draw_silhouettes(bars, codes, looks, float(axes["score"]))
        bars.set_xlim(min(0.0, float(scores.min())) - 0.05, max(0.2, float(scores.max()) + 0.05))
    entries = legend_entries(looks)
    add_legend(figure, [handle(look, shortened([name], 24)[name]) for name, look in entries.items()])
    return figure


def _draw_plane(axes: Axes, codes: pd.DataFrame, looks: dict[str, Look], shares: tuple[float, float]) -> None:
    for label, look in looks.items():
        own = codes[codes["label"] == label]
        axes.scatter(own["x"], own["y"], s=13, color=[look.colour], marker=look.marker, alpha=0.7, linewidths=0)
    axes.set_xlabel(f"component 1 ({per_cent(shares[0])} of the variance)", fontsize=SMALL)
    axes.set_ylabel(f"component 2 ({per_cent(shares[1])})", fontsize=SMALL)
    axes.set_aspect("equal", adjustable="datalim")
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_silhouettes(axes: Axes, codes: pd.DataFrame, looks: dict[str, Look], mean: float) -> None:
    """A bar a series, sorted inside its class; the metric as a line."""
    axes.set_xlabel("silhouette", fontsize=SMALL)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_yticks([])
    if codes["score"].isna().all():
        axes.set_visible(False)
        return
    start, gap = 0, max(1, min(len(codes) // 40, len(codes) // (5 * len(looks))))
    for label, look in looks.items():
        values = np.sort(codes.loc[codes["label"] == label, "score"].to_numpy())
        axes.barh(np.arange(start, start + len(values)), values, height=1.0, color=[look.colour], linewidth=0)
        start += len(values) + gap
    axes.invert_yaxis()
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    if np.isfinite(mean):
        axes.axvline(mean, color="0.1", linewidth=1.2, linestyle="--")
        axes.set_title(f"mean {mean:.2f}".replace("-", "−"), fontsize=SMALL)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    counts = table[table["kind"] == CODE].groupby("level", sort=False).size()
    own = "" if len(counts) == 1 else " Each level has its own plane, so that places and distances do not compare."
    return (
        f"Pooled codes of TEST ({counts.iloc[0]} series, of many some, evenly spaced in the file), in the plane of "
        f"their two principal components.{own} Beside it the silhouette coefficient of each series in all dimensions, "
        "by class (below 0: it lies nearer to another class), dashed the mean of all of TEST, the metric "
        f"{METRIC}. Where the two components show little of the variance, trust the silhouette. "
        f"Trials: {trial_words(table, view, results)}."
    )


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    said = []
    for level, rows in table.groupby("level", sort=False):
        axes, codes = rows[rows["kind"] == AXES].iloc[0], rows[rows["kind"] == CODE]
        score = "no silhouette" if pd.isna(axes["score"]) else f"mean silhouette {axes['score']:.2f}"
        shares = f"{axes['x'] + axes['y']:.0%} of the variance in the plane"
        said.append(f"{level}: {codes['label'].nunique()} classes, {score}, {shares}")
    return f"Scatter plots of pooled codes with silhouettes. {'; '.join(said)}."
