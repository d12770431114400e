"""Which cells of a sweep have a result, and why the others have none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from orchestrator.store.status import Status
from reports.levels import DATASET, in_level_order
from reports.read_store import Results

SYMBOLS = {
    Status.DONE: "✓", Status.RUNNING: "…", Status.FAILED: "✗", Status.DIVERGED: "!", Status.PRUNED: "P",
    Status.MISSING: "·",
}  # fmt: skip
"""What a cell can be, from best to worst, and the sign for it; one of which nothing is there comes last."""
NO_LEVEL = "-"
MAX_GRID_COLUMNS = 24


def coverage_table(results: Results) -> pd.DataFrame:
    """One row a cell: the factors, trial_id, status, error (one line) and progress, in the order of the levels."""
    factors = list(results.sweep.factors)
    cells = results.cells[[*factors, "trial_id", "status", "error", "progress"]]
    cells = cells.assign(error=cells["error"].str.replace(r"\n[\s\S]*", "", regex=True))
    return in_level_order(cells, results.sweep, factors).reset_index(drop=True)


def status_counts(cells: pd.DataFrame) -> dict[str, int]:
    """The number of cells in each status, zeros included, in a fixed order; a status that is not known comes last."""
    counts = cells["status"].value_counts()
    unknown = sorted(set(counts.index) - set(SYMBOLS))
    return {status: int(counts.get(status, 0)) for status in (*SYMBOLS, *unknown)}


def troubled_cells(coverage: pd.DataFrame) -> pd.DataFrame:
    """The cells that ended without a result or run now: those with something to read about them."""
    return coverage[coverage["status"].isin([Status.FAILED, Status.DIVERGED, Status.PRUNED, Status.RUNNING])]


def coverage_grids(results: Results) -> list[pd.DataFrame]:
    """Coverage as grids that fit on a page.

    Returns:
        Tables indexed by the factors other than dataset and seed, with columns (dataset, seed) of at most
        MAX_GRID_COLUMNS; each entry is the position of the cell in coverage_table, missing where the design has none.
    """
    coverage = coverage_table(results)
    across = [factor for factor in (DATASET, "seed") if factor in results.sweep.factors]
    down = [factor for factor in results.sweep.factors if factor not in across]
    labelled = coverage.fillna({factor: NO_LEVEL for factor in [*across, *down]})
    for factor, name in (("dataset", DATASET), ("seed", "seed")):
        labelled[factor] = labelled[name] if name in across else ""
    labelled["all"] = ""
    columns = in_level_order(labelled, results.sweep, across)[["dataset", "seed"]]
    grid = _grid(labelled, down or ["all"], pd.MultiIndex.from_frame(columns.drop_duplicates()))
    seeds = max(1, labelled["seed"].nunique())
    datasets = list(grid.columns.get_level_values(0).unique())
    step = max(1, MAX_GRID_COLUMNS // seeds)
    blocks = [datasets[start : start + step] for start in range(0, len(datasets), step)]
    return [grid.loc[:, grid.columns.get_level_values(0).isin(block)] for block in blocks]


def _grid(labelled: pd.DataFrame, down: list[str], columns: pd.MultiIndex) -> pd.DataFrame:
    rows = pd.MultiIndex.from_frame(labelled[down].drop_duplicates())
    cells = np.full((len(rows), len(columns)), np.nan)
    row_places = rows.get_indexer(pd.MultiIndex.from_frame(labelled[down]))
    column_places = columns.get_indexer(pd.MultiIndex.from_frame(labelled[["dataset", "seed"]]))
    cells[row_places, column_places] = labelled.index
    return pd.DataFrame(cells, index=rows, columns=columns)
