"""Everything that can be claimed of a sweep, as one table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pandas as pd

from ncvq_core.metrics import Metric
from orchestrator.store.status import Status
from reports.metrics import finite_values, metrics_with_data
from reports.racing.claims import with_race
from reports.read_store import Results
from reports.relevance import of_stage
from reports.remembered import once
from reports.statistics.answers import default_answers
from reports.statistics.compare import estimate, judged
from reports.statistics.conditions import CONDITIONS
from reports.statistics.gain import GAIN_COLUMNS, gain_of_pairing
from reports.statistics.pairs import UNIT, cells_of
from reports.statistics.specification import MetricSpec, Options


def claims_table(results: Results) -> pd.DataFrame:
    """Compare the levels of each factor by each metric that has data and that the factor can change.

    Returns:
        The columns of `compare`, family by family; empty where nothing can be compared. Of a raced sweep the verdicts
        are those of its looks, and `look` has their seeds.
    """
    options = for_beliefs(results)
    claims = judged(
        estimate(compared.trials, seen.sweep, compared.spec, factor, options, cells=compared.cells)
        for metric, factor, seen in comparisons(results)
        for compared in [compared_by(seen, metric)]
    )
    return with_race(claims, results.race) if results.race else claims


def for_beliefs(results: Results) -> Options:
    """The options of the reader, and that datasets were chosen for a belief where the sweep has such datasets."""
    believed = {dataset for sides in results.sweep.belief.values() for side in sides.values() for dataset in side}
    chosen = bool(believed & set(results.sweep.factors.get("dataset", ())))
    return dataclasses.replace(results.options, chosen_datasets=results.options.chosen_datasets or chosen)


def gains_table(results: Results) -> pd.DataFrame:
    """What pairing gained for each metric that has data, over all datasets.

    Returns:
        The columns of `gain_of_pairing`, and `factor`: the one whose pairs are looked at, the first that the metric can
        be compared across.
    """
    rows, seen_metrics = [], set()
    for metric, factor, seen in comparisons(results):
        if metric.name in seen_metrics or factor in metric.incomparable:
            continue
        seen_metrics.add(metric.name)
        own = compared_by(seen, metric)
        gains = gain_of_pairing(own.trials, seen.sweep, own.spec, factor, results.options, cells=own.cells)
        rows.append(gains[gains["dataset"].isna()].assign(factor=factor))
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=[*GAIN_COLUMNS, "factor"])


def answered_metrics(results: Results) -> tuple[str, ...]:
    """The metrics that the sweep answers for in words: those of its file, else the usual ones."""
    if results.sweep.answers:
        return results.sweep.answers
    stages = results.cells["stages"].max() if "stages" in results.cells else float("nan")
    return default_answers(2 if stages == 2 else 1)


def compared_factors(results: Results) -> list[str]:
    """The factors of which levels are compared: all that vary but dataset and seed; of a search none.

    Its suggestions were drawn by what came before, so that no comparison of them is a question that was asked.
    """
    if results.search is not None:
        return []
    return [factor for factor in results.sweep.varying if factor not in UNIT]


def spec_of(metric: Metric, margins: Mapping[str, float]) -> MetricSpec:
    """How a metric is compared in a sweep that sets some margins."""
    return MetricSpec(
        name=metric.name,
        scale=metric.scale,
        margin=margins.get(metric.name, metric.margin),
        direction=metric.better,
        judged=metric.judged,
        incomparable=metric.incomparable,
    )


def cells_to_compare(results: Results, metric: str) -> pd.DataFrame:
    """What a comparison needs of the cells, with dataset and seed in each row, also where these are no factors.

    Of imported runs, those of the kinds that measured the metric.
    """
    wanted = ["trial_id", *UNIT, *results.sweep.factors, "status", metric, *CONDITIONS, "device", "git_commit"]
    measured = of_kinds_with(results.cells, metric) if results.sweep.source else results.cells
    cells = measured[[name for name in dict.fromkeys(wanted) if name in measured]]
    for name in UNIT:
        known = list(cells[name].dropna().unique()) if name in cells else []
        if name not in results.sweep.factors and len(known) == 1:
            cells = cells.assign(**{name: known[0]})
    return cells


def of_kinds_with(cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The imported runs of those kinds of which any has a value of a metric."""
    kinds = cells["run_kind"].fillna("")
    return cells[kinds.isin(kinds[finite_values(cells, metric).notna()])]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compared:
    """What all comparisons by one metric start from."""

    spec: MetricSpec
    """How the metric is compared."""
    trials: pd.DataFrame
    """What `cells_to_compare` makes."""
    cells: pd.DataFrame
    """The same on the scale of the metric."""


@once
def compared_by(seen: Results, metric: Metric) -> Compared:
    """What all comparisons by a metric start from, of results as its stage sees them."""
    trials, spec = cells_to_compare(seen, metric.name), spec_of(metric, seen.sweep.margins)
    return Compared(spec=spec, trials=trials, cells=cells_of(trials, seen.sweep, spec))


@once
def comparisons(results: Results) -> list[tuple[Metric, str, Results]]:
    """Each metric with each factor that can change it, and the results as its stage sees them."""
    metrics = metrics_with_data(results.cells[results.cells["status"] == Status.DONE])
    views = {metric.stage: of_stage(results, metric.stage) for metric in metrics}
    return [
        (metric, factor, views[metric.stage]) for metric in metrics for factor in compared_factors(views[metric.stage])
    ]
