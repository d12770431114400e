"""What augmentations do to series: one of each class with its spectrogram, beside augmented views of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from orchestrator.store.examples import Shown
from reports.figures.class_looks import class_name
from reports.figures.contract import EXAMPLES, View
from reports.figures.example_trials import SHOWN_DATASETS, datasets_of, trial_words, values_of, with_examples
from reports.figures.grid import SMALL
from reports.figures.names import shortened
from reports.figures.spectrogram import HOP, N_FFT, spectrogram
from reports.levels import AUGMENTATIONS, DATASET, SSL
from reports.read_store import Results
from reports.relevance import STAGE1, of_stage

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

REAL = "TRAIN"
MOST_CLASSES, MOST_SETS, FEW_SETS = 3, 4, 2
"""Classes of a page; sets of augmentations of a page, and so many as have two views each."""
ACROSS, SERIES, MAP, AROUND = 2.3, 1.15, 0.75, 0.9  # inches
DEPTH, LEAST = 50.0, 1e-12
"""Decibels below the largest power of a page at which the spectrogram is black; power that is added."""


@dataclass(frozen=True, kw_only=True)
class ViewsLayout:
    """What one page shows."""

    sets: tuple[str, ...]
    """Sets of augmentations."""
    views: int
    """Augmented views of each."""


LAYOUT = ViewsLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of a dataset each; the first of the first datasets are the report's."""
    seen = of_stage(results, STAGE1)
    trials = _augmented(seen)
    pages = [
        (dataset, sets, place >= SHOWN_DATASETS or sets != first)
        for place, dataset in enumerate(datasets_of(trials, seen.sweep))
        for first, sets in _pages(_sets(trials[trials[DATASET] == dataset] if dataset else trials))
    ]
    return [
        View(
            figure="views",
            name="views" if len(pages) == 1 else f"views_{number}",
            heading=f"Series and their augmented views{f': {dataset}' if dataset else ''}",
            section=EXAMPLES,
            stage=STAGE1,
            dataset=dataset,
            sweep=seen.sweep,
            appendix=appendix,
            layout=layout_of(sets),
        )
        for number, (dataset, sets, appendix) in enumerate(pages, start=1)
    ]


def layout_of(sets: Sequence[str]) -> ViewsLayout:
    """The layout of a page of some sets: of few, two views each."""
    return ViewsLayout(sets=tuple(sets), views=2 if len(sets) <= FEW_SETS else 1)


def _augmented(results: Results) -> pd.DataFrame:
    """The trials with examples that have an augmented view."""
    trials = with_examples(results, STAGE1)
    return trials[trials[SSL].notna() & (trials[SSL] != "none")] if SSL in trials else trials


def _sets(trials: pd.DataFrame) -> list[str]:
    """The sets of augmentations: labels where the sweep has them as a factor, else the names of the augmentations."""
    return list(dict.fromkeys(trials[AUGMENTATIONS].dropna())) if AUGMENTATIONS in trials else []


def _pages(sets: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The sets of the first page, and of each page."""
    for start in range(0, len(sets), MOST_SETS):
        yield sets[:MOST_SETS], sets[start : start + MOST_SETS]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The series of a page: those of view_rows for the first trial of each set."""
    trials = _augmented(results)
    if view.dataset:
        trials = trials[trials[DATASET] == view.dataset]
    parts: dict[str, pd.DataFrame] = {}
    ids: dict[str, str] = {}
    for name in view.layout.sets:
        own = trials[trials[AUGMENTATIONS] == name]
        if len(own):
            parts[name] = results.examples.of(str(own["stage_id"].iloc[0]))
            ids[name] = str(own["trial_id"].iloc[0])
    rows = view_rows(parts, view.layout.views)
    return rows.assign(trial_id=rows["set"].map(ids)) if len(rows) else rows


def view_rows(examples: Mapping[str, pd.DataFrame], count: int) -> pd.DataFrame:
    """The points of series and views, of the first channel.

    Args:
        examples: what is kept of a stage 1, by the set of its augmentations.
        count: views of each series.

    Returns:
        One row a point: label (the class), column (0 is the series itself), set (missing for that), number, t, value.
    """
    parts: list[pd.DataFrame] = []
    for place, (name, rows) in enumerate(examples.items()):
        rows = rows[rows["channel"] == 0]
        real = values_of(rows, Shown.REAL)
        labels = list(dict.fromkeys(real["label"]))[:MOST_CLASSES]
        views = values_of(rows, Shown.VIEW)
        views = views[(views["number"] < count) & views["label"].isin(labels)]
        if views.empty:
            continue
        if not parts:
            parts.append(real[real["label"].isin(labels)].assign(set=None, column=0))
        parts.append(views.assign(set=name, column=1 + place * count + views["number"]))
    return points_of(pd.concat(parts), ["label", "column", "set", "number"]) if parts else pd.DataFrame()


def points_of(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """One row a value of the values of each row, with its place in t; five decimals are more than can be drawn."""
    long = rows[[*columns, "values"]].assign(t=rows["values"].map(lambda values: range(len(values))))
    long = long.explode(["values", "t"], ignore_index=True).rename(columns={"values": "value"})
    texts = {name: "str" for name in columns if name in ("label", "set", "what")}
    return long.astype({"value": "float64", "t": "int64", **texts}).round({"value": 5})[[*columns, "t", "value"]]


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a class is a row of series above a row of spectrograms, a column a view."""
    labels, columns = list(dict.fromkeys(table["label"])), sorted(set(table["column"]))
    size = (ACROSS * max(2, len(columns)) + 0.5, (SERIES + MAP) * len(labels) + AROUND)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(
        2 * len(labels), len(columns), squeeze=False, sharex="col", height_ratios=[SERIES, MAP] * len(labels)
    )
    series = {key: rows["value"].to_numpy() for key, rows in table.groupby(["label", "column"], sort=False)}
    maps = {key: 10 * np.log10(spectrogram(values) + LEAST) for key, values in series.items()}
    top, limits, titles = max(each.max() for each in maps.values()), limits_of(table), _titles(table, view)
    images = []
    for row, column in np.ndindex(len(labels), len(columns)):
        key, (above, below) = (labels[row], columns[column]), (grid[2 * row][column], grid[2 * row + 1][column])
        if key not in series:
            above.set_visible(False)
            below.set_visible(False)
            continue
        _draw_series(above, series[key], None if column == 0 else series[labels[row], 0])
        above.set_ylim(*limits[labels[row]])
        images.append(_draw_map(below, maps[key], top))
        for axes in (above, below):
            axes.tick_params(labelleft=column == 0)
        above.set_title(titles[columns[column]] if row == 0 else "", fontsize=SMALL)
    for row, label in enumerate(labels):
        grid[2 * row][0].set_ylabel(class_name(label), fontsize=SMALL)
        grid[2 * row + 1][0].set_ylabel("cycles\na point", fontsize=SMALL)
    figure.supxlabel("t [points]", fontsize=SMALL)
    bar = figure.colorbar(images[0], ax=grid[1::2].ravel().tolist(), shrink=0.8, pad=0.01, aspect=30)
    bar.set_label("power [dB]", fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    return figure


def _titles(table: pd.DataFrame, view: View) -> dict[int, str]:
    """What stands above each column."""
    names = shortened(view.layout.sets, 24)
    real = f"{REAL} of {shortened([view.dataset], 16)[view.dataset]}" if view.dataset else REAL
    found = {}
    for row in table.drop_duplicates("column").to_dict("records"):
        which = f" {row['number'] + 1}" if view.layout.views > 1 else ""
        found[int(row["column"])] = real if row["column"] == 0 else f"{names[row['set']]}{which}"
    return found


def limits_of(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """The range of the values of each class, with a margin."""
    found = {}
    for label, values in table.groupby("label", sort=False)["value"]:
        margin = 0.05 * (values.max() - values.min()) or 1.0
        found[str(label)] = (values.min() - margin, values.max() + margin)
    return found


def _draw_series(axes: Axes, values: np.ndarray, real: np.ndarray | None) -> None:
    if real is not None:
        axes.plot(real, color="0.75", linewidth=1.0)
    axes.plot(values, color="0.1", linewidth=1.0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, labelbottom=False)


def _draw_map(axes: Axes, power: np.ndarray, top: float) -> AxesImage:
    """Draw a spectrogram in decibels (5, frames): a frame every HOP points, a frequency every 1/N_FFT."""
    frames, step = power.shape[1], 1 / N_FFT
    extent = (-HOP / 2, HOP * (frames - 0.5), -step / 2, 0.5 + step / 2)
    axes.tick_params(labelsize=SMALL)
    axes.set_yticks([0, 0.25, 0.5], ["0", "¼", "½"])
    return axes.imshow(
        power, origin="lower", aspect="auto", extent=extent, vmin=top - DEPTH, vmax=top, cmap="magma",
        interpolation="nearest",
    )  # fmt: skip


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    return f"{words_of(table)} Of trials {trial_words(table, view, results)}."


def words_of(table: pd.DataFrame) -> str:
    """What a page shows, without the trials."""
    return (
        f"The first series of each class in TRAIN ({_classes(table['label'])}), scaled, and augmented views of it with "
        "the series in grey behind; below each its spectrogram, as the tokenizer sees it (frames of "
        f"{N_FFT} points every {HOP}, Hann window), in decibels, black {DEPTH:.0f} dB below the largest power of the "
        "page."
    )


def _classes(labels: Iterable[str]) -> str:
    names = list(dict.fromkeys(labels))
    return f"class {names[0]}" if len(names) == 1 else f"classes {', '.join(names)}"


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    titles = _titles(table, view)
    said = [
        f"{titles[int(str(column))]} from {values.min():.3g} to {values.max():.3g}"
        for column, values in table.groupby("column")["value"]
    ]
    return f"Line plots and spectrograms of {_classes(table['label'])}; values of {', '.join(said)}."
