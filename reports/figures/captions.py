"""Sentences that captions share: over how many seeds, who judged, and which trials are left out."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ncvq_core.metrics import Metric
from orchestrator.store.status import Status
from reports.judges import networks
from reports.levels import DATASET, SSL, in_level_order
from reports.metrics import finite_values
from reports.read_store import Results
from reports.remembered import once

SEED, RUN, TRIAL = "seed", "run", "trial"
"""What settings are repeated by: ours by seeds, imported ones as runs, a sweep without seeds not at all."""
NAMED = 8
"""How many settings a caption names, before it refers to the table of coverage."""


def count_range(counts: pd.Series[int], unit: str = SEED) -> str:
    """For example "2 to 3 seeds"; trials without a value have no mean, nor have those that nothing repeats."""
    if counts.dropna().empty or unit == TRIAL:
        return "single trials"
    low, high = int(counts.min()), int(counts.max())
    if low == high:
        return f"{low} {unit}" if low == 1 else f"{low} {unit}s"
    return f"{low} to {high} {unit}s"


def judges_of(metric: Metric, results: Results) -> list[str]:
    """Names the network behind a metric, of each dataset."""
    names = networks(results.done) if metric.judged else {}
    words = ", ".join(f"{dataset}: {' and '.join(found)}" for dataset, found in names.items())
    return [f"Network that judges: {words}."] if words else []


@once
def left_out(results: Results, *metrics: Metric) -> list[str]:
    """Names the trials without a result, and those without a finite value of some metrics."""
    cells = results.cells
    reasons = cells["status"].where(cells["status"] != Status.DONE)
    for metric in metrics:
        valued = finite_values(results.done, metric.name).notna()
        measured = _ever_measured(results, metric)
        absent = results.done.loc[measured & ~valued, "trial_id"]
        reasons = reasons.where(reasons.notna() | ~cells["trial_id"].isin(absent), f"no finite {metric.name}")
    lost = in_level_order(cells.assign(reason=reasons), results.sweep, list(results.sweep.factors))
    lost = lost.dropna(subset=["reason"])
    if lost.empty:
        return []
    named = list(_groups(lost, results))
    more = f"; and {len(named) - NAMED} more settings, in tables/coverage.csv" if len(named) > NAMED else ""
    count = "1 trial is" if len(lost) == 1 else f"{len(lost)} trials are"
    return [f"{count} left out: {'; '.join(named[:NAMED])}{more}."]


def _ever_measured(results: Results, metric: Metric) -> pd.Series[bool]:
    """Of the done trials, those of whose SSL method any has the metric: `none` has no SSL loss, and lacks none.

    Of imported runs, those of whose kind any has it.
    """
    done = results.done
    valued = finite_values(done, metric.name).notna()
    known = [done[name].fillna("") for name in (SSL, "run_kind") if name in done]
    return valued.groupby(known or pd.Series("", index=done.index)).transform("any")


def _groups(lost: pd.DataFrame, results: Results) -> Iterable[str]:
    """Each setting with the seeds that it lacks, and why."""
    factors = [name for name in results.sweep.group_factors if name in lost]
    for key, rows in lost.groupby([*factors, "reason"], sort=False, dropna=False):
        levels = {name: level for name, level in zip(factors, key[:-1], strict=True) if isinstance(level, str)}
        words = [level if name == DATASET else f"{name}={level}" for name, level in levels.items()
                 if name in results.sweep.varying]  # fmt: skip
        seeds = list(rows["seed"].dropna()) if "seed" in rows else []
        seed_words = [f"seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}"] if seeds else []
        yield f"{' '.join([*words, *seed_words]) or 'the only trial'} ({key[-1]})"
