"""What samples look like: by class beside real series and the nearest of them, and as the network that judges sees."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ncvq_core.metrics import metrics_by_name
from orchestrator.store.examples import Shown
from reports.colours import BLUE, GREY, VERMILION, Look
from reports.figures.captions import judges_of
from reports.figures.class_looks import class_looks, class_name, legend_entries, per_cent
from reports.figures.contract import View
from reports.figures.example_trials import Pair, first_trials, pair_views, stacked, trial_words, values_of
from reports.figures.grid import SMALL, handle
from reports.figures.names import shortened
from reports.figures.views import REAL, limits_of, points_of
from reports.levels import ALL
from reports.read_store import Results

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

LAYOUT = Pair
STAGE = "samples"
MOST_CLASSES, EACH = 4, 2
SERIES, FEATURE, AXES, DISTANCE = "series", "feature", "axes", "distance"
KINDS = {
    SERIES: (Shown.REAL, Shown.GENERATED, Shown.NEIGHBOUR),
    FEATURE: (Shown.REAL_FEATURE, Shown.GENERATED_FEATURE),
}
ACROSS, ROW, PLANE, AROUND = 2.3, 1.15, 3.3, 0.6  # inches
LINES = {
    Shown.REAL: Line2D([], [], color=GREY, linewidth=1.0, label="real series of the class"),
    Shown.GENERATED: Line2D([], [], color=BLUE, linewidth=1.2, label="generated"),
    Shown.NEIGHBOUR: Line2D(
        [], [], color=VERMILION, linewidth=1.0, linestyle=(0, (3, 1)), label="its nearest in TRAIN"
    ),
}


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """A page for each dataset and level beside the reference level."""
    return pair_views(results, "samples", "Real and generated series", STAGE)


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The lines and points of a page.

    Returns:
        One row a point: trial_id, level, kind, what (of Shown), label (its class), number, t, value, score. Of a
        series t is the time, and score, in its first row, the distance to its nearest; of a feature t and value are its
        place; "axes" has the shares of the variance there; "distance" the median distance to the nearest of TRAIN as
        value.
    """
    parts = [
        rows.assign(trial_id=trial["trial_id"], level=level)
        for level, trial in first_trials(results, view)
        for rows in _rows_of(results.examples.of(str(trial["stage_id"])))
    ]
    columns = ["trial_id", "level", "kind", "what", "label", "number", "t", "value", "score"]
    if not parts:
        return pd.DataFrame(columns=columns)
    found = pd.concat(parts, ignore_index=True)[columns]
    return found.astype({"number": "int64", **dict.fromkeys(("t", "value", "score"), "float64")})


def _rows_of(examples: pd.DataFrame) -> Iterator[pd.DataFrame]:
    first = examples[examples["channel"] == 0]
    labels = list(dict.fromkeys(values_of(first, Shown.REAL)["label"]))[:MOST_CLASSES]
    drawn = values_of(first, Shown.GENERATED)
    numbers = drawn.loc[drawn["label"].isin(labels), "number"]
    for what in KINDS[SERIES]:
        rows = values_of(first, what)
        rows = rows[rows["label"].isin(labels)] if what == Shown.REAL else rows[rows["number"].isin(numbers)]
        if len(rows):
            long = points_of(rows, ["what", "label", "number", "score"]).assign(kind=SERIES)
            yield long.assign(score=long["score"].where(long["t"] == 0).astype("float64"))
    for what in KINDS[FEATURE]:
        rows = values_of(first, what)
        if len(rows):
            points = stacked(rows)
            yield rows[["what", "label"]].assign(kind=FEATURE, number=0, t=points[:, 0], value=points[:, 1])
    for shares in values_of(first, Shown.FEATURE_AXES)["values"]:
        yield pd.DataFrame({"kind": [AXES], "number": 0, "t": shares[0], "value": shares[1]})
    for what in (Shown.NEAREST_GENERATED, Shown.NEAREST_REAL):
        for values in values_of(first, what)["values"]:
            yield pd.DataFrame({"kind": [DISTANCE], "what": what, "number": 0, "value": pd.Series(values).median()})


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a row of series a class, and below for each level the features of both."""
    levels = list(dict.fromkeys(table["level"]))
    series = table[table["kind"] == SERIES]
    labels = list(dict.fromkeys(series.loc[series["what"] == Shown.REAL, "label"]))
    columns = 1 + EACH * len(levels)
    figure = Figure(figsize=(ACROSS * columns, ROW * len(labels) + PLANE + AROUND), layout="constrained")
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[ROW * len(labels) + AROUND, PLANE])[:, 0]
    _draw_series(above, series, labels, levels, view)
    looks = class_looks(table.loc[table["kind"] == FEATURE, "label"])
    names = shortened(levels, 28)
    for axes, level in zip(below.subplots(1, len(levels), squeeze=False)[0], levels, strict=True):
        _draw_features(axes, table[table["level"] == level], looks)
        axes.set_title(f"{view.layout.factor}={names[level]}" if view.layout.factor else "", fontsize=SMALL)
    marks = [handle(Look(colour=GREY, marker="o"), "TEST"), handle(Look(colour=GREY, marker="x"), "generated")]
    classes = [handle(Look(colour=look.colour, marker="s"), shortened([name], 20)[name])
               for name, look in legend_entries(looks).items()]  # fmt: skip
    below.legend(handles=[*marks, *classes], loc="outside right upper", frameon=False, fontsize=SMALL)
    return figure


def _draw_series(figure: Figure, series: pd.DataFrame, labels: list[str], levels: list[str], view: View) -> None:
    grid = figure.subplots(len(labels), 1 + EACH * len(levels), squeeze=False, sharex=True)
    names, places = shortened(levels, 24), [(level, place) for level in levels for place in range(EACH)]
    numbers = series[series["what"] == Shown.GENERATED].groupby(["level", "label"], sort=False)["number"].unique()
    for line, label in zip(grid, labels, strict=True):
        of_class = series[series["label"] == label]
        real = of_class[(of_class["what"] == Shown.REAL) & (of_class["level"] == levels[0])]
        line[0].plot(real["t"], real["value"], color=GREY, linewidth=1.0)
        line[0].set_ylabel(class_name(label), fontsize=SMALL)
        shown = [real]
        for axes, (level, place) in zip(line[1:], places, strict=True):
            found = numbers.get((level, label), [])
            if place >= len(found):
                axes.set_visible(False)
                continue
            own = series[(series["level"] == level) & (series["number"] == found[place])]
            shown.append(_draw_pair(axes, own[own["what"] != Shown.REAL], label))
        low, high = limits_of(pd.concat(shown).assign(label=label))[label]
        for axes in line:
            axes.set_ylim(low, high + 0.12 * (high - low))  # room for the distance
            axes.tick_params(labelsize=SMALL, labelleft=axes is line[0])
            axes.spines[["top", "right"]].set_visible(False)
    for axes, (level, place) in zip(grid[0][1:], places, strict=True):
        axes.set_title(
            f"{names[level]} {place + 1}" if view.layout.factor else f"generated {place + 1}", fontsize=SMALL
        )
    grid[0][0].set_title(REAL, fontsize=SMALL)
    figure.supxlabel("t [points]", fontsize=SMALL)
    figure.legend(handles=list(LINES.values()), loc="outside upper center", ncols=3, frameon=False, fontsize=SMALL)


def _draw_pair(axes: Axes, own: pd.DataFrame, label: str) -> pd.DataFrame:
    """Draw a generated series and its nearest in TRAIN, and return both."""
    for what in (Shown.GENERATED, Shown.NEIGHBOUR):
        rows = own[own["what"] == what]
        axes.plot(rows["t"], rows["value"], color=LINES[what].get_color(), linewidth=LINES[what].get_linewidth(),
                  linestyle="-" if what == Shown.GENERATED else (0, (3, 1)))  # fmt: skip
    neighbour = own[own["what"] == Shown.NEIGHBOUR]
    if len(neighbour):
        other = str(neighbour["label"].iloc[0])
        of_other = f", of class {shortened([other], 12)[other]}" if other != label else ""
        axes.text(0.02, 0.98, f"distance {neighbour['score'].iloc[0]:.2f}{of_other}", transform=axes.transAxes,
                  va="top", fontsize=SMALL)  # fmt: skip
    return own


def _draw_features(axes: Axes, rows: pd.DataFrame, looks: dict[str, Look]) -> None:
    """Draw what is generated below TEST, all classes in turn, so that none hides another."""
    for what, marker in ((Shown.GENERATED_FEATURE, "x"), (Shown.REAL_FEATURE, "o")):
        own = rows[rows["what"] == what]
        own = own.iloc[np.random.default_rng(0).permutation(len(own))]
        drawn = axes.scatter(own["t"], own["value"], s=16, c=[looks[label].colour for label in own["label"]],
                             marker=marker, alpha=0.5 if marker == "x" else 0.9, linewidths=0.8)  # fmt: skip
        if marker == "o":
            drawn.set(edgecolor="0.1", linewidth=0.4)
    for _, shares in rows[rows["kind"] == AXES].iterrows():
        axes.set_xlabel(f"component 1 ({per_cent(shares['t'])} of TEST's variance)", fontsize=SMALL)
        axes.set_ylabel(f"component 2 ({per_cent(shares['value'])})", fontsize=SMALL)
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    words = [
        "Above: the first series of each class in TRAIN, and the first samples of that class, each with the series of "
        "TRAIN (of any class) that is the nearest to it; distance is the root mean square of the difference. "
        f"{_distances(table)} Samples much nearer to TRAIN than TEST is would be copies. Below: TEST, and samples of "
        "each class, in the features of the network by which FID is measured, on the two axes along which TEST varies "
        "most.",
        *judges_of(metrics_by_name()["fid"], results),
        f"Trials: {trial_words(table, view, results)}.",
    ]
    return " ".join(words)


def _distances(table: pd.DataFrame) -> str:
    """The median distances to TRAIN, of the samples of each level and of TEST."""
    rows = table[table["kind"] == DISTANCE]
    generated, real = (rows[rows["what"] == what] for what in (Shown.NEAREST_GENERATED, Shown.NEAREST_REAL))
    of_level = generated["level"].map(lambda level: "" if level == ALL else f" of {level}")
    said = [f"{value:.2f} for samples{name}" for name, value in zip(of_level, generated["value"], strict=True)]
    said += [f"{value:.2f} for TEST" for value in real["value"][:1]]
    return f"The median distance to the nearest of TRAIN is {', '.join(said)}."


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    series = table[table["kind"] == SERIES]
    labels = ", ".join(dict.fromkeys(series.loc[series["what"] == Shown.REAL, "label"]))
    levels = " and ".join(dict.fromkeys(table["level"]))
    return (
        f"Line plots of real and generated series of classes {labels} for {levels}, each with its "
        f"nearest real series; below, scatter plots of both in two dimensions. {_distances(table)}"
    )
