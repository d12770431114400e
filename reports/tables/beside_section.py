"""What the page shows of another sweep's values beside ours."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ncvq_core.metrics import metrics_by_name
from reports.beside import beside_table
from reports.levels import DATASET
from reports.read_store import Results
from reports.statistics.beside import NEAR, agreement
from reports.tables.beside_paper import HEAD, OURS, entries_of, explained, setting_texts, shown_factors


def beside_section(results: Results) -> dict[str, Any] | None:
    """The tables, for the template; None where nothing is put beside.

    Returns:
        name (of the other sweep), explained, heads, near (a row a metric: in how many settings of each dataset the
        means are no more than NEAR standard errors apart, of how many) with its datasets, and groups (a metric each).
    """
    if results.beside is None:
        return None
    table = beside_table(results)
    name = results.beside.results.sweep.name
    factors = shown_factors(results, table)
    groups = []
    for metric, rows in table.groupby("metric", sort=False):
        shown = [name for name in factors if rows[name].notna().any()]
        made = [
            {"levels": setting_texts(row, shown), "cells": entries_of(row), "z": row["z"]}
            for row in rows.to_dict("records")
        ]
        groups.append({"metric": metrics_by_name()[str(metric)], "factors": shown, "rows": made})
    return {
        "name": name,
        "explained": explained(results),
        "heads": [OURS, name, HEAD],
        "near": _near(table),
        "within": f"{NEAR:g}",
        "groups": groups,
    }


def _near(table: pd.DataFrame) -> dict[str, Any]:
    datasets = list(table[DATASET].unique()) if DATASET in table else []
    counts = agreement(table, ["metric", *([DATASET] if datasets else [])])
    rows = []
    for metric, of_metric in counts.groupby("metric", sort=False):
        by_dataset = {row.get(DATASET): row for row in of_metric.to_dict("records")} if datasets else {}
        cells = [_words(by_dataset[each]["near"], by_dataset[each]["known"]) if each in by_dataset else "–"
                 for each in datasets]  # fmt: skip
        rows.append({"metric": metric, "cells": [*cells, _words(of_metric["near"].sum(), of_metric["known"].sum())]})
    return {"heads": [*datasets, "all"], "rows": rows}


def _words(near: float, known: float) -> str:
    return f"{near:.0f} of {known:.0f}"
