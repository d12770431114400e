"""What the trials cost: seconds and memory of each stage, by dataset and SSL method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from orchestrator.store.stages import OWN_STAGES
from reports.colours import Look, looks_of
from reports.figures.captions import RUN, count_range
from reports.figures.contract import COST, View, numbered
from reports.figures.facets import MOST_PAGES, PAGE_HEIGHT, PAGE_WIDTH
from reports.figures.grid import SMALL, TEXT, add_legend, handle, legend_names, legend_room
from reports.figures.names import shortened
from reports.levels import ALL, DATASET, SSL, in_level_order
from reports.metrics import finite_values
from reports.read_store import Results

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

STAGES = {kind.name: kind.words for kind in OWN_STAGES}
TIME, MEMORY = "time", "peak memory"
KINDS = {TIME: "s", MEMORY: "GB"}
COLUMNS = {TIME: ("seconds", 1.0), MEMORY: ("peak_memory_bytes", 1e-9)}
"""What the store calls each, and what it is multiplied by."""
LABELS, PANEL, AROUND, TITLE, LINE, GAP = 1.9, 3.1, 0.5, 0.6, 0.13, 0.12  # inches
NAME_LETTERS = 24
NARROWEST = 4.6  # inches


@dataclass(frozen=True, kw_only=True)
class CostLayout:
    """What one page shows."""

    datasets: tuple[str, ...]
    """Its rows."""
    methods: tuple[str, ...]
    """SSL methods, in the order of the sweep."""


LAYOUT = CostLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of all datasets with a trial whose time is recorded."""
    made = _costs(results)
    datasets = [name for name in results.sweep.factors.get(DATASET, [ALL]) if name in set(made["dataset"])]
    methods = tuple(results.sweep.factors.get(SSL, [ALL]))
    room = PAGE_HEIGHT - AROUND - legend_room(methods, NARROWEST)
    rows = max(1, int((room / len(KINDS) - TITLE) / _step(methods)))
    parts = [tuple(datasets[start : start + rows]) for start in range(0, len(datasets), rows)]
    return [
        View(
            figure="cost",
            **numbered("cost", "Seconds and memory", place, len(parts)),
            section=COST,
            sweep=results.sweep,
            appendix=place > MOST_PAGES,
            layout=CostLayout(datasets=part, methods=methods),
        )
        for place, part in enumerate(parts, start=1)
    ]


def _costs(results: Results) -> pd.DataFrame:
    """One row a dataset, method, stage and kind: n (runs of the stage), value (mean), low and high (range)."""
    cells = results.cells
    parts = []
    for stage, label in STAGES.items():
        runs = cells.drop_duplicates(f"{stage}_id") if f"{stage}_id" in cells else cells
        for kind, (column, factor) in COLUMNS.items():
            values = finite_values(runs, f"{stage}_{column}") * factor
            table = pd.DataFrame({
                "dataset": runs[DATASET] if DATASET in results.sweep.factors else ALL,
                "method": runs[SSL] if SSL in results.sweep.factors else ALL,
                "value": values,
            }).dropna(subset=["value"])  # fmt: skip
            grouped = table.groupby(["dataset", "method"], sort=False)["value"]
            found = grouped.agg(n="size", value="mean", low="min", high="max").reset_index()
            parts.append(found.assign(stage=label, kind=kind))
    table = pd.concat(parts, ignore_index=True)
    return in_level_order(table, results.sweep, [DATASET]) if DATASET in results.sweep.factors else table


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a page.

    Returns:
        One row a dataset, method, stage and kind (time or peak memory): n (runs of the stage; one that several trials
        share counts once), value (their mean), low and high (the smallest and the largest), in seconds or GB.
    """
    made = _costs(results)
    return made[made["dataset"].isin(view.layout.datasets)]


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a row of panels for time and one for memory, a column a stage; in each a row a dataset."""
    datasets, methods = view.layout.datasets, view.layout.methods
    stages = [stage for stage in STAGES.values() if stage in set(table["stage"])]
    across = min(PAGE_WIDTH, max(NARROWEST, LABELS + PANEL * len(stages)))
    up = AROUND + legend_room(methods, across) + len(KINDS) * (TITLE + _step(methods) * len(datasets))
    figure = Figure(figsize=(across, min(PAGE_HEIGHT, up)), layout="constrained")
    looks = looks_of(methods)
    grid = figure.subplots(len(KINDS), len(stages), squeeze=False, sharey=True)
    for (kind, unit), line in zip(KINDS.items(), grid, strict=True):
        for stage, axes in zip(stages, line, strict=True):
            rows = table[(table["stage"] == stage) & (table["kind"] == kind)]
            _draw_panel(axes, rows, view.layout, looks)
            _scale(axes, logarithmic=unit == "s")
            axes.set_title(f"{stage}: {kind} [{unit}]", fontsize=TEXT)
    names = legend_names(methods, view.sweep.baseline.get(SSL))
    add_legend(figure, [handle(looks[name], names[name]) for name in methods if name in set(table["method"])])
    return figure


def _step(methods: Sequence[str]) -> float:
    """The height of a dataset, in inches."""
    return LINE * len(methods) + GAP


def _draw_panel(axes: Axes, rows: pd.DataFrame, layout: CostLayout, looks: dict[str, Look]) -> None:
    datasets, methods = layout.datasets, layout.methods
    for place, method in enumerate(methods):
        of_method = rows[rows["method"] == method]
        shift = LINE / _step(methods) * (place - (len(methods) - 1) / 2)
        at = of_method["dataset"].map({name: row for row, name in enumerate(datasets)}).astype(float) + shift
        look = looks[method]
        axes.hlines(at, of_method["low"], of_method["high"], color=look.colour, linewidth=1.2)
        axes.plot(of_method["value"], at, color=look.colour, marker=look.marker, markersize=4.5, linestyle="none")
    axes.set_yticks(range(len(datasets)), list(shortened(datasets, NAME_LETTERS).values()))
    axes.set_ylim(len(datasets) - 0.5, -0.5)
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="0.9", linewidth=0.6)


def _scale(axes: Axes, *, logarithmic: bool) -> None:
    """Time on a logarithmic axis, memory from 0 on."""
    if not logarithmic:
        axes.set_xlim(left=0)
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    devices = sorted(results.cells["device_name"].dropna().unique()) if "device_name" in results.cells else []
    where = f" Measured on {', '.join(devices)}." if devices else ""
    runs = count_range(table["n"], RUN)
    return (
        f"Time and peak memory of each stage ({runs} a mark). Mark: mean; bar: smallest to largest. A run that several "
        f"trials share counts once; stages that ran side by side slow each other down.{where}"
    )


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    ranges = [
        f"{stage} {kind} from {rows['value'].min():.3g} to {rows['value'].max():.3g} {KINDS[str(kind)]}"
        for (stage, kind), rows in table.groupby(["stage", "kind"], sort=False)
    ]
    return f"Mean of each dataset and method: {', '.join(ranges)}."
