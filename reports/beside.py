"""Another sweep beside ours: imported, unpaired, in the settings and metrics that both have. Nothing is pooled."""

from __future__ import annotations

import pandas as pd

from ncvq_core.metrics import Metric
from reports.levels import in_level_order
from reports.metrics import metrics_with_data
from reports.read_store import Results
from reports.relevance import of_stage
from reports.remembered import once
from reports.statistics.beside import MEANS, means_of, put_beside
from reports.statistics.scale import on_scale
from reports.statistics.specification import RAW, Scale

_OF_OTHER = "setting "
"""Before the columns of the other sweep's factors."""


@once
def beside_table(results: Results) -> pd.DataFrame:
    """Each metric and setting that both sweeps have.

    Returns:
        The rows of `beside_of` for each metric, those of one after those of the other; empty where nothing is put
        beside, or nothing is in both.
    """
    metrics = metrics_with_data(results.done) if results.beside else []
    parts = [part for part in (beside_of(results, metric) for metric in metrics) if len(part)]
    found = pd.concat(parts, ignore_index=True) if parts else _NOTHING
    return found[[*(name for name in results.sweep.group_factors if name in found), *_NOTHING.columns]]


@once
def beside_of(results: Results, metric: Metric, scale: Scale = RAW) -> pd.DataFrame:
    """Each setting that both sweeps have, of one metric.

    A setting of ours is that of the other sweep where the trial agrees in all factors that the other one has; what the
    other one does not name may differ.

    Args:
        results: with another sweep beside, or without.
        metric: measured by ours.
        scale: on which means are made.

    Returns:
        One row a setting, in the order of the levels: the factors of ours that can change the metric (but the seed),
        metric, and what `put_beside` makes, on the scale.
    """
    if results.beside is None:
        return _NOTHING
    seen, other = of_stage(results, metric.stage), of_stage(results.beside.results, metric.stage)
    if metric not in metrics_with_data(other.done):
        return _NOTHING
    named = {factor: f"{_OF_OTHER}{factor}" for factor in other.sweep.group_factors}
    settings = results.beside.settings[["trial_id", *named]].rename(columns=named)
    own = [factor for factor in seen.sweep.group_factors if factor in seen.cells]
    ours = seen.done.assign(**{metric.name: on_scale(seen.done[metric.name], scale)["y"]})
    theirs = other.done.assign(**{metric.name: on_scale(other.done[metric.name], scale)["y"]})
    both = put_beside(
        means_of(ours.merge(settings, on="trial_id", how="left"), [*own, *named.values()], metric.name),
        means_of(theirs, list(named), metric.name).rename(columns=named),
        list(named.values()),
    )
    return in_level_order(both, seen.sweep, own)


_OF_OTHER = "setting "
"""Before the columns of the other sweep's factors."""
_NO_MEAN = pd.DataFrame({name: pd.Series(dtype="str" if name == "metric" else float) for name in MEANS})
_NOTHING = put_beside(_NO_MEAN, _NO_MEAN, ())
