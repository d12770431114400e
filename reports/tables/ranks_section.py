"""What the page shows of ranks, wins and losses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.claims.wording import count_words
from reports.tables.ranks import Ranking
from reports.tables.ranks_paper import EXPLAINED, count_texts, level_text, rank_text, shown_counts

NOTHING = (
    "Nothing to rank: that needs two datasets, and two levels of a factor with a metric that is answered for and has a "
    "better direction."
)


def ranks_section(found: Sequence[Ranking]) -> dict[str, Any]:
    """The rankings, for the template."""
    shown = shown_counts(found)
    groups = [
        {
            "factor": one.factor,
            "metric": one.metric.name,
            "datasets": count_words(one.datasets, "dataset"),
            "words": one.words,
            "rows": [
                {"level": level_text(each), "rank": rank_text(each), "counts": count_texts(each, shown)}
                for each in one.levels
            ],
        }
        for one in found
    ]
    return {"groups": groups, "counts": shown, "explained": EXPLAINED, "nothing": NOTHING}
