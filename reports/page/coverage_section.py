"""What the page shows of the coverage: each cell, or of a big sweep what is not complete."""

from __future__ import annotations

from typing import Any

import pandas as pd

from orchestrator.store.status import Status
from reports.coverage import NO_LEVEL, SYMBOLS, coverage_grids, coverage_table, status_counts, troubled_cells
from reports.levels import DATASET
from reports.read_store import Results

MOST_CELLS, MOST_SETTINGS, MOST_TROUBLED, DATASETS_ACROSS, NAMED = 2_000, 100, 60, 12, 3

_, *OPEN, NOTHING = SYMBOLS
WORST_FIRST = (*reversed(OPEN), NOTHING)
"""What a cell can be without a result; of which nothing is there stands last, as a matter of time."""


def coverage_section(results: Results) -> dict[str, Any]:
    """The coverage, for the template: grids of cells, or the settings that are not complete.

    The latter of more than MOST_CELLS, and of imported runs, of which several have the same levels.
    """
    coverage = coverage_table(results)
    troubled = troubled_cells(coverage)
    few = len(troubled) <= MOST_TROUBLED
    small = len(coverage) <= MOST_CELLS and not results.sweep.source
    return {
        "grids": [_grid(coverage, grid) for grid in coverage_grids(results)] if small else [],
        "settings": {} if small else _settings(coverage, list(results.sweep.factors)),
        "troubled": _records(troubled) if few else [],
        "reasons": [] if few else _reasons(troubled),
    }


def _grid(coverage: pd.DataFrame, grid: pd.DataFrame) -> dict[str, Any]:
    """A grid of coverage as plain lists: heads of columns with their spans, and rows of cells."""
    cells = coverage.astype(object).where(coverage.notna(), None)
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


def _settings(coverage: pd.DataFrame, factors: list[str]) -> dict[str, Any]:
    """The settings that are not done on all datasets, those with most open cells first, in blocks of datasets."""
    down = [factor for factor in factors if factor not in (DATASET, "seed")]
    labelled = coverage.fillna(dict.fromkeys(factors, NO_LEVEL)).assign(open=coverage["status"] != Status.DONE)
    labelled["all"] = ""
    keys = down or ["all"]
    still_open = labelled.groupby(keys, sort=False)["open"].sum()
    listed = still_open[still_open > 0].sort_values(ascending=False, kind="stable")[:MOST_SETTINGS]
    datasets = list(dict.fromkeys(labelled[DATASET])) if DATASET in factors else [""]
    of_dataset = labelled[DATASET] if DATASET in factors else labelled["all"]
    counts = labelled.groupby([*keys, of_dataset], sort=False)["status"].agg(list).to_dict()
    rows = [levels if isinstance(levels, tuple) else (levels,) for levels in listed.index]
    blocks = [datasets[start : start + DATASETS_ACROSS] for start in range(0, len(datasets), DATASETS_ACROSS)]
    return {
        "factors": keys,
        "all": len(still_open),
        "complete": int((still_open == 0).sum()),
        "listed": len(listed),
        "blocks": [
            {
                "datasets": block,
                "rows": [
                    {"levels": row, "cells": [_counted(counts.get((*row, name))) for name in block]} for row in rows
                ],
            }
            for block in blocks
        ],
    }


def _counted(statuses: list[str] | None) -> dict[str, str] | None:
    """For example 3/4, in the look of what is worst of it; None where the design has no cell."""
    if not statuses:
        return None
    done = statuses.count(Status.DONE)
    counts = status_counts(pd.DataFrame({"status": statuses}))
    others = [status for status in WORST_FIRST if counts[status]]
    told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return {"text": f"{done}/{len(statuses)}", "status": others[0] if others else Status.DONE, "told": told}


def _reasons(troubled: pd.DataFrame) -> list[dict[str, Any]]:
    """How many cells have the same status and reason, the most frequent first."""
    told = troubled.assign(error=troubled["error"].where(troubled["status"] != Status.RUNNING, "at work").fillna(""))
    rows = [
        {"status": status, "error": error, "cells": len(cells), "trials": ", ".join(cells["trial_id"][:NAMED])}
        for (status, error), cells in told.groupby(["status", "error"], sort=False)
    ]
    return sorted(rows, key=lambda row: -row["cells"])


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")
