"""The first figure of a report: the effect of each level against its reference, paired, as a forest plot."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ncvq_core.metrics import known_metrics, metrics_by_name
from reports.claims.anchors import anchors
from reports.claims.table import answered_metrics, compared_factors
from reports.figures.contract import EFFECTS, View, numbered
from reports.figures.effects_drawing import draw
from reports.figures.effects_pages import EffectsLayout, Strip, axis_limits, in_order, pages, too_many
from reports.figures.effects_words import UNDECIDED_BY, WARNED, decimal_places, words
from reports.figures.names import shortened
from reports.read_store import Results
from reports.statistics.effects import OTHER_MEANING
from reports.statistics.scale import as_effect, margin_on_scale
from reports.statistics.verdicts import BY_FAMILY

__all__ = ["LAYOUT", "alt_text", "caption", "draw", "table", "views", "why_none"]

LAYOUT = EffectsLayout
HEADING = "Each level against its reference"
NAME_LETTERS, LEVEL_LETTERS = 22, 24

COLUMNS = (
    "anchor", "strip", "panel", "place", "overall", "metric", "factor", "level", "heading", "reference",
    "reference_shown", "reference_is", "question", "dataset", "estimand", "scope", "verdict", "reason", "effect",
    "effect_low", "effect_high", "unit", "margin", "margin_low", "margin_high", "axis_low", "axis_high", "p_adjusted",
    "p_equivalence_adjusted", "family_size", "paired", "n_blocks", "n_seeds", "n_datasets", "n_diverged", "n_ended",
    "n_diverged_reference", "n_ended_reference", "n_dropped", "dropped", "datasets_left_out", "other_commits",
    "averaged_over", "warning", "effect_words", "blocks_words", "verdict_words", "reason_words",
)  # fmt: skip
"""Those of `compare`, and where and how each row is drawn."""


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    """The pages for the metrics that the sweep answers for; none where nothing can be compared.

    Where they are many, the report has those of all datasets together (`effects_map` has each), the appendix all.
    """
    metrics = answered_metrics(results)
    found = pages(claims, metrics) if len(claims) else []
    overall = claims[claims["dataset"].isna()] if len(claims) else claims
    if not too_many(found) or overall.empty:
        return _views(results, found, "effects")
    short = _views(results, pages(overall, metrics), "effects")
    return [*short, *(dataclasses.replace(view, appendix=True) for view in _views(results, found, "effects_all"))]


def _views(results: Results, found: Sequence[EffectsLayout], name: str) -> list[View]:
    return [
        View(
            figure="effects",
            **numbered(name, HEADING, place, len(found)),
            subject=str(place),
            section=EFFECTS,
            sweep=results.sweep,
            metrics=tuple(dict.fromkeys(metric for _, metrics, _ in layout.strips for metric in metrics)),
            layout=layout,
        )
        for place, layout in enumerate(found, start=1)
    ]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that a page draws.

    Returns:
        COLUMNS, one row a claim: strip and panel (its place among those side by side), place (its row; a heading stands
        above the first of each level), overall (over datasets), the ends of margin and axis in the unit of the effect
        (per cent, or that of the metric), and the words beside it.
    """
    named = claims.assign(anchor=anchors(claims))
    parts = [
        _panel(named[(named["factor"] == strip[0]) & (named["metric"] == metric)], strip).assign(
            strip=index, panel=panel
        )
        for index, strip in enumerate(view.layout.strips)
        for panel, metric in enumerate(strip[1])
    ]
    made = pd.concat(parts, ignore_index=True)
    levels = shortened([*made["level"], *made["reference"]], LEVEL_LETTERS)
    headings = made["level"].map(levels) + made["continued"].map({True: " (continued)", False: ""})
    scopes = made["estimand"].str.removeprefix("on ")
    made = made.assign(
        heading=headings, reference_shown=made["reference"].map(levels),
        scope=scopes.map(shortened(scopes, NAME_LETTERS)), overall=made["dataset"].isna(),
    )  # fmt: skip
    return made[list(COLUMNS)]


def _panel(claims: pd.DataFrame, strip: Strip) -> pd.DataFrame:
    """The rows of one factor and metric on this page."""
    metric = metrics_by_name()[str(claims["metric"].iloc[0])]
    margin = as_effect(margin_on_scale(claims["margin"].iloc[0], metric.scale) * pd.Series([-1.0, 1.0]), metric.scale)
    limits = axis_limits(claims, (margin[0], margin[1]))
    rows = pd.concat(list(_placed(claims, strip)))
    places = decimal_places(limits, margin[1])
    told = [words(row, places) for row in rows.to_dict("records")]
    return rows.assign(
        margin_low=margin[0], margin_high=margin[1], axis_low=limits[0], axis_high=limits[1],
        unit=rows["unit"].where(rows["unit"] != "", metric.unit or "-"),
        **pd.DataFrame(told, index=rows.index),
    )  # fmt: skip


def _placed(claims: pd.DataFrame, strip: Strip) -> Iterator[pd.DataFrame]:
    place = 0
    for level, first, behind in strip[2]:
        rows = in_order(claims[claims["level"] == level]).iloc[first:behind]
        yield rows.assign(place=range(place + 1, place + 1 + len(rows)), continued=first > 0)
        place += 1 + len(rows)


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What stands under a page."""
    paired = bool(table["paired"].all())
    sentences = [
        "The effect of each level against its reference, "
        + ("paired inside dataset and seed. " if paired else "unpaired, because the trials have no seeds. ")
        + f"Tests of a family, on these datasets + on datasets like these: {_families(table)}.",
        *_margins(table),
        *_notes(table),
    ]
    absent = [metric for metric in answered_metrics(results) if metric not in set(_all_metrics(results))]
    if absent:
        sentences.append(f"Not drawn, because no done trial has a value to compare: {', '.join(absent)}.")
    return " ".join(sentences)


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see the page needs: how many verdicts of each kind, and the overall effects."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in table["verdict"].value_counts().items())
    overall = table[table["overall"] & (table["effect_words"] != "-")].head(8)
    told = [
        f"{row['metric']} of {row['factor']} {row['level']} against {row['reference']} on {row['scope']}: "
        f"{row['effect_words']}{'' if row['unit'] == '-' else ' ' + row['unit']}, {row['verdict_words'].rstrip(WARNED)}"
        for row in table.loc[overall.index].to_dict("records")
    ]
    return f"Forest plot of {len(table)} effects: {counts}. {'; '.join(told)}".rstrip(" ;.") + "."


def why_none(results: Results, claims: pd.DataFrame) -> str:
    """The sentence in place of the figure where there is no effect to show."""
    if not compared_factors(results):
        return "No effect to show: nothing but dataset and seed varies, so that there are no levels to compare."
    if results.done.empty:
        return "No effect to show yet: no trial is done."
    answered = ", ".join(answered_metrics(results))
    others = "; the table of all claims has the others" if len(claims) else ""
    return f"No effect to show: no done trial has a value of what this sweep answers for ({answered}){others}."


def _all_metrics(results: Results) -> list[str]:
    done = results.done
    return [metric.name for metric in known_metrics() if metric.name in done and done[metric.name].notna().any()]


def _families(table: pd.DataFrame) -> str:
    """The sizes of the families of each factor and metric: on these datasets, on datasets like these."""
    told = []
    for factor, of_factor in table.groupby("factor", sort=False):
        sizes = of_factor.groupby(["metric", "question"], sort=False)["family_size"].first()
        each = [
            f"{metric} {' + '.join(f'{size:.0f}' for size in sizes[metric])}" for metric in of_factor["metric"].unique()
        ]
        told.append(f"{factor}: {', '.join(each)}")
    return "; ".join(told)


def _margins(table: pd.DataFrame) -> list[str]:
    known = table.dropna(subset=["margin"]).drop_duplicates("metric")
    told = [
        f"{row['metric']} {100 * row['margin']:g} %" if row["unit"] == "%" else f"{row['metric']} {row['margin']:g}"
        for row in known.to_dict("records")
    ]
    return [f"Band: the margin inside which a difference is of no importance ({', '.join(told)})."] if told else []


def _notes(table: pd.DataFrame) -> Iterator[str]:
    if (table[["effect", "effect_low"]].lt(table["axis_low"], axis=0).any(axis=None)
            or table[["effect", "effect_high"]].gt(table["axis_high"], axis=0).any(axis=None)):  # fmt: skip
        yield "An arrow: it goes on beyond the axis, the numbers say how far."
    warnings = sorted({text for each in table["warning"].dropna() for text in str(each).split(", ")})
    if warnings:
        yield f"{WARNED} {', '.join(warnings)}."
    if table["averaged_over"].notna().any():
        yield "A block averages over the levels of the other factors."
    yield from _listed("Incomplete and dropped", table["dropped"])
    yield from _listed("Without a variance, so not in “these datasets”", table["datasets_left_out"])
    if (table["verdict_words"].str.startswith(UNDECIDED_BY[BY_FAMILY])).any():
        yield "“Adjusted”: one test alone would show something, the whole family does not."
    if (table["reason"] == OTHER_MEANING).any():
        yield "Where a metric does not mean the same across the levels, nothing is compared."


def _listed(what: str, texts: pd.Series[Any], most: int = 6) -> Iterator[str]:
    each = list(dict.fromkeys(part for text in texts.dropna() for part in str(text).split("; ")))
    if each:
        more = f"; and {len(each) - most} more, in its manifest" if len(each) > most else ""
        yield f"{what}: {'; '.join(each[:most])}{more}."
