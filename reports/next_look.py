"""The next look at a sweep of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.store.races import Comparison, Race, RaceLook
from reports.claims.table import compared_by, comparisons
from reports.labels import label_of
from reports.racing.bounds import planned_looks
from reports.racing.look import key_of, still_open, take_look
from reports.read_store import Results, read_results
from reports.statistics.compare import estimate
from reports.statistics.specification import Options


def next_look(store: Path, name: str, race: Race) -> RaceLook:
    """Look at the first seeds of a sweep, as many as are due.

    Args:
        store: the folder of the store.
        name: of the sweep.
        race: its race until now, which has not ended.

    Raises:
        ReportError: the sweep cannot be read, or has fewer seeds.
    """
    seeds = race.next_seeds
    results = read_results(store, name, Options(seeds=seeds))
    before = {key_of(row): row for row in race.judged_last}
    look = take_look(raced_estimates(results, race.plan.answers), before, planned_looks(race.plan.largest), seeds)
    rows_open = still_open(look)
    return RaceLook(
        seeds=seeds,
        looked_at=datetime.now(UTC).isoformat(timespec="seconds"),
        trials=len(results.cells),
        decided=as_comparisons(look.drop(index=rows_open.index)),
        still_open=as_comparisons(rows_open),
    )


def raced_estimates(results: Results, answers: Sequence[str]) -> list[pd.DataFrame]:
    """What `estimate` makes of each factor and of the metrics that are answered for."""
    return [
        estimate(compared.trials, seen.sweep, compared.spec, factor, results.options, cells=compared.cells)
        for metric, factor, seen in comparisons(results)
        if metric.name in answers
        for compared in [compared_by(seen, metric)]
    ]


def is_needed(levels: Mapping[str, Any], open_: Sequence[Comparison]) -> bool:
    """Whether a cell belongs to a comparison: it is on its dataset, and at its level or the reference.

    Args:
        levels: of each factor of the sweep, null where it has no effect on the cell.
        open_: the comparisons.
    """
    dataset = label_of(levels.get("dataset"))
    return any(
        (row["dataset"] is None or dataset is None or row["dataset"] == dataset)
        and label_of(levels.get(row["factor"])) in (row["level"], row["reference"])
        for row in open_
    )


def as_comparisons(rows: pd.DataFrame) -> tuple[Comparison, ...]:
    """Rows of comparisons as JSON values; what is missing is null."""
    return tuple(
        {str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows.to_dict("records")
    )
