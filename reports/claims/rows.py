"""The table of claims as people read it, and as JSON."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pandas as pd

from ncvq_core.metrics import metrics_by_name
from reports.claims.anchors import anchors
from reports.claims.answers import OPEN, measured_at
from reports.claims.sentence import settling
from reports.claims.wording import interval_words, p_digits, places, signed
from reports.read_store import Results
from reports.statistics.effects import CANNOT_SAY
from reports.statistics.verdicts import UNDECIDED_BECAUSE


def shown_rows(claims: pd.DataFrame) -> list[dict[str, Any]]:
    """One dictionary of texts a claim, for the table of a page."""
    return [_shown(row) for row in claims.assign(anchor=anchors(claims)).to_dict("records")]


def as_json(results: Results, claims: pd.DataFrame, beliefs: pd.DataFrame | None = None) -> dict[str, Any]:
    """All claims of a sweep, what it believes, and what was chosen, with every number; what is missing is null."""
    tables = {"claims": claims, **({} if beliefs is None or beliefs.empty else {"beliefs": beliefs})}
    rows = {
        name: [{key: _plain(value) for key, value in row.items()} for row in table.to_dict("records")]
        for name, table in tables.items()
    }
    chosen = dataclasses.asdict(results.options)
    return {"sweep": results.sweep.name, "measured_at": measured_at(results), "options": chosen, **rows}


def _shown(row: dict[Any, Any]) -> dict[str, Any]:
    metric = metrics_by_name()[row["metric"]]
    digits = places(row["effect_low"], row["effect_high"], row["effect"])
    said = row["effect"]
    reason = row["reason"] if isinstance(row["reason"], str) else ""
    return {
        "anchor": row["anchor"],
        "factor": row["factor"],
        "metric": row["metric"],
        "title": metric.label,
        "compared": f"{row['level']} against {row['reference']}",
        "estimand": row["estimand"],
        "effect": "" if math.isnan(said) else f"{signed(said, digits)}{' %' if row['unit'] == '%' else ''}",
        "interval": interval_words(row["effect_low"], row["effect_high"], row["unit"]),
        "p": "" if math.isnan(row["p_adjusted"]) else p_digits(row["p_adjusted"]),
        "p_equivalence": "" if math.isnan(row["p_equivalence_adjusted"]) else f"{row['p_equivalence_adjusted']:.2g}",
        "family": "" if math.isnan(row["family_size"]) else f"{row['family_size']:.0f}",
        "blocks": f"{row['n_blocks']:.0f}" if row["n_blocks"] == row["n_blocks"] else "0",
        "verdict": row["verdict"],
        "why": CANNOT_SAY.get(reason, UNDECIDED_BECAUSE.get(reason, reason)) if row["verdict"] in OPEN else "",
        "warning": row["warning"] if isinstance(row["warning"], str) else "",
        "dropped": row["dropped"] if isinstance(row["dropped"], str) else "",
        "settling": settling(row) if row["verdict"] in ("undecided", "cannot be said") else "",
        "overall": pd.isna(row["dataset"]),
    }


def _plain(value: object) -> object:
    if isinstance(value, list):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    return bool(value) if isinstance(value, bool) else value
