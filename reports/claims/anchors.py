"""Where a claim is on the page: an HTML id for each."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

OVERALL = {"these datasets": "these-datasets", "datasets like these": "datasets-like-these"}


def slug(text: str) -> str:
    """A text with everything but letters, digits, points and underscores replaced by a hyphen."""
    return re.sub(r"[^\w.]+", "-", text).strip("-")


def anchors(claims: pd.DataFrame) -> pd.Series[str]:
    """The HTML id of each claim: what it is about, unique in the table, the same in each report of the sweep.

    Args:
        claims: what claims_table makes.

    Returns:
        With its index, for example `effect-aug_recon_weight-val_loss-0.2-these-datasets`.
    """
    scopes = [
        dataset if isinstance(dataset, str) else OVERALL[str(question)]
        for dataset, question in zip(claims["dataset"], claims["question"], strict=True)
    ]
    names = [
        slug(f"effect-{factor}-{metric}-{level}-{scope}")
        for factor, metric, level, scope in zip(
            claims["factor"], claims["metric"], claims["level"], scopes, strict=True
        )
    ]
    return pd.Series(unique(names), index=claims.index, dtype="str")


def unique(names: Iterable[str]) -> list[str]:
    """The same names, a number behind each that was there before."""
    taken: set[str] = set()
    found = []
    for name in names:
        other, count = name, 1
        while other in taken:
            count += 1
            other = f"{name}-{count}"
        taken.add(other)
        found.append(other)
    return found
