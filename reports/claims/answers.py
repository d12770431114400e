"""The answers of a report: one for each factor and metric that the sweep answers for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ncvq_core.metrics import Metric, metrics_by_name
from reports.claims.anchors import anchors
from reports.claims.belief import BeliefVerdict, tested_beliefs
from reports.claims.sentence import evidence, judged_at, sentence, short
from reports.claims.table import answered_metrics, compared_factors
from reports.claims.wording import listed
from reports.read_store import Results
from reports.relevance import of_stage
from reports.remembered import once
from reports.statistics.effects import OTHER_MEANING, THESE
from reports.statistics.pairs import UNIT
from reports.statistics.verdicts import CANNOT_BE_SAID, UNDECIDED

OPEN = (UNDECIDED, CANNOT_BE_SAID)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence and its verdict."""

    text: str
    """Complete: estimand, effect with unit, interval, adjusted p, size of the family, blocks, what would settle it."""
    short: str
    """The verdict alone."""
    evidence: str
    """Interval, adjusted p and blocks alone; empty where nothing is said."""
    judged_at: str
    """Which look of a race decided it, or left it open; empty where it is not raced."""
    verdict: str
    """better, worse, higher, lower, equivalent, both, undecided, identical, same difference or cannot be said."""
    level: str
    """The level that is compared."""
    estimand: str
    """For which datasets it is said."""
    anchor: str
    """The HTML id of its row in the table of all comparisons."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a sweep says of one factor by one metric."""

    factor: str
    metric: Metric
    level: str
    """What the levels are compared with."""
    reference: str
    """The same and why it is that one, in words."""
    claims: tuple[Claim, ...]
    """Two a level: these datasets, and datasets like these."""
    by_dataset: str
    """A sentence on single datasets; empty where there is one, or where nothing is decided on any."""
    beliefs: tuple[BeliefVerdict, ...] = ()
    """What is believed of the factor and single datasets, on these datasets and on datasets like these."""


def answers(results: Results, claims: pd.DataFrame, beliefs: pd.DataFrame | None = None) -> list[Answer]:
    """Put the claims on the metrics that the sweep answers for into words.

    Args:
        results: the sweep.
        claims: the table of all claims.
        beliefs: the table of its beliefs; None where it has none.

    Returns:
        Factor by factor; a metric without data, or that a factor cannot change, is left out.
    """
    metrics = [metrics_by_name()[name] for name in answered_metrics(results)]
    claims = claims.assign(anchor=anchors(claims))
    found = []
    for factor in compared_factors(results):
        for metric in metrics:
            rows = claims[(claims["factor"] == factor) & (claims["metric"] == metric.name)]
            if not rows.empty:
                answer = _answer(rows, factor, metric, _averaged_over(results, factor, metric))
                found.append(replace(answer, beliefs=tested_beliefs(beliefs, factor, metric)))
    return found


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a report says first of one comparison, or of all that are undecided."""

    verdict: str
    """As that of a claim."""
    text: str
    """A clause without a full stop."""
    evidence: str = ""
    """As that of a claim, and the verdict on datasets like these."""
    anchor: str = ""
    """As that of a claim; empty where it is about several, or about a belief."""


def in_brief(found: Sequence[Answer]) -> list[Said]:
    """The verdicts on these datasets: one for each that is decided, then one that names all others."""
    decided, still_open, looks = [], dict[str, list[str]](), dict[str, None]()
    for answer in found:
        for claim in answer.claims[::2]:
            if claim.verdict in OPEN:
                compared = f"{answer.factor} {claim.level} against {answer.level}"
                still_open.setdefault(compared, []).append(answer.metric.name)
                looks |= {claim.judged_at: None} if claim.judged_at else {}
            else:
                text = f"{answer.factor}, {claim.estimand}: {claim.short}"
                decided.append(
                    Said(verdict=claim.verdict, text=text, evidence=_evidence(answer, claim), anchor=claim.anchor)
                )
    beliefs = {claim.short: claim.verdict for answer in found for claim in answer.beliefs[:1]}
    decided += [Said(verdict=verdict, text=short) for short, verdict in beliefs.items()]
    parts = [f"{compared} ({', '.join(metrics)})" for compared, metrics in still_open.items()]
    last = Said(verdict=UNDECIDED, text=f"Undecided: {'; '.join(parts)}", evidence=", ".join(looks))
    return [*decided, *([last] if parts else [])]


def _evidence(answer: Answer, claim: Claim) -> str:
    """What a claim on these datasets rests on, and what is said of datasets like these."""
    others = [f"{other.estimand}: {other.verdict}" for other in answer.claims[1::2] if other.level == claim.level]
    return "; ".join([*([claim.evidence] if claim.evidence else []), *others])


def in_short(found: Sequence[Answer]) -> list[str]:
    """The clauses of in_brief."""
    return [said.text for said in in_brief(found)]


@once
def measured_at(results: Results) -> str:
    """Say how long and how wide the models were that all claims are about."""
    words = {"epochs": "epochs", "prior_epochs": "epochs of the prior", "channels": "channels"}
    words |= {"projector_width": "projector width"}
    parts = []
    for column, name in words.items():
        known = list(results.done[column].dropna().unique()) if column in results.done else []
        if len(known):
            values = listed([f"{float(value):g}" for value in sorted(map(float, known))])
            parts.append(f"{name} {values}" if name == "projector width" else f"{values} {name}")
    profile = f" in the profile {results.sweep.profile}" if results.sweep.profile else ""
    return f"Measured with {listed(parts)}{profile}." if parts else ""


def _answer(rows: pd.DataFrame, factor: str, metric: Metric, averaged_over: list[str]) -> Answer:
    records = rows.to_dict("records")
    one = bool((rows["reason"] == OTHER_MEANING).all())
    several = rows.loc[rows["question"] == THESE, "dataset"].isna().any()
    overall = [row for row in records if pd.isna(row["dataset"]) or not several]
    return Answer(
        factor=factor,
        metric=metric,
        level=records[0]["reference"],
        reference=_reference(records[0]),
        claims=tuple(_claim(row, metric, averaged_over) for row in (overall[:1] if one else overall)),
        by_dataset=_by_dataset([row for row in records if isinstance(row["dataset"], str)]) if several else "",
    )


def _claim(row: dict[Any, Any], metric: Metric, averaged_over: list[str]) -> Claim:
    return Claim(
        text=sentence(row, metric, averaged_over),
        short=short(row, metric),
        evidence=evidence(row),
        judged_at=judged_at(row),
        verdict=row["verdict"],
        level=row["level"],
        estimand=row["estimand"],
        anchor=row["anchor"],
    )


def _reference(row: dict[Any, Any]) -> str:
    why = "the baseline" if row["reference_is"] == "baseline" else "the first level; the sweep names no baseline"
    return f"compared with {row['reference']}, {why}"


def _averaged_over(results: Results, factor: str, metric: Metric) -> list[str]:
    return [name for name in of_stage(results, metric.stage).sweep.varying if name not in (factor, *UNIT)]


def _by_dataset(rows: list[dict[Any, Any]]) -> str:
    """For example "By dataset: 0.2 is better on A and equivalent on B"; empty where all are open."""
    if all(row["verdict"] in OPEN for row in rows):
        return ""
    sentences = []
    for level in dict.fromkeys(row["level"] for row in rows):
        own = [row for row in rows if row["level"] == level]
        places: dict[str, list[str]] = {}
        for row in own:
            places.setdefault(row["verdict"], []).append(row["dataset"])
        parts = [f"{verdict} on {listed(datasets)}" for verdict, datasets in places.items()]
        sentences.append(f"{level}: {'; '.join(parts)}")
    return f"By dataset, {' · '.join(sentences)}."
