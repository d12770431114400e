"""Average ranks of the levels of each factor over datasets, and which of them differ: a critical-difference diagram.

Each row is a level, so that long names fit. Wilcoxon's test with Holm has no one critical difference: a bar joins the
levels of a group of which no two differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncvq_core.metrics import metrics_by_name
from reports.claims.wording import count_words, listed, p_digits
from reports.colours import looks_of
from reports.figures.contract import RANKS, View, numbered
from reports.figures.facets import PAGE_HEIGHT, PAGE_WIDTH
from reports.figures.grid import BASELINE, SMALL, TEXT
from reports.figures.names import inches, shortened
from reports.read_store import Results
from reports.statistics.ranks import alike, datasets_needed, ranks_by_dataset
from reports.tables.ranks import Ranking, uncounted_rankings

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views"]

MEAN, SINGLE, BAR = "mean", "dataset", "bar"
ROW, HEAD, FOOT, NAMES, MARKS, STEP = 0.21, 0.6, 0.45, 1.75, 2.1, 0.12  # inches; STEP is from bar to bar
MOST_LEVELS = int((PAGE_HEIGHT - HEAD - FOOT) / ROW)
ACROSS = 3
MOST_BARS = 8
NAME_LETTERS = 22

Panel = tuple[str, str]
"""A factor and a metric."""


@dataclass(frozen=True, kw_only=True)
class RanksLayout:
    """What one page shows."""

    rows: tuple[tuple[Panel, ...], ...]
    """Panels side by side, from top to bottom."""


LAYOUT = RanksLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """Pages of all factors and answered metrics: for the appendix alone where no tests could reject anything."""
    ranked = [one for one in uncounted_rankings(results) if one.datasets]
    parts = _pages(ranked)
    return [
        View(
            figure="ranks",
            **numbered("ranks", "Average ranks over datasets", place, len(parts)),
            section=RANKS,
            sweep=results.sweep,
            appendix=not any(one.can_reject for one in ranked),
            metrics=tuple(dict.fromkeys(metric for row in part for _, metric in row)),
            test="ranks over datasets: Friedman's test, Wilcoxon's signed ranks over all pairs of levels of a panel",
            layout=RanksLayout(rows=part),
        )
        for place, part in enumerate(parts, start=1)
    ]


def _pages(ranked: Sequence[Ranking]) -> list[tuple[tuple[Panel, ...], ...]]:
    """The rows of panels of each page: a row has one factor, and a page the height that its rows need."""
    pages: list[list[tuple[Panel, ...]]] = []
    room = 0.0
    for one in dict.fromkeys(one.factor for one in ranked):
        own = [each for each in ranked if each.factor == one]
        height = HEAD + FOOT + ROW * min(MOST_LEVELS, len(own[0].levels))
        for start in range(0, len(own), ACROSS):
            if height > room:
                pages.append([])
                room = PAGE_HEIGHT + 0.01
            pages[-1].append(tuple((one, each.metric.name) for each in own[start : start + ACROSS]))
            room -= height
    return [tuple(page) for page in pages]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The marks of a page.

    Returns:
        One row a mark: factor, metric, kind (mean, dataset or bar), level, place (its row, 0 is the best), value (rank;
        of a bar its number from 0 on), n (datasets with that rank; of all for a mean), note (what stands above the
        panel). A bar has a row for each level that it joins.
    """
    shown = {panel for row in view.layout.rows for panel in row}
    parts = [
        pd.DataFrame(_marks(one)).assign(factor=one.factor, metric=one.metric.name, note=_note(one))
        for one in uncounted_rankings(results)
        if (one.factor, one.metric.name) in shown
    ]
    columns = ["factor", "metric", "kind", "level", "place", "value", "n", "note"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _marks(one: Ranking) -> Iterator[dict[str, object]]:
    order = sorted(one.levels, key=lambda each: each.rank)[:MOST_LEVELS]
    places = {each.level: place for place, each in enumerate(order)}
    single = ranks_by_dataset(one.means, one.metric.better or "lower")
    for each in order:
        mark = {"level": each.level, "place": places[each.level]}
        yield {"kind": MEAN, **mark, "value": each.rank, "n": one.datasets}
        for rank, count in single[each.level].value_counts().sort_index().items():
            yield {"kind": SINGLE, **mark, "value": rank, "n": count}
    for number, group in enumerate(alike(one.tests) if one.can_reject else ()):
        for level in group:
            if level in places:
                yield {"kind": BAR, "level": level, "place": places[level], "value": float(number), "n": one.datasets}


def _note(one: Ranking) -> str:
    datasets, comparisons = count_words(one.datasets, "dataset"), len(one.tests)
    if not one.can_reject:
        return f"{datasets} cannot reject: {count_words(comparisons, 'pair')}, {datasets_needed(comparisons)} needed"
    p = float(one.tests["p_friedman"].iloc[0])
    return f"{datasets}, Friedman's p {_p(p)}" if p == p else f"{datasets}, Wilcoxon's p {_p(one.tests['p'].iloc[0])}"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p_digits(p)}"


def draw(table: pd.DataFrame, view: View) -> Figure:
    """Draw a page: a row of panels a factor, a panel a metric."""
    rows = view.layout.rows
    heights = [HEAD + FOOT + ROW * table.loc[table["factor"] == row[0][0], "level"].nunique() for row in rows]
    columns = max(map(len, rows))
    across, up = min(PAGE_WIDTH, columns * (NAMES + MARKS)), min(PAGE_HEIGHT, sum(heights))
    figure = Figure(figsize=(max(across, 5.0), up))
    width, top = figure.get_figwidth(), float(up)
    for row, height in zip(rows, heights, strict=True):
        for column, (factor, metric) in enumerate(row):
            own = table[(table["factor"] == factor) & (table["metric"] == metric)]
            left = column * (NAMES + MARKS) + NAMES
            box = (left / width, (top - height + FOOT) / up, (MARKS - 0.15) / width, (height - HEAD - FOOT) / up)
            axes = figure.add_axes(box)
            _draw_panel(axes, own, view)
            start = (left - NAMES + 0.1) / width
            figure.text(start, (top - 0.22) / up, f"{factor}: {metric}", fontsize=TEXT, weight="bold")
            figure.text(start, (top - 0.42) / up, own["note"].iloc[0], fontsize=SMALL)
        top -= height
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, view: View) -> None:
    means, single = rows[rows["kind"] == MEAN], rows[rows["kind"] == SINGLE]
    factor, sweep = str(rows["factor"].iloc[0]), view.sweep
    looks = looks_of(sweep.factors[factor])
    bars = rows[rows["kind"] == BAR]
    tested = "cannot reject" not in str(rows["note"].iloc[0])
    for level, of_level in single.groupby("level"):
        sizes = 60 * of_level["n"].astype(float) / means["n"].iloc[0]
        axes.scatter(
            of_level["value"], of_level["place"], s=sizes, color=looks[str(level)].colour, alpha=0.3, linewidths=0
        )
    for mean in means.to_dict("records"):
        look = looks[mean["level"]]
        axes.plot(mean["value"], mean["place"], color=look.colour, marker=look.marker, markersize=6, zorder=3,
                  markerfacecolor=look.colour if tested else "white")  # fmt: skip
    count, levels = len(means), len(sweep.factors[factor])
    end = levels + 0.15 * (levels - 1)
    step = STEP / MARKS * levels
    for number, of_bar in bars[bars["value"] < MOST_BARS].groupby("value"):
        at = [end + step * float(number)] * len(of_bar)  # type: ignore[arg-type]
        axes.plot(at, of_bar["place"], color="0.25", linewidth=2, marker="o", markersize=4.5)
    shown = shortened(means["level"], NAME_LETTERS)
    names = [shown[level] + (BASELINE if level == sweep.baseline.get(factor) else "") for level in means["level"]]
    axes.set_yticks(range(count), [_fitting(name) for name in names])
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_xlim(0.8, end + step * min(MOST_BARS, max(1, bars["value"].nunique())))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    axes.set_xticks([tick for tick in axes.get_xticks() if 1 <= tick <= levels])
    axes.tick_params(labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    note = metrics_by_name()[str(rows["metric"].iloc[0])].direction_note
    axes.set_xlabel(f"rank on datasets ({note})" if note else "rank on datasets", fontsize=SMALL)


def _fitting(name: str) -> str:
    """The name without "(baseline)" where both do not fit beside the marks."""
    return name if inches(name) < NAMES - 0.25 else name.removesuffix(BASELINE)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    shown = [
        one for one in uncounted_rankings(results)
        if any((one.factor, one.metric.name) in row for row in view.layout.rows)
    ]  # fmt: skip
    said: dict[str, list[str]] = {}
    for one in shown:
        said.setdefault(" ".join(one.words), []).append(f"{one.factor} by {one.metric.name}")
    texts = [f"{listed(names)}: {words}" for words, names in said.items()]
    hidden = [one.factor for one in shown if len(one.levels) > MOST_LEVELS]
    more = [f"Of {factor} the best {MOST_LEVELS} levels are drawn." for factor in dict.fromkeys(hidden)]
    more += ["Hollow marks: nothing can be rejected."] if not all(one.can_reject for one in shown) else []
    many = table.loc[table["kind"] == BAR, "value"].max() >= MOST_BARS
    more += [f"Of more than {MOST_BARS} bars the first are drawn; all tests are in tables/rank_tests.csv."] * bool(many)
    return " ".join([*texts, *more])


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs."""
    means = table[table["kind"] == MEAN]
    said = means["level"] + " " + means["value"].map("{:.2f}".format)
    texts = [
        f"{factor} by {metric}: {', '.join(said[rows.index])}"
        for (factor, metric), rows in means.groupby(["factor", "metric"], sort=False)
    ]
    return f"Average ranks. {'; '.join(texts)}."
