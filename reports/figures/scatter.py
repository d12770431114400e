"""A page of panels, in each of which one metric is set against another, block by block: points, correlation, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncvq_core.metrics import Metric, metrics_by_name
from reports.claims.table import cells_to_compare, for_beliefs, spec_of
from reports.claims.wording import count_words, listed, p_words, signed
from reports.colours import looks_of
from reports.figures.contract import View, numbered
from reports.figures.facets import PAGE_HEIGHT, PAGE_WIDTH
from reports.figures.grid import SMALL, add_legend, dress, handle, legend_names, legend_room
from reports.figures.names import shortened
from reports.levels import ALL, DATASET, SSL
from reports.metrics import metrics_with_data
from reports.read_store import Results
from reports.relevance import STAGE1, WITHOUT_EFFECT, of_stage
from reports.remembered import once
from reports.statistics.association import OF_BOTH, OPEN, UNSAID, Association, associate, judge_associations
from reports.statistics.effects import FEW_DATASETS, IDENTICAL, SAME_DIFFERENCE, THESE
from reports.statistics.scale import as_effect, effect_unit

POINT, MEAN, ESTIMATE = "point", "mean", "estimate"
COLUMNS = ("method", "x_metric", "y_metric", "kind", "level", "x", "y", "trial_id", "dataset", "seed")
WIDTH, HEIGHT, LABELS, AROUND = 2.35, 2.2, 0.35, 0.45  # inches: of a panel, left of all, above and below all
ACROSS = int((PAGE_WIDTH - LABELS) / WIDTH)
NAME_LETTERS = 20
TEST = (
    "Spearman's rank correlation inside each block, averaged over blocks: these datasets by rule 4, datasets like "
    "these by rule 5; Holm over the panels of the figure"
)

Panel = tuple[str, str, str]
"""The SSL method whose trials it shows (empty: all), the metric on its horizontal and the one on its vertical axis."""


@dataclass(frozen=True, kw_only=True)
class ScatterLayout:
    """What one page shows."""

    rows: tuple[tuple[Panel, ...], ...]
    """Panels side by side, from top to bottom."""
    colour: str
    """The factor shown by colour; empty where none is."""


def with_data(results: Results, names: Sequence[str]) -> list[str]:
    """Those of some metrics that have data."""
    found = {metric.name for metric in metrics_with_data(results.done)}
    return [name for name in names if name in found]


def pages_of_rows(rows: Sequence[tuple[Panel, ...]], levels: Sequence[str]) -> list[tuple[tuple[Panel, ...], ...]]:
    """Part rows of panels into pages, below a legend of some levels."""
    across = width_of(rows) if rows else PAGE_WIDTH
    size = max(1, int((PAGE_HEIGHT - AROUND - legend_room(levels, across)) / HEIGHT))
    return [tuple(rows[start : start + size]) for start in range(0, len(rows), size)]


def says_nothing(results: Results, panels: tuple[Panel, ...]) -> bool:
    """Whether no panel of a figure has a correlation."""
    _, judged = associations(results, panels)
    return bool((judged["verdict"] == UNSAID).all())


def width_of(rows: Sequence[tuple[Panel, ...]]) -> float:
    """The width of a page, in inches."""
    return max(5.0, LABELS + WIDTH * max(map(len, rows)))


def scatter_views(
    results: Results, figure: str, heading: str, section: str, rows: Sequence[tuple[Panel, ...]], colour: str
) -> list[View]:
    """The pages of a figure of such panels, whose estimates are one family."""
    parts = pages_of_rows(rows, results.sweep.factors[colour])
    return [
        View(
            figure=figure,
            **numbered(figure, heading, place, len(parts)),
            section=section,
            sweep=results.sweep,
            appendix=says_nothing(results, family_of(rows)),
            metrics=tuple(dict.fromkeys(name for row in part for panel in row for name in panel[1:])),
            test=TEST,
            layout=ScatterLayout(rows=part, colour=colour),
        )
        for place, part in enumerate(parts, start=1)
    ]


def family_of(rows: Sequence[tuple[Panel, ...]]) -> tuple[Panel, ...]:
    """All panels of a figure, which are judged together."""
    return tuple(panel for row in rows for panel in row)


@once
def associations(results: Results, panels: tuple[Panel, ...]) -> tuple[dict[Panel, Association], pd.DataFrame]:
    """Every panel of a figure, and the rows of its estimates, judged as one family.

    Returns:
        The panels, and one row a panel and question: method, x_metric, y_metric, then what judge_associations makes.
    """
    metrics = metrics_by_name()
    made = {panel: _associated(results, panel, metrics[panel[1]], metrics[panel[2]]) for panel in panels}
    rows = [
        found.estimates.assign(method=method, x_metric=x, y_metric=y) for (method, x, y), found in made.items()
    ]  # fmt: skip
    return made, judge_associations(pd.concat(rows, ignore_index=True))


def _associated(results: Results, panel: Panel, x: Metric, y: Metric) -> Association:
    seen = of_stage(results, y.stage)
    seen = of_stage(seen, x.stage) if y.stage == x.stage else seen
    trials = cells_to_compare(seen, y.name)
    trials = trials.assign(**{x.name: seen.cells[x.name]})
    method = panel[0]
    trials = trials[trials[SSL] == method] if method and SSL in trials else trials
    views = {SSL, "augmentations", "band_augmentations"} if x.name == "ssl_loss" else set()
    unlike = ((x.incomparable | y.incomparable) - views) | WITHOUT_EFFECT[STAGE1]
    apart = [factor for factor in seen.sweep.varying if factor in unlike and factor != DATASET]
    margins = results.sweep.margins
    return associate(trials, seen.sweep, spec_of(x, margins), spec_of(y, margins), apart, results.options)


def scatter_table(results: Results, view: View, panels: tuple[Panel, ...]) -> pd.DataFrame:
    """The rows of a page.

    Returns:
        One row a point (a trial), a mean (of all points of a level) and an estimate (of each question): method,
        x_metric, y_metric, kind, level (of the factor shown by colour), x and y (differences from the mean of the
        block, in per cent or in the unit of the metric), trial_id, dataset, seed; of an estimate the columns of
        judge_associations.
    """
    made, judged = associations(results, panels)
    colour = view.layout.colour
    parts = []
    for panel in (panel for row in view.layout.rows for panel in row):
        method, x, y = panel
        points = made[panel].points
        level = points[colour].fillna("none") if colour in points else pd.Series(ALL, index=points.index, dtype="str")
        own = points[["trial_id", *(name for name in (DATASET, "seed") if name in points)]].assign(
            kind=POINT,
            level=level,
            x=as_effect(points["x"], metrics_by_name()[x].scale),
            y=as_effect(points["y"], metrics_by_name()[y].scale),
        )
        means = own.groupby("level", sort=False)[["x", "y"]].mean().reset_index().assign(kind=MEAN)
        chosen = (judged["method"] == method) & (judged["x_metric"] == x) & (judged["y_metric"] == y)
        named = {"method": method, "x_metric": x, "y_metric": y}
        parts += [part.assign(**named) for part in (own, means) if len(part)]
        parts.append(judged[chosen].assign(kind=ESTIMATE))
    return pd.concat([pd.DataFrame(columns=list(COLUMNS)), *parts], ignore_index=True)


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page."""
    rows, colour = view.layout.rows, view.layout.colour
    levels = [*view.sweep.factors.get(colour, ()), "none", ALL]
    looks = looks_of(list(dict.fromkeys(levels)))
    shown = [level for level in dict.fromkeys(levels) if level in set(table["level"].dropna())]
    across = width_of(rows)
    up = min(PAGE_HEIGHT, AROUND + legend_room(shown, across) + HEIGHT * len(rows))
    figure = Figure(figsize=(across, up), layout="constrained")
    grid = figure.subplots(len(rows), max(map(len, rows)), squeeze=False)
    for axes_row, row in zip(grid, rows, strict=True):
        for axes, panel in zip(axes_row, row, strict=False):
            method, x, y = panel
            own = table[(table["method"] == method) & (table["x_metric"] == x) & (table["y_metric"] == y)]
            _draw_panel(axes, own, looks, panel)
        for axes in axes_row[len(row) :]:
            axes.set_visible(False)
    names = legend_names(shown, view.sweep.baseline.get(colour))
    add_legend(figure, [handle(looks[level], names[level]) for level in shown if level != ALL])
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, looks: dict[str, Any], panel: Panel) -> None:
    method, x, y = panel
    dress(axes)
    estimates = rows[rows["kind"] == ESTIMATE]
    lines = dict.fromkeys(_line(row) for row in estimates.to_dict("records"))
    axes.set_title("\n".join(lines), fontsize=SMALL, loc="left", x=-0.25)
    for size, kind, alpha in ((9, POINT, 0.4), (42, MEAN, 1.0)):
        for level, own in rows[rows["kind"] == kind].groupby("level", sort=False):
            look = looks[str(level)]
            axes.scatter(own["x"], own["y"], s=size, color=look.colour, marker=look.marker, alpha=alpha,
                         linewidths=0.6 if kind == MEAN else 0, edgecolors="white")  # fmt: skip
    for line in (axes.axhline, axes.axvline):
        line(0, color="0.8", linewidth=0.6, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    name = shortened([method], NAME_LETTERS)[method] if method else ""
    axes.set_xlabel(f"Δ {x}{_unit(x)}{f' of {name}' if method else ''}", fontsize=SMALL)
    axes.set_ylabel(f"Δ {y}{_unit(y)}", fontsize=SMALL)


def _unit(name: str) -> str:
    metric = metrics_by_name()[name]
    unit = effect_unit(metric.scale) or metric.unit
    return f" [{unit}]" if unit else ""


def _line(row: dict[Any, Any]) -> str:
    """What one estimate says above its panel."""
    where = "these" if row["question"] == THESE else "like these"
    if row["verdict"] == UNSAID:
        return f"no ρ: {row['reason']}" if row["reason"] in OF_BOTH else f"{where}: {row['reason']}"
    mark = "" if row["verdict"] == OPEN else " *"
    return f"{where} ρ {_interval(row)}{mark}"


def _interval(row: dict[Any, Any]) -> str:
    if pd.isna(row["low"]):
        return f"{_rho(row['rho'])} in all"
    return f"{_rho(row['rho'])} [{_rho(row['low'])}, {_rho(row['high'])}]"


def _rho(value: float) -> str:
    text = signed(value, 2).removeprefix("+")
    return "0.00" if float(text.replace("−", "-")) == 0 else text


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What is claimed, what is open, and what cannot be said."""
    estimates = table[table["kind"] == ESTIMATE]
    rows = estimates.to_dict("records")
    said = [_sentence(row, results) for row in rows if row["verdict"] not in (OPEN, UNSAID)]
    undecided = [_named(row) for row in rows if row["verdict"] == OPEN and row["question"] == THESE]
    said += [f"Undecided on these datasets: {'; '.join(undecided)}."] if undecided else []
    unsaid = estimates[estimates["verdict"] == UNSAID]
    for (question, reason), of_reason in unsaid.groupby(["question", "reason"], sort=False):
        names = "; ".join(_named(row) for row in of_reason.to_dict("records"))
        said.append(f"Of {question} nothing can be said ({reason}): {names}.")
    dropped = int(estimates["n_dropped"].max()) if len(estimates) else 0
    said += [f"Up to {count_words(dropped, 'incomplete block')} a panel left out."] if dropped else []
    tests = estimates.groupby("question", sort=False)["tests"].first()
    families = listed([f"{question}: {count:.0f}" for question, count in tests.items()])
    return (
        f"{' '.join(said)} * decided after Holm over the tests of the figure ({families}); intervals are not adjusted."
    )


def _sentence(row: dict[Any, Any], results: Results) -> str:
    """One claim, with its estimand."""
    datasets = count_words(row["n_datasets"], "dataset")
    where = f"On these {datasets}" if row["question"] == THESE else f"On datasets like these {row['n_datasets']:.0f}"
    x, y = _x_words(row), row["y_metric"]
    blocks = count_words(row["n_blocks"], "block")
    if row["verdict"] in (IDENTICAL, SAME_DIFFERENCE):
        return f"{where}, the rank correlation of {x} and {y} is {_interval(row)} of {blocks}."
    warned = row["question"] != THESE and (row["n_datasets"] < FEW_DATASETS or for_beliefs(results).chosen_datasets)
    warning = ", with a warning: they are few, or were chosen" if warned else ""
    direction = "higher" if row["rho"] > 0 else "lower"
    p = p_words(row["p_adjusted"])
    return f"{where}, {y} is {direction} where {x} is higher (ρ = {_interval(row)}, adjusted {p}, {blocks}{warning})."


def _named(row: dict[Any, Any]) -> str:
    return f"{_x_words(row)} and {row['y_metric']}"


def _x_words(row: dict[Any, Any]) -> str:
    return f"{row['x_metric']} of {row['method']}" if row["method"] else str(row["x_metric"])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see a page needs."""
    rows = table[(table["kind"] == ESTIMATE) & (table["question"] == THESE)].to_dict("records")
    said = [f"{_named(row)} {_line(row).removeprefix('these ').removesuffix(' *')}" for row in rows]
    return f"Rank correlations on these datasets: {'; '.join(said)}."
