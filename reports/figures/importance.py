"""Which share of each metric's variance each factor and pair of factors explains: functional ANOVA."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ncvq_core.metrics import Metric
from reports.claims.table import answered_metrics, cells_to_compare, spec_of
from reports.claims.wording import count_words, listed
from reports.colours import BLUE, VERMILION
from reports.figures.contract import IMPORTANCE, View, numbered
from reports.figures.facets import PAGE_HEIGHT
from reports.figures.grid import SMALL, TEXT
from reports.figures.names import shortened
from reports.levels import DATASET
from reports.metrics import metrics_with_data
from reports.read_store import Results
from reports.relevance import of_stage
from reports.remembered import once
from reports.statistics.shares import HIGHER, NOISE, shares

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

NAMES, PANEL, AROUND, ROW = 2.6, 2.2, 0.95, 0.21  # inches
ACROSS = 4
MOST_ROWS = int((PAGE_HEIGHT - AROUND) / ROW)
NAME_LETTERS = 34
NAMED = 6
LAST = (HIGHER, NOISE)


@dataclass(frozen=True, kw_only=True)
class ImportanceLayout:
    """What one page shows."""

    sources: tuple[str, ...]
    """Its rows."""


LAYOUT = ImportanceLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of the answered metrics, where any can be parted; of many sources the first pages have the largest."""
    made = all_shares(results)
    if made["share"].isna().all():
        return []
    sources = _in_order(made)
    metrics = list(dict.fromkeys(made["metric"]))
    pages = [
        (rows, columns, later)
        for later, rows in enumerate(_parts(sources, MOST_ROWS))
        for columns in _parts(metrics, ACROSS)
    ]
    return [
        View(
            figure="importance",
            **numbered("importance", "Share of variance of each factor and pair", place, len(pages)),
            section=IMPORTANCE,
            sweep=results.sweep,
            appendix=later > 0,
            metrics=tuple(columns),
            layout=ImportanceLayout(sources=tuple(rows)),
        )
        for place, (rows, columns, later) in enumerate(pages, start=1)
    ]


def _in_order(made: pd.DataFrame) -> list[str]:
    """The sources by their largest share in any metric, what is left of all behind them."""
    means = made[made["dataset"].isna()].dropna(subset=["source"])
    order = means.groupby("source", sort=False)["share"].max().sort_values(ascending=False, kind="stable")
    return [*(name for name in order.index if name not in LAST), *(name for name in LAST if name in order)]


def _parts(names: Sequence[str], size: int) -> list[Sequence[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]


@once
def all_shares(results: Results) -> pd.DataFrame:
    """What shares makes of each answered metric that has data, with its name in `metric`."""
    known = {metric.name: metric for metric in metrics_with_data(results.done)}
    parts = [_of_metric(results, known[name]) for name in answered_metrics(results) if name in known]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["metric", "source", "share"])


def _of_metric(results: Results, metric: Metric) -> pd.DataFrame:
    seen = of_stage(results, metric.stage)
    unlike = [name for name in seen.sweep.varying if name in metric.incomparable and name != DATASET]
    if unlike:
        reason = f"does not mean the same across {listed(unlike)}"
        return pd.DataFrame([{"metric": metric.name, "dataset": None, "share": float("nan"), "reason": reason}])
    spec = spec_of(metric, results.sweep.margins)
    found = shares(cells_to_compare(seen, metric.name), seen.sweep, spec, results.options)
    return found.assign(metric=metric.name)


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The shares of a page.

    Returns:
        The columns of shares, and metric: one row a metric, dataset (missing: the mean over datasets) and source; one
        row with a reason for a metric, or a dataset of it, of which nothing can be said.
    """
    made = all_shares(results)
    shown = made["source"].isna() | made["source"].isin(view.layout.sources)
    return made[shown & made["metric"].isin(view.metrics)]


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a panel a metric, a row a source."""
    sources, metrics = view.layout.sources, view.metrics
    across = max(5.0, NAMES + PANEL * len(metrics))
    up = min(PAGE_HEIGHT, AROUND + ROW * max(3, len(sources)))
    figure = Figure(figsize=(across, up), layout="constrained")
    grid = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
    for axes, metric in zip(grid, metrics, strict=True):
        _draw_panel(axes, table[table["metric"] == metric], sources)
        axes.set_title(metric, fontsize=TEXT)
    shown = shortened(sources, NAME_LETTERS)
    grid[0].set_yticks(range(len(sources)), [shown[name] for name in sources])
    grid[0].set_ylim(len(sources) - 0.4, -0.6)
    figure.supxlabel("share of the variance inside blocks", fontsize=SMALL)
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, sources: tuple[str, ...]) -> None:
    at = {name: float(place) for place, name in enumerate(sources)}
    said = rows.dropna(subset=["source"]) if "source" in rows else rows[:0]
    means, single = said[said["dataset"].isna()], said[said["dataset"].notna()]
    colours = ["0.75" if name == NOISE else BLUE for name in means["source"]]
    axes.barh(means["source"].map(at), means["share"].clip(lower=0), height=0.62, color=colours, alpha=0.75)
    limits = means.dropna(subset=["limit"])
    y = limits["source"].map(at)
    axes.vlines(limits["limit"], y - 0.42, y + 0.42, color=VERMILION, linewidth=1.2, zorder=4)
    axes.scatter(single["share"].clip(lower=0), single["source"].map(at), s=9, color="0.15", linewidths=0, zorder=3)
    if said.empty:
        axes.set_xticks([])
        axes.text(0.03, 0.5, _why(rows), transform=axes.transAxes, fontsize=SMALL, va="center")
    else:
        furthest = float(said[["share", "limit"]].max().max())
        axes.set_xlim(0, max(0.05, min(1.02, 1.08 * furthest)))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def _why(rows: pd.DataFrame) -> str:
    """The reason why a panel is empty, in lines that fit it."""
    return "\n".join(["cannot be said:", *textwrap.wrap(str(rows["reason"].iloc[0]), 30)])


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page: the shares of each metric beyond the noise, and what cannot be said."""
    texts = [_largest(str(metric), rows) for metric, rows in _means(table).groupby("metric", sort=False)]
    unsaid = table[table["reason"].notna()]
    for row in unsaid[unsaid["dataset"].isna()].to_dict("records"):
        texts.append(f"{row['metric']}: cannot be said ({row['reason']}).")
    for (metric, reason), rows in unsaid[unsaid["dataset"].notna()].groupby(["metric", "reason"], sort=False):
        texts.append(f"Left out of {metric}: {listed(_first(list(rows['dataset'])))} ({reason}).")
    return " ".join(texts)


def _largest(metric: str, rows: pd.DataFrame) -> str:
    """The shares of a metric beyond their limits, the largest first."""
    factors = rows[rows["source"] != NOISE].sort_values("share", ascending=False, kind="stable")
    beyond = factors[(factors["share"] > factors["limit"]) & (factors["share"] > 0)]
    named = _first([f"{name} {_percent(share)}" for name, share in zip(beyond["source"], beyond["share"], strict=True)])
    first = rows.iloc[0]
    over = f"{count_words(first['n_datasets'], 'dataset')}, {count_words(first['n_seeds'], 'seed')} at least"
    return f"{metric}: {listed(named) or 'nothing'} beyond the noise ({over})."


def _first(names: list[str]) -> list[str]:
    return [*names[:NAMED], f"{len(names) - NAMED} more"] if len(names) > NAMED else names


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    texts = [
        f"{metric}: {', '.join(rows['source'] + ' ' + rows['share'].map(_percent))}"
        for metric, rows in _means(table).groupby("metric", sort=False)
    ]
    return f"Shares of variance. {'; '.join(texts)}."


def _means(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["dataset"].isna() & table["share"].notna()]


def _percent(share: float) -> str:
    return "< 0.1 %" if share < 0.001 else f"{100 * share:.2g} %" if share < 0.995 else "100 %"
