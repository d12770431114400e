"""Which cells have a result: a row a setting, a column a dataset, in each cell the seeds that are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from orchestrator.store.status import Status
from reports.coverage import status_counts
from reports.figures.captions import left_out
from reports.figures.contract import COVERAGE, View, numbered
from reports.figures.facets import MOST_PAGES, PAGE_HEIGHT, PAGE_WIDTH
from reports.figures.grid import SMALL
from reports.figures.names import inches, shortened
from reports.levels import ALL, DATASET, in_level_order
from reports.read_store import Results, Sweep
from reports.statistics.conditions import largest_condition

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

OTHER_NUMERICS = "other numerics"
COLOURS = {
    Status.FAILED: "#d55e00", Status.DIVERGED: "#e69f00", Status.PRUNED: "#999999", Status.MISSING: "#ffffff",
    Status.RUNNING: "#b9a9dc", OTHER_NUMERICS: "#f0e442", Status.DONE: "#a6d4f2",
}  # fmt: skip
"""A cell has the colour of the first of these that any of its seeds is."""
LABELS, COLUMN, ROW, FOOT = 3.0, 0.29, 0.2, 0.1  # inches
WIDEST_COLUMN = 0.8
COLUMNS = int((PAGE_WIDTH - LABELS) / COLUMN)
NAME_LETTERS, SETTING_LETTERS = 24, 44


@dataclass(frozen=True, kw_only=True)
class CoverageLayout:
    """What one page shows."""

    first: int
    """The first of its settings."""
    last: int
    """The one behind its last."""
    datasets: tuple[str, ...]
    """Its columns."""


LAYOUT = CoverageLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of all cells of the design."""
    settings = len(_settings(results))
    datasets = results.sweep.factors.get(DATASET, [ALL])
    rows = int((PAGE_HEIGHT - 0.7 - _head(datasets)) / ROW)
    layouts = [
        CoverageLayout(first=first, last=min(first + rows, settings), datasets=tuple(datasets[start : start + COLUMNS]))
        for first in range(0, settings, rows)
        for start in range(0, len(datasets), COLUMNS)
    ]
    return [
        View(
            figure="coverage",
            **numbered("coverage", "Which trials are done", place, len(layouts)),
            section=COVERAGE,
            sweep=results.sweep,
            appendix=place > MOST_PAGES,
            layout=layout,
        )
        for place, layout in enumerate(layouts, start=1)
    ]


def _factors(sweep: Sweep) -> list[str]:
    return [name for name in sweep.varying if name != DATASET]


def _settings(results: Results) -> list[str]:
    """The name of each setting, in the order of the levels."""
    factors = _factors(results.sweep)
    cells = in_level_order(results.cells, results.sweep, factors)
    return list(dict.fromkeys(_names(cells, factors)))


def _names(cells: pd.DataFrame, factors: Sequence[str]) -> list[str]:
    if not factors:
        return [ALL] * len(cells)
    return [" · ".join("–" if pd.isna(level) else level for level in row) for row in cells[factors].to_numpy()]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The cells of a page.

    Returns:
        One row a setting and dataset of the design: setting, dataset, done and of (seeds), status (the first of COLOURS
        that any seed is), and the number of seeds of each status.
    """
    layout, cells = view.layout, results.cells
    kept = _settings(results)[layout.first : layout.last]
    names = pd.Series(_names(cells, _factors(results.sweep)), index=cells.index)
    cells = cells.assign(setting=names, dataset=cells[DATASET] if DATASET in results.sweep.factors else ALL)
    cells = cells.assign(status=_with_numerics(cells))
    counts = cells.groupby(["setting", "dataset", "status"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(COLOURS), fill_value=0)
    status = (counts > 0).idxmax(axis=1)
    made = counts.assign(of=counts.sum(axis=1), status=status).reset_index()
    made = made[made["setting"].isin(kept) & made["dataset"].isin(layout.datasets)]
    order = {name: place for place, name in enumerate(kept)}
    return made.iloc[made["setting"].map(order).argsort(kind="stable")]


def _with_numerics(cells: pd.DataFrame) -> pd.Series[str]:
    """The status of each cell; OTHER_NUMERICS of done ones whose numerics version most of their dataset lack."""
    status = cells["status"].where(cells["status"].isin(list(COLOURS)), Status.FAILED)
    if "numerics_version" not in cells:
        return status
    version = cells["numerics_version"].astype("str")
    usual = largest_condition(version, cells["dataset"], status == Status.DONE)
    return status.mask((status == Status.DONE) & version.notna() & (version != usual), OTHER_NUMERICS)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    import seaborn as sns

    datasets = [name for name in view.layout.datasets if name in set(table["dataset"])]
    settings = list(dict.fromkeys(table["setting"]))
    codes = {status: place for place, status in enumerate(COLOURS)}
    coded = table.assign(code=table["status"].map(codes), text=_texts(table))
    code, text = (
        coded.pivot(index="setting", columns="dataset", values=name).reindex(index=settings, columns=datasets)
        for name in ("code", "text")
    )
    column = min(WIDEST_COLUMN, (PAGE_WIDTH - LABELS) / len(datasets))
    head = _head(datasets)
    across, up = LABELS + max(column * len(datasets), 2.6), head + FOOT + ROW * len(settings)
    figure = Figure(figsize=(across, up))
    axes = figure.add_axes((LABELS / across, FOOT / up, column * len(datasets) / across, ROW * len(settings) / up))
    shown, short = shortened(settings, SETTING_LETTERS), shortened(datasets, NAME_LETTERS)
    sns.heatmap(
        code.rename(index=shown, columns=short).astype(float), annot=text.fillna("").to_numpy(), fmt="", ax=axes,
        cmap=ListedColormap(list(COLOURS.values())), vmin=-0.5, vmax=len(COLOURS) - 0.5, cbar=False, linewidths=0.6,
        linecolor="0.8", annot_kws={"fontsize": SMALL, "color": "0.1"}, xticklabels=True, yticklabels=True,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.xaxis.tick_top()
    axes.tick_params(axis="x", labelrotation=90, labelsize=SMALL, length=0)
    axes.tick_params(axis="y", labelrotation=0, labelsize=SMALL, length=0)
    factors = " · ".join(_factors(view.sweep))
    figure.text(0.1 / across, 1 - 0.15 / up, factors, fontsize=SMALL, weight="bold", va="top")
    present = [status for status in COLOURS if int(table[status].sum())]
    patches = [Patch(facecolor=COLOURS[name], edgecolor="0.5", label=name) for name in present]
    figure.legend(handles=patches, loc="upper left", bbox_to_anchor=(0.0, 1 - 0.3 / up), ncols=2, frameon=False,
                  fontsize=SMALL)  # fmt: skip
    return figure


def _head(datasets: Sequence[str]) -> float:
    """The room above the cells, in inches."""
    return max(1.1, 0.2 + max(map(inches, shortened(datasets, NAME_LETTERS).values())))


def _texts(table: pd.DataFrame) -> list[str]:
    """How many of the seeds are done."""
    return [
        f"{done}" if done == of else f"{done}/{of}"
        for done, of in zip(table[Status.DONE] + table[OTHER_NUMERICS], table["of"], strict=True)
    ]


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    counts = {status: count for status, count in status_counts(results.cells).items() if count}
    words = ", ".join(f"{count} {status}" for status, count in counts.items())
    unit = "runs" if results.sweep.source else "seeds"
    number = f"Number: {unit} that are done, of how many where some are not."
    return " ".join([f"{words}. {number}", *left_out(results)])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    done = int((table[Status.DONE] + table[OTHER_NUMERICS]).sum())
    return f"Grid of settings and datasets: {done} of {int(table['of'].sum())} trials are done."
