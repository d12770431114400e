"""A sweep read from no store: results whose numbers are invented for the tests and mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from reports.read_store import Results, Sweep
from tests.reports.statistics.examples import Example, cells, random_trials, two_levels, with_values


def results_of(rows: pd.DataFrame, design: Example, **sweep: object) -> Results:
    """Results with these cells."""
    about = {"name": "invented", "description": "numbers invented for tests", "launched_at": ""}
    made = Sweep(
        factors=dict(design.factors),
        baseline=dict(design.baseline),
        **{**about, **sweep},  # type: ignore[arg-type]
    )
    return Results(sweep=made, cells=rows.assign(recorded=True), history=pd.DataFrame({"trial_id": []}))


def two_variants(
    value: Callable[[pd.Series], float], *, metric: str = "val_loss", datasets: int = 1, seeds: int = 4, **sweep: object
) -> Results:
    """A sweep of the variants a and b of which one metric is known, computed from each row."""
    design = two_levels(datasets=datasets, seeds=seeds)
    rows = with_values(cells(design).assign(epochs=40, channels=32), metric, value)
    return results_of(rows, design, **{"answers": (metric,), **sweep})


def random_results(design: Example, **sweep: object) -> Results:
    """A sweep with a loss and an accuracy that share the noise of their seeds."""
    return results_of(random_trials(design), design, **sweep)


def noisy(size: Mapping[str, float], noise: float = 0.01) -> Callable[[pd.Series], float]:
    """A loss of 1 with variant a, and with b one that differs by so much on each dataset, with some noise."""

    def value(row: pd.Series) -> float:
        seed = int(row["seed"])
        own = noise * (1 if seed % 2 else -1) * (1 + seed / 7) if row["variant"] == "b" else 0.0
        return (1 + seed) * (1 + (size[row["dataset"]] if row["variant"] == "b" else 0.0) + own)

    return value
