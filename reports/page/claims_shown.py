"""How many comparisons a page can carry: all of them, or those that its answers need."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

MOST_CLAIMS = 3_000


def claims_shown(claims: pd.DataFrame, answered: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """The comparisons for the page.

    Args:
        claims: the table of all of them.
        answered: the metrics that the sweep answers for.

    Returns:
        All of at most MOST_CLAIMS. Of more: those over datasets, and of the metrics that are answered for those on
        single datasets too, as long as they are not too many either. Then what is left out, in words.
    """
    if len(claims) <= MOST_CLAIMS:
        return claims, ""
    overall = claims["dataset"].isna()
    kept = claims[overall | claims["metric"].isin(list(answered))]
    if len(kept) <= MOST_CLAIMS:
        return kept, "On single datasets, only those of the metrics that the sweep answers for are shown here."
    return claims[overall], "Those on single datasets are there alone."
