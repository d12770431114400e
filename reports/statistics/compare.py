"""The door to the package: all that can be claimed of one factor and metric of a sweep, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from reports.statistics.blocks import kept_pairs, make_blocks
from reports.statistics.effects import LIKE_THESE, OTHER_MEANING, THESE, effects
from reports.statistics.family import adjust
from reports.statistics.more_seeds import add_needed
from reports.statistics.pairs import NO_DATASET, UNIT, make_pairs, seeds_of
from reports.statistics.scale import as_effect, effect_unit, margin_on_scale
from reports.statistics.specification import LOG, RAW, Design, MetricSpec, Options, reference_level
from reports.statistics.unpaired import make_terms, unpaired_effects
from reports.statistics.verdicts import judge

COLUMNS = (
    "metric", "factor", "level", "reference", "reference_is", "question", "dataset", "estimand", "verdict", "reason",
    "effect", "effect_low", "effect_high", "effect_low90", "effect_high90", "unit", "margin", "p", "p_adjusted",
    "p_equivalence", "p_equivalence_adjusted", "family_size", "paired", "n_blocks", "n_seeds", "n_datasets", "n_pairs",
    "n_level", "n_reference", "n_diverged", "n_ended", "n_diverged_reference", "n_ended_reference", "n_dropped",
    "dropped", "datasets_left_out", "other_commits", "averaged_over", "warning", "needed", "needed_first", "units",
    "estimate", "low", "high", "low90", "high90", "se", "df", "sd",
)  # fmt: skip
"""The columns of compare; docs/statistics.md says what each holds."""

SHOWN = {
    "estimate": "effect",
    "low": "effect_low",
    "high": "effect_high",
    "low90": "effect_low90",
    "high90": "effect_high90",
}
"""Columns on the scale, and what they are called in the unit of the effect."""


def compare(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None
) -> pd.DataFrame:
    """Compare each level of a factor with its baseline, or with its first level where it has none.

    Args:
        trials: one row a cell, whatever its status: trial_id, a text column for each factor (missing where the factor
            has no meaning), dataset, seed, status, the metric, and of numerics_version, data_checksum, dtype,
            device_kind (or device), fcn and git_commit those that are known. Without any seed the comparison is
            unpaired (rule 11).
        design: factors with their levels, and baseline.
        metric: what is compared, and how.
        factor: a factor of the design other than dataset and seed.
        options: partial, pool, chosen_datasets.

    Returns:
        COLUMNS, one row a level and dataset, one for all of these datasets (dataset missing; none where the sweep has
        one dataset), one for datasets like these. Two families: one a question. Empty where the factor has fewer than
        two levels.

    Raises:
        ValueError: the factor is dataset or seed: claims are made inside datasets, over seeds.
    """
    if factor in UNIT:
        raise ValueError(f"{factor} is not a factor to compare: claims are made inside datasets, over seeds")
    return judged([estimate(trials, design, metric, factor, options)])


def estimate(
    trials: pd.DataFrame, design: Design, metric: MetricSpec, factor: str, options: Options | None = None, *,
    cells: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Do the first half of compare: effects with their p, each for itself.

    Args:
        trials: as for compare, and so are the others but the last.
        design: the factors of the sweep.
        metric: what is compared.
        factor: whose levels are.
        options: of the reader.
        cells: what `cells_of` makes of the trials, where it is at hand.

    Returns:
        The rows of compare, with effects on the scale of the metric, and without what families say.
    """
    options = options or Options()
    if len(design.factors.get(factor, ())) < 2:
        return pd.DataFrame()
    reference, reference_is = reference_level(design, factor)
    levels = [level for level in design.factors[factor] if level != reference]
    datasets = datasets_of(trials, design)
    paired = bool(seeds_of(trials).notna().any()) or trials.empty
    if factor in metric.incomparable:
        known, cells = trials.iloc[:0], None
    else:
        known = trials
    margin = margin_on_scale(metric.margin, metric.scale)
    if paired:
        pairs = make_pairs(known, design, metric, factor, options, cells=cells)
        table = _paired(pairs, metric, options, levels, datasets)
    else:
        terms = make_terms(known, design, metric, factor, options)
        table = unpaired_effects(terms, levels, datasets, margin, chosen=options.chosen_datasets)
    if factor in metric.incomparable:
        table["reason"] = OTHER_MEANING
    unseeded = int(seeds_of(trials).isna().sum())
    if paired and unseeded:
        left_out = f"{unseeded} results without a seed left out"
        table["warning"] = (table["warning"] + ", " + left_out).fillna(left_out)
    places = zip(table["question"], table["dataset"], strict=True)
    return _complete(table).assign(
        metric=metric.name, factor=factor, reference=reference, reference_is=reference_is, paired=paired,
        direction=metric.direction, scale=metric.scale, unit=effect_unit(metric.scale), margin_on_scale=margin,
        margin=float("nan") if metric.margin is None else metric.margin,
        estimand=[_estimand(question, dataset, len(datasets)) for question, dataset in places],
    )  # fmt: skip


def judged(estimates: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Do the second half of compare, for many comparisons at once: families, verdicts, and what a reader sees."""
    parts = [part for part in estimates if not part.empty]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    table = adjust(pd.concat(parts, ignore_index=True), ["metric", "factor", "question"])
    table = add_needed(judge(table))
    for name, shown in SHOWN.items():
        table[shown] = as_effect(table[name], RAW).mask(table["scale"] == LOG, as_effect(table[name], LOG))
    return table[list(COLUMNS)]


def datasets_of(trials: pd.DataFrame, design: Design) -> list[str]:
    """The datasets in the order of the sweep; those of the trials where it is no factor."""
    if "dataset" in design.factors:
        return list(design.factors["dataset"])
    return list(trials["dataset"].dropna().astype("str").unique()) if "dataset" in trials else [NO_DATASET]


def _paired(
    pairs: pd.DataFrame, metric: MetricSpec, options: Options, levels: Sequence[str], datasets: Sequence[str]
) -> pd.DataFrame:
    blocks = make_blocks(pairs, options)
    margin = margin_on_scale(metric.margin, metric.scale)
    table = effects(blocks, levels, datasets, margin, chosen=options.chosen_datasets)
    records = blocks.to_dict("records")
    averaged = kept_pairs(pairs, options)[["level", "dataset", "pair"]].drop_duplicates().to_dict("records")
    told = [_told(_scope(records, row), _scope(averaged, row)) for row in table.to_dict("records")]
    return table.join(pd.DataFrame(told, index=table.index))


def _scope(records: list[dict[Any, Any]], row: dict[Any, Any]) -> list[dict[Any, Any]]:
    """The records that a row is about."""
    overall = not isinstance(row["dataset"], str)
    return [
        each for each in records if each["level"] == row["level"] and (overall or each["dataset"] == row["dataset"])
    ]


def _told(blocks: list[dict[Any, Any]], pairs: list[dict[Any, Any]]) -> dict[str, object]:
    """What a sentence about blocks must name: dropped ones, diverged ones, other commits, what they average over."""
    used = [block for block in blocks if block["used"]]
    dropped = [f"{_place(block)}: {block['problem']}" for block in blocks if not block["used"]]
    ends = ("diverged", "ended", "diverged_reference", "ended_reference")
    return {
        **{f"n_{name}": float(sum(block[name] for block in blocks)) for name in ends},
        "n_dropped": float(len(dropped)),
        "dropped": "; ".join(dropped) or None,
        "other_commits": "; ".join(_place(block) for block in used if block["commits_differ"]) or None,
        "n_pairs": float(sum(block["pairs_kept"] for block in used)),
        "averaged_over": "; ".join(sorted({pair["pair"] for pair in pairs if pair["pair"]})) or None,
    }


def _place(block: dict[Any, Any]) -> str:
    return f"{block['dataset']} seed {block['seed']}"


def _complete(table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that a paired or an unpaired comparison lacks, as missing."""
    texts = ("dropped", "other_commits", "averaged_over")
    lacking = [name for name in COLUMNS if name.startswith("n_") or name in texts]
    for name in [name for name in lacking if name not in table]:
        table[name] = pd.Series(None, index=table.index, dtype="str") if name in texts else float("nan")
    return table.astype(dict.fromkeys(texts, "str"))


def _estimand(question: str, dataset: str | None, datasets: int) -> str:
    if isinstance(dataset, str):
        return f"on {dataset}"
    return f"on these {datasets} datasets" if question == THESE else f"on {LIKE_THESE}"
