"""One number a dataset and level, from the blocks that all levels of a factor have: what ranks are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from reports.statistics.blocks import make_blocks
from reports.statistics.compare import datasets_of
from reports.statistics.pairs import make_pairs, seeds_of
from reports.statistics.scale import RELATIVE_ROUNDING
from reports.statistics.specification import Design, MetricSpec, Options, reference_level
from reports.statistics.unpaired import make_terms


@dataclass(frozen=True, kw_only=True)
class LevelMeans:
    """How the levels of a factor stand to each other on each dataset."""

    means: pd.DataFrame
    """One row a dataset that has all levels, one column a level: on the scale of the metric, but for a constant of the
    dataset, which changes no rank and no difference."""
    left_out: tuple[str, ...]
    """Datasets, and seeds of the others, that not all levels have: for example "A" and "B seeds 2, 3"."""


def level_means(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None
) -> LevelMeans:
    """Average each level over the seeds that all levels have, and over the levels of the other factors.

    Each level's mean is its mean difference from the reference level, by the pairs and blocks of `compare`; unpaired
    trials (none has a seed) by their terms.

    Args:
        trials: as for compare.
        design: the factors and baseline of the sweep.
        metric: the metric and its scale.
        factor: the factor whose levels are averaged.
        options: partial and pool.
    """
    options = options or Options()
    reference, _ = reference_level(design, factor)
    others = [level for level in design.factors[factor] if level != reference]
    paired = bool(seeds_of(trials).notna().any())
    made = _of_blocks if paired else _of_terms
    differences, rounding, seeds_left_out = made(trials, design, metric, factor, options, others)
    datasets = datasets_of(trials, design)
    known = [dataset for dataset in datasets if dataset in differences.index]
    size = rounding.reindex(known) / RELATIVE_ROUNDING  # of the values, so that rounding is told from a difference
    means = differences.reindex(known)
    means[reference] = 0.0
    left_out = [
        dataset + (seeds_left_out[dataset] if dataset in known else "")
        for dataset in datasets
        if dataset not in known or dataset in seeds_left_out
    ]
    return LevelMeans(means=means[list(design.factors[factor])].add(size, axis=0), left_out=tuple(left_out))


def _of_blocks(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options, levels: Sequence[str]
) -> tuple[pd.DataFrame, pd.Series, dict[str, str]]:
    """Mean differences by dataset and level, the rounding of each dataset, and the seeds that are left out."""
    blocks = make_blocks(make_pairs(trials, design, metric, factor, options), options)
    wide = blocks.pivot(index=["dataset", "seed"], columns="level", values="difference").reindex(columns=list(levels))
    lacking = wide.isna().any(axis=1)
    seeds: dict[str, list[str]] = {}
    for unit in wide[lacking].reset_index().to_dict("records"):
        seeds.setdefault(unit["dataset"], []).append(unit["seed"])
    words = {name: f" seed{'s' if len(own) > 1 else ''} {', '.join(own)}" for name, own in seeds.items()}
    rounding = blocks.groupby("dataset")["rounding"].max().astype(float)
    return wide[~lacking].astype(float).groupby(level="dataset").mean(), rounding, words


def _of_terms(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options, levels: Sequence[str]
) -> tuple[pd.DataFrame, pd.Series, dict[str, str]]:
    """The same without seeds."""
    terms = make_terms(trials, design, metric, factor, options)
    terms = terms.assign(part=(terms["weight"] * terms["mean"]).where(terms["n"] > 0).astype(float))
    sums = terms.groupby(["dataset", "level"])["part"].agg(lambda parts: parts.sum(skipna=False))
    rounding = terms.groupby("dataset")["rounding"].max().astype(float)
    return sums.unstack("level").reindex(columns=list(levels)).dropna(), rounding, {}
