"""Another sweep beside ours: imported, unpaired, in the settings and metrics that both have. Nothing is pooled."""

from __future__ import annotations

import pandas as pd

from ncvq_core.metrics import Metric
from reports.levels import in_level_order
from reports.metrics import metrics_with_data
from reports.read_store import Results
from reports.relevance import of_stage
from reports.remembered import once
from reports.statistics.beside import means_of, put_beside

_OF_OTHER = "setting "
"""Before the columns of the other sweep's factors."""


@once
def beside_table(results: Results) -> pd.DataFrame:
    """Each setting and metric that both sweeps have.

    A setting of ours is that of the other sweep where the trial agrees in all factors that the other one has; what the
    other one does not name may differ.

    Returns:
        One row a metric and setting, in the order of the levels: the factors of ours (but the seed), metric, and what
        `put_beside` makes; empty where nothing is put beside, or nothing is in both.
    """
    factors = results.sweep.group_factors
    parts = [_of_metric(results, metric) for metric in metrics_with_data(results.done)] if results.beside else []
    parts = [part for part in parts if len(part)]
    found = pd.concat(parts, ignore_index=True) if parts else put_beside(_NONE, _NONE, ())
    return found[[*(name for name in factors if name in found), *put_beside(_NONE, _NONE, ()).columns]]


_NONE = pd.DataFrame({"metric": pd.Series(dtype="str"), **dict.fromkeys(("n", "mean", "sd"), pd.Series(dtype=float))})


def _of_metric(results: Results, metric: Metric) -> pd.DataFrame:
    assert results.beside is not None
    seen, other = of_stage(results, metric.stage), of_stage(results.beside.results, metric.stage)
    if metric not in metrics_with_data(other.done):
        return _NONE
    named = {factor: f"{_OF_OTHER}{factor}" for factor in other.sweep.group_factors}
    settings = results.beside.settings[["trial_id", *named]].rename(columns=named)
    own = [factor for factor in seen.sweep.group_factors if factor in seen.cells]
    rows = seen.done.merge(settings, on="trial_id", how="left")
    ours = means_of(rows, [*own, *named.values()], metric.name)
    theirs = means_of(other.done, list(named), metric.name).rename(columns=named)
    return in_level_order(put_beside(ours, theirs, list(named.values())), seen.sweep, own)
