"""The page: what the template gets, and its rendering to one self-contained HTML text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.answers import Answer
from reports.claims.section import answers_section, claims_section, gains_section
from reports.claims.table import answered_metrics
from reports.comparable import comparability_notes
from reports.coverage import NO_LEVEL, SYMBOLS, coverage_grids, coverage_table, status_counts, troubled_cells
from reports.figures.contract import CURVES, EFFECTS, VALUES
from reports.figures.drawn import DrawnFigure
from reports.provenance import peak_memory_bytes, provenance_table, provenance_warnings, total_seconds
from reports.read_store import Results
from reports.stages import of_stage, sharing_notes
from reports.tables.means import mean_and_sd
from reports.tables.ranks import Ranking
from reports.tables.ranks_section import ranks_section

METRICS_ACROSS = 4


def render_page(
    results: Results,
    *,
    answers: Sequence[Answer],
    claims: pd.DataFrame,
    gains: pd.DataFrame,
    metrics: Sequence[Metric],
    summary: pd.DataFrame,
    ranks: Sequence[Ranking],
    figures: Sequence[DrawnFigure],
    no_effects: str,
    made_at: str,
) -> str:
    """The HTML of the report; made_at is shown as it is, no_effects where there is no figure of effects."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return environment.get_template("page.html.j2").render(
        sweep=results.sweep,
        effect_figures=_section(figures, EFFECTS),
        no_effects=no_effects,
        made_at=made_at,
        counts=status_counts(results.cells),
        total=len(results.cells),
        symbols=SYMBOLS,
        warnings=provenance_warnings(results),
        sharing=[*sharing_notes(results), *comparability_notes(results)],
        answers=answers_section(results, answers),
        claims=claims_section(claims, answered_metrics(results)),
        gains=gains_section(gains),
        families=_families(_section(figures, VALUES)),
        summaries=_summaries(results, metrics, summary),
        ranks=ranks_section(ranks),
        history_figures=_section(figures, CURVES),
        grids=[_grid(results, grid) for grid in coverage_grids(results)],
        troubled=_records(troubled_cells(coverage_table(results))),
        provenance=_records(provenance_table(results.cells)),
        compute_time=duration(total_seconds(results)),
        peak_memory=memory(peak_memory_bytes(results)),
    )


def duration(seconds: float) -> str:
    """For example "2 h 05 min"."""
    minutes = round(seconds / 60)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory(size: float) -> str:
    """Bytes as GiB or MiB; says where nothing is recorded."""
    if pd.isna(size):
        return "not recorded"
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _section(figures: Sequence[DrawnFigure], section: str) -> list[DrawnFigure]:
    return [figure for figure in figures if figure.section == section]


def _families(figures: Sequence[DrawnFigure]) -> dict[str, list[DrawnFigure]]:
    families: dict[str, list[DrawnFigure]] = {}
    for figure in figures:
        families.setdefault(figure.family, []).append(figure)
    return families


def _summaries(results: Results, metrics: Sequence[Metric], summary: pd.DataFrame) -> list[dict[str, Any]]:
    """Tables of means for each family of metrics, narrow enough for a page."""
    tables = []
    for family in dict.fromkeys(metric.family for metric in metrics):
        members = [metric for metric in metrics if metric.family == family]
        for start in range(0, len(members), METRICS_ACROSS):
            part = _summary(results, members[start : start + METRICS_ACROSS], summary)
            tables.append({"heading": "" if start else family, **part})
    return tables


def _summary(results: Results, metrics: Sequence[Metric], summary: pd.DataFrame) -> dict[str, Any]:
    factors = of_stage(results, metrics[0].stage).sweep.group_factors
    rows = []
    keys = factors or ["all"]
    table = summary[summary["metric"].isin([metric.name for metric in metrics])]
    table = table.fillna(dict.fromkeys(factors, NO_LEVEL)) if factors else table.assign(all="")
    for levels, group in table.groupby(keys, sort=False):
        entries = {str(row["metric"]): row for row in group.to_dict("records")}
        rows.append({"levels": list(levels), "cells": [_entry(entries.get(metric.name)) for metric in metrics]})
    return {"factors": factors, "metrics": metrics, "rows": rows}


def _entry(row: Mapping[Any, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"text": NO_LEVEL, "n": 0, "best": False}
    return {"text": mean_and_sd(row["mean"], row["sd"]), "n": row["n"], "best": row["best"]}


def _grid(results: Results, grid: pd.DataFrame) -> dict[str, Any]:
    """A grid of coverage as plain lists: heads of columns with their spans, and rows of cells."""
    cells = coverage_table(results).astype(object)
    cells = cells.where(cells.notna(), None)
    datasets = list(grid.columns.get_level_values(0))
    rows = []
    for levels, row in zip(grid.index, grid.to_numpy(), strict=True):
        entries = [None if pd.isna(index) else cells.loc[int(index)].to_dict() for index in row]
        rows.append({"levels": list(levels), "cells": entries})
    return {
        "factors": [str(name) for name in grid.index.names],
        "datasets": [(dataset, datasets.count(dataset)) for dataset in dict.fromkeys(datasets)],
        "seeds": list(grid.columns.get_level_values(1)),
        "rows": rows,
    }


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")
