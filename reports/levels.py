"""Factors that figures and tables know by name, and the order of levels."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reports.read_store import Sweep

DATASET = "dataset"
SSL = "ssl"
AUGMENTATIONS = "augmentations"
WEIGHT = "aug_recon_weight"
EMBEDDING = "token_embedding"
ALL = "all trials"
"""What trials are called that no level tells apart."""


def in_level_order(table: pd.DataFrame, sweep: Sweep, factors: Sequence[str]) -> pd.DataFrame:
    """Sort rows by the order of the levels in the sweep; a missing level comes first."""
    keys = pd.DataFrame({factor: table[factor].map(_rank(sweep, factor)).fillna(-1) for factor in factors})
    return table.loc[keys.sort_values(list(factors), kind="stable").index] if factors else table


def _rank(sweep: Sweep, factor: str) -> dict[str, int]:
    return {level: index for index, level in enumerate(sweep.factors[factor])}
