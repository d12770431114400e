"""What the page shows of the claims."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from reports.claims.answers import Answer
from reports.claims.markdown import lead, nothing_compared
from reports.claims.rows import shown_rows
from reports.claims.scope import scope
from reports.read_store import Results

MOST_OPEN = 40


def answers_section(results: Results, found: Sequence[Answer]) -> dict[str, Any]:
    """The answers, for the template."""
    return {"found": found, "scope": scope(results.sweep), "lead": lead(results), "nothing": nothing_compared(results)}


def claims_section(claims: pd.DataFrame, answered: Sequence[str]) -> list[dict[str, Any]]:
    """The table of claims in groups of one factor and metric; short ones of what is answered for are open."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in shown_rows(claims):
        groups.setdefault((row["factor"], row["metric"]), []).append(row)
    return [
        {
            "factor": factor,
            "metric": metric,
            "title": rows[0]["title"],
            "rows": rows,
            "open": metric in answered and len(rows) <= MOST_OPEN,
            "verdicts": ", ".join(f"{count} {verdict}" for verdict, count in _verdicts(rows).items()),
        }
        for (factor, metric), rows in groups.items()
    ]


def gains_section(gains: pd.DataFrame) -> list[dict[str, str]]:
    """What pairing gained, one row a metric; those of which nothing is known are left out."""
    return [
        {
            "metric": row["metric"],
            "factor": row["factor"],
            "gain": "∞" if math.isinf(row["unpaired_to_paired"]) else f"{row['unpaired_to_paired']:.3g}",
            "correlation": f"{row['intraclass_correlation']:.2f}".replace("nan", "–"),
        }
        for row in gains.to_dict("records")
        if not math.isnan(row["unpaired_to_paired"])
    ]


def _verdicts(rows: Sequence[dict[str, Any]]) -> Counter[str]:
    return Counter(row["verdict"] for row in rows)
