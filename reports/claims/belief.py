"""Rule 12: the belief of a sweep that a level suits some datasets and another level others, tested and in words."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.table import answered_metrics, cells_to_compare, comparisons, spec_of
from reports.claims.wording import count_words, effect_words, interval_words, listed, p_words
from reports.read_store import Results
from reports.statistics.blocks import make_blocks
from reports.statistics.effects import CANNOT_SAY, LIKE_THESE, OTHER_MEANING, THESE
from reports.statistics.family import adjust
from reports.statistics.inference import ALPHA
from reports.statistics.interaction import CONTRAST_COLUMNS, TOO_FEW_IN_GROUP, contrast
from reports.statistics.pairs import UNIT, make_pairs
from reports.statistics.scale import as_effect, effect_unit
from reports.statistics.verdicts import (
    BY_FAMILY,
    CANNOT_BE_SAID,
    FEW_SEEDS,
    MINIMAL_DATASETS,
    MINIMAL_SEEDS,
    NOT_SHOWN,
    UNDECIDED,
    UNDECIDED_BECAUSE,
)

CHOSEN = "datasets chosen for a belief about them"
SUPPORTED, CONTRADICTED = "supported", "contradicted"
NO_LEVEL, NO_DATASETS, NO_DIRECTION = "no such level", "no such datasets", "no direction is better"

BELIEF_COLUMNS = (
    "factor", "metric", "level", "other_level", "datasets", "other_datasets", "question", "verdict", "reason", "effect",
    "effect_low", "effect_high", "unit", "p", "p_adjusted", "family_size", "n_datasets_a", "n_datasets_b", "n_blocks_a",
    "n_blocks_b", "n_dropped", "n_seeds", "absent", "averaged_over", "estimate", "se", "df",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BeliefVerdict:
    """A sentence on a belief, and its verdict."""

    text: str
    """Complete: whom it is about, contrast with interval, adjusted p, size of the family, blocks."""
    short: str
    """The verdict alone."""
    verdict: str
    """supported, contradicted, undecided or cannot be said."""


def beliefs_table(results: Results) -> pd.DataFrame:
    """Test each belief of a sweep by each metric that it answers for.

    Returns:
        BELIEF_COLUMNS, two rows a belief and metric (these datasets, and datasets like these): the contrast is the mean
        difference level − other_level over the datasets of the first minus that over those of the other. p is adjusted
        by Holm over all beliefs and metrics of a question. Empty where nothing is believed or compared.
    """
    rows = [row for found in _beliefs(results) for row in found]
    table = pd.DataFrame(rows, columns=list(BELIEF_COLUMNS))
    if table.empty:
        return table
    table = adjust(table.astype({"p": float}).assign(p_equivalence=float("nan")))[list(BELIEF_COLUMNS)]
    better = {metric.name: metric.better for metric, _, _ in comparisons(results)}
    judged = [_verdict(row, better[row["metric"]]) for row in table.to_dict("records")]
    verdicts = pd.DataFrame(judged, columns=["verdict", "reason"], index=table.index, dtype="str")
    return table.assign(verdict=verdicts["verdict"], reason=verdicts["reason"])


def tested_beliefs(beliefs: pd.DataFrame | None, factor: str, metric: Metric) -> tuple[BeliefVerdict, ...]:
    """What the table of beliefs says of a factor and metric, in words."""
    rows = [] if beliefs is None else beliefs.to_dict("records")
    return tuple(
        BeliefVerdict(text=belief_sentence(row, metric), short=belief_short(row), verdict=row["verdict"])
        for row in rows
        if (row["factor"], row["metric"]) == (factor, metric.name)
    )


def belief_sentence(row: Mapping[Any, Any], metric: Metric) -> str:
    """Say whether a belief holds, with all that this rests on."""
    belief = (
        f"The belief that {row['level']} suits {listed(row['datasets'])}, "
        f"and {row['other_level']} {listed(row['other_datasets'])}"
    )
    if row["verdict"] == CANNOT_BE_SAID:
        where = f", {_estimand(row)}" if row["reason"] == TOO_FEW_IN_GROUP else ""
        return f"{belief}{where}: cannot be answered, {_why_not(row)}."
    label = f"The effect of {row['level']} against {row['other_level']} on {metric.name}"
    size = effect_words(row["effect"], row["effect_low"], row["effect_high"], row["unit"], label)
    groups = f"on the first datasets {'than' if row['effect'] else 'as'} on the others"
    said = f"{belief}, {_estimand(row)}: {row['verdict']}. {size} {groups} ({_evidence(row, metric)})."
    if row["reason"] in (BY_FAMILY, FEW_SEEDS):
        said += f" {UNDECIDED_BECAUSE[row['reason']].capitalize()}."
    return f"{said} Take it with care: {CHOSEN}." if row["question"] == LIKE_THESE else said


def belief_short(row: Mapping[Any, Any]) -> str:
    """The verdict alone, on these datasets."""
    belief = f"The belief about {row['factor']}"
    if row["verdict"] == CANNOT_BE_SAID:
        return f"{belief} cannot be answered: {_why_not(row)}"
    return f"{belief}, {_estimand(row)}: {row['verdict']} by {row['metric']}"


def _beliefs(results: Results) -> Iterator[list[dict[str, Any]]]:
    answered = answered_metrics(results)
    for metric, factor, seen in comparisons(results):
        if factor in results.sweep.belief and metric.name in answered:
            yield _one(results, seen, metric, factor)


def _one(results: Results, seen: Results, metric: Metric, factor: str) -> list[dict[str, Any]]:
    """The rows of one belief and metric, not yet adjusted."""
    (level, datasets), (other_level, other_datasets) = results.sweep.belief[factor].items()
    there = seen.sweep.factors.get("dataset", [])
    about = {
        "absent": [dataset for dataset in (*datasets, *other_datasets) if dataset not in there],
        "factor": factor, "metric": metric.name, "level": level, "other_level": other_level, "datasets": datasets,
        "other_datasets": other_datasets, "unit": effect_unit(metric.scale),
        "averaged_over": [name for name in seen.sweep.varying if name not in (factor, *UNIT)],
    }  # fmt: skip
    present = [[dataset for dataset in side if dataset in there] for side in (datasets, other_datasets)]
    reason = OTHER_MEANING if factor in metric.incomparable else None
    reason = reason or (None if metric.better else NO_DIRECTION)
    reason = reason or (None if {level, other_level} <= set(seen.sweep.factors[factor]) else NO_LEVEL)
    reason = reason or (None if all(present) else NO_DATASETS)
    if reason:
        return [{**about, "question": THESE, "reason": reason}]
    design = dataclasses.replace(
        seen.sweep,
        factors={**seen.sweep.factors, factor: [other_level, level]},
        baseline={**seen.sweep.baseline, factor: other_level},
    )
    spec = spec_of(metric, results.sweep.margins)
    pairs = make_pairs(cells_to_compare(seen, metric.name), design, spec, factor, results.options)
    blocks = make_blocks(pairs, results.options)
    if blocks.empty:
        return [{**about, "question": THESE, "reason": TOO_FEW_IN_GROUP}]
    found = contrast(blocks, present[0], present[1])
    for shown, column in {"effect": "estimate", "effect_low": "low", "effect_high": "high"}.items():
        found[shown] = as_effect(found[column], metric.scale)
    return [{**row, **about, **_counts(blocks, present, row["question"])} for row in _records(found)]


def _records(found: pd.DataFrame) -> list[dict[str, Any]]:
    kept = [name for name in (*CONTRAST_COLUMNS, "effect", "effect_low", "effect_high") if name in BELIEF_COLUMNS]
    return [{str(key): value for key, value in row.items()} for row in found[kept].to_dict("records")]


def _counts(blocks: pd.DataFrame, present: list[list[str]], question: str) -> dict[str, float]:
    """Blocks of each group and those left out, and the fewest of a dataset."""
    sides = [blocks[blocks["dataset"].isin(side)] for side in present]
    used = [side.loc[side["used"].astype(bool), "dataset"].value_counts() for side in sides]
    least = 2 if question == THESE else 1
    kept = [counts[counts >= least] for counts in used]
    return {
        "n_blocks_a": float(kept[0].sum()),
        "n_blocks_b": float(kept[1].sum()),
        "n_dropped": float(sum(len(side) for side in sides) - sum(counts.sum() for counts in kept)),
        "n_seeds": float(min((counts.min() for counts in kept if len(counts)), default=0)),
    }


def _verdict(row: dict[Any, Any], better: str | None) -> tuple[str, str | None]:
    if isinstance(row["reason"], str):
        return CANNOT_BE_SAID, row["reason"]
    if not row["p_adjusted"] <= ALPHA:
        return UNDECIDED, BY_FAMILY if row["p"] <= ALPHA else NOT_SHOWN
    if row["n_seeds"] < MINIMAL_SEEDS and row["n_datasets_a"] + row["n_datasets_b"] < MINIMAL_DATASETS:
        return UNDECIDED, FEW_SEEDS
    return (SUPPORTED if (row["estimate"] > 0) == (better == "higher") else CONTRADICTED), None


def _why_not(row: Mapping[Any, Any]) -> str:
    if row["reason"] == TOO_FEW_IN_GROUP:
        needed = "a dataset with two complete blocks" if row["question"] == THESE else "two datasets"
        return f"each group needs {needed}"
    words = {
        NO_DATASETS: "its datasets are not among those of this report",
        NO_LEVEL: f"its levels of {row['factor']} are not among those of this report",
        NO_DIRECTION: f"no direction of {row['metric']} is better",
    }
    return words.get(row["reason"]) or CANNOT_SAY[row["reason"]]


def _estimand(row: Mapping[Any, Any]) -> str:
    count = row["n_datasets_a"] + row["n_datasets_b"]
    return (
        f"on these {count:.0f} datasets"
        if row["question"] == THESE and not math.isnan(count)
        else f"on {row['question']}"
    )


def _evidence(row: Mapping[Any, Any], metric: Metric) -> str:
    words = [
        f"the belief asks for {metric.better}",
        f"95 % interval {interval_words(row['effect_low'], row['effect_high'], row['unit'])}",
        f"adjusted {p_words(row['p_adjusted'])} in a family of {count_words(row['family_size'], 'test')} of beliefs",
        f"{row['n_blocks_a']:.0f} and {row['n_blocks_b']:.0f} blocks on {row['n_datasets_a']:.0f} and "
        f"{row['n_datasets_b']:.0f} datasets",
        *([f"averaged over {listed(row['averaged_over'])}"] if row["averaged_over"] else []),
        *([f"{count_words(row['n_dropped'], 'block')} left out"] if row["n_dropped"] else []),
        *([f"without {listed(row['absent'])}"] if row["absent"] else []),
    ]
    return "; ".join(words)
