"""What the figure `moderators` says: the properties in words, and its caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ncvq_core.metrics import metrics_by_name
from reports.claims.wording import count_words, listed, p_words, signed
from reports.figures.contract import View
from reports.levels import DATASET, SSL
from reports.read_store import Results
from reports.statistics.association import OPEN, OPPOSED, TOGETHER, UNSAID

POINT, ESTIMATE = "point", "estimate"
"""Kinds of rows of its table."""


@dataclass(frozen=True, kw_only=True)
class Property:
    """What kind of data a dataset is, in one respect."""

    label: str
    """Below its axis."""
    more: str
    """Where it is high, in words."""
    less: str
    """Where it is low, in words."""
    log: bool = False
    """Drawn on a logarithmic axis."""


PROPERTIES = {
    "train_series": Property(label="series in TRAIN", more="more series", less="fewer series", log=True),
    "length": Property(label="length of a series", more="longer series", less="shorter series", log=True),
    "classes": Property(label="classes", more="more classes", less="fewer classes", log=True),
    "distinctness": Property(
        label="silhouette of TRAIN by class", more="more distinct classes", less="less distinct classes"
    ),
    "high_frequency_share": Property(
        label="share of high-frequency energy", more="more high-frequency energy", less="less high-frequency energy"
    ),
}
"""Those that a launch measures, in the order of the columns."""

STATEMENT = {"train_series": OPPOSED, "distinctness": TOGETHER}
"""How the study (arXiv 2408.16613) has the gain go with properties: small sets with visibly distinct classes gain."""


def line(row: dict[Any, Any]) -> str:
    """What one estimate says above its panel."""
    if row["verdict"] == UNSAID:
        return f"no ρ: {str(row['reason']).partition(':')[0]}"
    return f"ρ {_interval(row)}{'' if row['verdict'] == OPEN else ' *'}"


def _interval(row: dict[Any, Any]) -> str:
    return f"{_rho(row['rho'])} [{_rho(row['low'])}, {_rho(row['high'])}]"


def _rho(value: float) -> str:
    return signed(value, 2).removeprefix("+") if round(value, 2) else "0.00"


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    """What is claimed, what is open, what cannot be said, and what becomes of the study's statement."""
    estimates = table[table["kind"] == ESTIMATE]
    rows = estimates.to_dict("records")
    said = [_sentence(row) for row in rows if row["verdict"] in (TOGETHER, OPPOSED)]
    undecided = estimates[estimates["verdict"] == OPEN]
    said += [f"Undecided on datasets like these: {_listed(undecided, estimates)}."] if len(undecided) else []
    for reason, of_reason in estimates[estimates["verdict"] == UNSAID].groupby("reason", sort=False):
        said.append(f"Nothing can be said ({reason}) of {_listed(of_reason, estimates)}.")
    without = [name for name in view.sweep.factors[DATASET] if name not in view.layout.datasets]
    said += [f"Without properties in the store: {listed(without)}."] if without else []
    said += _of_the_study(rows) if view.layout.factor == SSL and not (estimates["verdict"] == UNSAID).all() else []
    warnings = estimates["warning"].dropna().unique()
    said += [f"Take it with care: {listed(list(warnings))}."] if len(warnings) else []
    tests = listed([f"{metric}: {own.iloc[0]:.0f}" for metric, own in estimates.groupby("metric", sort=False)["tests"]])
    return f"{' '.join(said)} * decided after Holm over the tests of its metric ({tests})."


def _better(row: dict[Any, Any], verdict: str) -> str:
    """The verdict on what is gained: that on a metric of which lower is better, the other way round."""
    lower = metrics_by_name()[row["metric"]].better == "lower"
    return {TOGETHER: OPPOSED, OPPOSED: TOGETHER}.get(verdict, verdict) if lower else verdict


def _sentence(row: dict[Any, Any]) -> str:
    """One claim, with its estimand."""
    shown = PROPERTIES[row["property"]]
    metric, level = row["metric"], row["level"]
    ranked = metrics_by_name()[metric].better is not None
    does = f"{level} does better by {metric}" if ranked else f"{metric} of {level} is higher"
    where = shown.more if _better(row, row["verdict"]) == TOGETHER else shown.less
    evidence = f"ρ = {_interval(row)}, adjusted {p_words(row['p_adjusted'])}"
    compared = f"{does}, relative to {row['reference']}, with {where}"
    return f"On datasets like these {row['n_datasets']:.0f}, {compared} ({evidence})."


def _of_the_study(rows: Sequence[dict[Any, Any]]) -> list[str]:
    """What becomes of the study's statement by each metric of which a direction is better, and level."""
    outcomes: dict[str, list[str]] = {}
    ranked = [row for row in rows if metrics_by_name()[row["metric"]].better]
    for metric, level in dict.fromkeys((row["metric"], row["level"]) for row in ranked):
        own = {row["property"]: row for row in rows if (row["metric"], row["level"]) == (metric, level)}
        seen = {name: _better(own[name], own[name]["verdict"]) for name in STATEMENT}
        outcomes.setdefault(_outcome(seen), []).append(f"{level} by {metric}")
    told = "; ".join(f"{outcome}: {listed(names)}" for outcome, names in outcomes.items())
    return [f"The study's statement that small sets with visibly distinct classes gain is {told}."] if told else []


def _outcome(seen: dict[str, str]) -> str:
    agrees = [seen[name] == expected for name, expected in STATEMENT.items()]
    if any(seen[name] in (TOGETHER, OPPOSED) and seen[name] != expected for name, expected in STATEMENT.items()):
        return "contradicted"
    return "supported" if all(agrees) else "supported in part" if any(agrees) else "undecided"


def _listed(rows: pd.DataFrame, of_all: pd.DataFrame) -> str:
    """Some estimates in few words: those of a metric and level that have the same properties stand together."""
    if len(rows) == len(of_all):
        return "all of it"
    together: dict[tuple[str, ...], list[str]] = {}
    for (metric, level), own in rows.groupby(["metric", "level"], sort=False):
        together.setdefault(tuple(own["property"]), []).append(f"{metric} of {level}")
    return "; ".join(
        f"{listed(names)} against {listed([PROPERTIES[name].label for name in properties])}"
        for properties, names in together.items()
    )


def _named(row: dict[Any, Any]) -> str:
    return f"{row['metric']} of {row['level']} and {PROPERTIES[row['property']].label}"


def alt_text(table: pd.DataFrame, view: View) -> str:
    """What a reader who cannot see a page needs."""
    rows = table[table["kind"] == ESTIMATE].to_dict("records")
    said = [f"{_named(row)} {line(row).removesuffix(' *')}" for row in rows]
    datasets = count_words(len(view.layout.datasets), "dataset")
    return f"Effects against properties of {datasets}: {'; '.join(said)}."
