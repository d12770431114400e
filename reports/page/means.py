"""The tables of means: narrow enough for a page, and not more of them than one can carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.table import answered_metrics
from reports.coverage import NO_LEVEL
from reports.read_store import Results
from reports.relevance import of_stage
from reports.tables.means import mean_and_sd

METRICS_ACROSS = 4
MOST_MEANS, MOST_ROWS = 8_000, 1_000


def means_section(results: Results, metrics: Sequence[Metric], summary: pd.DataFrame) -> dict[str, Any]:
    """Tables of means for each family of metrics.

    Returns:
        tables, and left_out: what of summary is not in them, in words; empty where all of it is. With more than
        MOST_MEANS means they are those of the metrics that the sweep answers for, of MOST_ROWS settings each at most.
    """
    left_out: list[str] = []
    shown = list(metrics)
    if len(summary) > MOST_MEANS:
        shown = [metric for metric in metrics if metric.name in answered_metrics(results)]
        others = len(metrics) - len(shown)
        left_out += [f"Left out here: {others} metrics that the sweep does not answer for."] if others else []
    tables = []
    for family in dict.fromkeys(metric.family for metric in shown):
        members = [metric for metric in shown if metric.family == family]
        for start in range(0, len(members), METRICS_ACROSS):
            part = _table(results, members[start : start + METRICS_ACROSS], summary)
            tables.append({"heading": "" if start else family, **part})
    longest = max((len(table["rows"]) for table in tables), default=0)
    if longest > MOST_ROWS:
        left_out.append(f"A table shows {MOST_ROWS} settings of {longest}.")
        tables = [{**table, "rows": table["rows"][:MOST_ROWS]} for table in tables]
    return {"tables": tables, "left_out": " ".join(left_out)}


def _table(results: Results, metrics: Sequence[Metric], summary: pd.DataFrame) -> dict[str, Any]:
    factors = of_stage(results, metrics[0].stage).sweep.group_factors
    keys = factors or ["all"]
    table = summary[summary["metric"].isin([metric.name for metric in metrics])]
    table = table.fillna(dict.fromkeys(factors, NO_LEVEL)) if factors else table.assign(all="")
    settings: dict[tuple[str, ...], dict[str, Mapping[Any, Any]]] = {}
    for row in table.to_dict("records"):
        settings.setdefault(tuple(row[key] for key in keys), {})[row["metric"]] = row
    rows = [
        {"levels": list(levels), "cells": [_entry(entries.get(metric.name)) for metric in metrics]}
        for levels, entries in settings.items()
    ]
    return {"factors": factors, "metrics": metrics, "rows": rows}


def _entry(row: Mapping[Any, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"text": NO_LEVEL, "n": 0, "best": False, "sort": ""}
    value = "" if pd.isna(row["mean"]) else repr(float(row["mean"]))
    return {"text": mean_and_sd(row["mean"], row["sd"]), "n": row["n"], "best": row["best"], "sort": value}
