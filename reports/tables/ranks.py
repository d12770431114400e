"""Rule 10 for the metrics that are answered for: the average rank of each level, and where it wins, ties and loses."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.table import answered_metrics, cells_to_compare, comparisons, spec_of
from reports.claims.wording import count_words, listed, p_digits
from reports.read_store import Results
from reports.remembered import once
from reports.statistics.effects import IDENTICAL, THESE
from reports.statistics.inference import ALPHA
from reports.statistics.level_means import level_means
from reports.statistics.ranks import average_ranks, compare_ranks, datasets_needed
from reports.statistics.specification import Direction, MetricSpec, reference_level
from reports.statistics.verdicts import BETTER, CANNOT_BE_SAID, EQUIVALENT, WORSE

WINS, TIES, OPEN, LOSSES, UNSAID = "better", "equivalent", "undecided", "worse", "cannot be said"
COUNTS = (WINS, TIES, OPEN, LOSSES, UNSAID)
"""Of datasets: a level is better or worse than its reference there, equivalent or identical to it, or neither is shown;
or nothing can be said, as with one block."""

MOST_NAMED = 6
"""More pairs that differ are counted."""


@dataclass(frozen=True, kw_only=True)
class RankedLevel:
    """One level of a factor, by one metric."""

    level: str
    """Its label."""
    is_reference: bool
    """The others are counted against it."""
    rank: float
    """Its mean rank over the datasets that have all levels; 1 is the best. nan where there is none."""
    counts: dict[str, int] = field(default_factory=dict)
    """For each of COUNTS, datasets; empty for the reference, and before they are counted."""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The levels of one factor, by one metric that the sweep answers for."""

    factor: str
    metric: Metric
    levels: tuple[RankedLevel, ...]
    """In the order of the sweep."""
    means: pd.DataFrame
    """What level_means makes: one row a dataset that is ranked over, one column a level."""
    tests: pd.DataFrame
    """What compare_ranks returns."""
    left_out: tuple[str, ...]
    """Datasets and seeds that not all levels have."""

    @property
    def datasets(self) -> int:
        """So many are ranked over."""
        return len(self.means)

    @property
    def can_reject(self) -> bool:
        """Whether there are enough datasets for the tests."""
        return bool(self.tests["p"].notna().all())

    @property
    def words(self) -> tuple[str, ...]:
        """What the tests say, and what is left out: sentences."""
        left = f"Not in the ranks, because not all levels have them: {listed(self.left_out)}." if self.left_out else ""
        return tuple(words for words in (_tested(self), left) if words)


def rankings(results: Results, claims: pd.DataFrame) -> list[Ranking]:
    """Rank the levels of each factor by each metric that is answered for and has a better direction.

    Args:
        results: the sweep.
        claims: what claims_table makes of it.

    Returns:
        In the order of the factors, then of the answers; nothing where the sweep has one dataset.
    """
    return [_counted(one, claims) for one in uncounted_rankings(results)]


@once
def uncounted_rankings(results: Results) -> list[Ranking]:
    """The same from the trials alone: no level has counts."""
    if len(results.sweep.factors.get("dataset", ())) < 2:
        return []
    answered = answered_metrics(results)
    made = [
        _ranking(seen, spec_of(metric, results.sweep.margins), metric, direction, factor)
        for metric, direction, factor, seen in _ranked(results)
    ]
    factors = list(results.sweep.factors)
    return sorted(made, key=lambda one: (factors.index(one.factor), answered.index(one.metric.name)))


def ranks_table(found: list[Ranking]) -> pd.DataFrame:
    """One row a ranking and level: factor, metric, level, is_reference, rank, datasets, and COUNTS.

    The reference has no counts.
    """
    rows = [
        {
            "factor": one.factor, "metric": one.metric.name, "level": each.level, "is_reference": each.is_reference,
            "rank": each.rank, "datasets": one.datasets, **{name: each.counts.get(name) for name in COUNTS},
        }
        for one in found
        for each in one.levels
    ]  # fmt: skip
    columns = ["factor", "metric", "level", "is_reference", "rank", "datasets", *COUNTS]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(COUNTS, "Int64"))


def rank_tests_table(found: list[Ranking]) -> pd.DataFrame:
    """The columns of compare_ranks, one row a pair of levels, with factor, metric and left_out before."""
    parts = [
        one.tests.assign(factor=one.factor, metric=one.metric.name, left_out="; ".join(one.left_out)) for one in found
    ]
    if not parts:
        return pd.DataFrame(columns=["factor", "metric", "left_out"])
    table = pd.concat(parts, ignore_index=True)
    first = ["factor", "metric", "left_out"]
    return table[[*first, *(name for name in table if name not in first)]]


def _ranked(results: Results) -> Iterator[tuple[Metric, Direction, str, Results]]:
    answered = answered_metrics(results)
    for metric, factor, seen in comparisons(results):
        if metric.name in answered and metric.better and factor not in metric.incomparable:
            yield metric, metric.better, factor, seen


def _ranking(seen: Results, spec: MetricSpec, metric: Metric, direction: Direction, factor: str) -> Ranking:
    found = level_means(cells_to_compare(seen, metric.name), seen.sweep, spec, factor, seen.options)
    ranks = average_ranks(found.means, direction)
    reference, _ = reference_level(seen.sweep, factor)
    return Ranking(
        factor=factor,
        metric=metric,
        levels=tuple(
            RankedLevel(level=level, is_reference=level == reference, rank=float(ranks[level]))
            for level in seen.sweep.factors[factor]
        ),
        means=found.means,
        tests=compare_ranks(found.means, direction),
        left_out=found.left_out,
    )


def _counted(one: Ranking, claims: pd.DataFrame) -> Ranking:
    chosen = (claims["factor"] == one.factor) & (claims["metric"] == one.metric.name) & (claims["question"] == THESE)
    single = claims[chosen].dropna(subset=["dataset"])
    levels = (
        each if each.is_reference else dataclasses.replace(each, counts=_counts(single[single["level"] == each.level]))
        for each in one.levels
    )
    return dataclasses.replace(one, levels=tuple(levels))


def _counts(claims: pd.DataFrame) -> dict[str, int]:
    counts = Counter(_kind(str(verdict)) for verdict in claims["verdict"])
    return {name: counts[name] for name in COUNTS}


def _kind(verdict: str) -> str:
    """Which of COUNTS a verdict on one dataset is; a difference within the margin is still one."""
    if verdict in (EQUIVALENT, IDENTICAL):
        return TIES
    if verdict == CANNOT_BE_SAID:
        return UNSAID
    return next((kind for kind, word in ((WINS, BETTER), (LOSSES, WORSE)) if verdict.startswith(word)), OPEN)


def _tested(one: Ranking) -> str:
    if not one.datasets:
        return "Not ranked: no dataset has all levels."
    datasets, comparisons = count_words(one.datasets, "dataset"), len(one.tests)
    if not one.can_reject:
        return (
            f"{datasets} cannot reject anything: with {count_words(comparisons, 'comparison')}, "
            f"{datasets_needed(comparisons)} are needed (comparisons · 2/2^datasets ≤ {ALPHA:g})."
        )
    p = float(one.tests["p_friedman"].iloc[0])
    friedman = f"Friedman's test over {datasets}: p = {p_digits(p)}. " if p == p else ""
    pairs = [_pair(row) for row in one.tests.to_dict("records") if row["p_adjusted"] <= ALPHA]
    wilcoxon = "; ".join(pairs) if pairs else "no pair differs"
    if len(pairs) > MOST_NAMED:
        wilcoxon = f"{len(pairs)} pairs differ (tables/rank_tests.csv)"
    return f"{friedman}Wilcoxon's test, Holm over {count_words(comparisons, 'comparison')}: {wilcoxon}."


def _pair(row: dict[Any, Any]) -> str:
    first, second = ("level_a", "level_b") if row["rank_a"] < row["rank_b"] else ("level_b", "level_a")
    return f"{row[first]} ranks before {row[second]} (p = {p_digits(row['p_adjusted'])})"
