"""The suggestions of a search as a table: what was drawn, and what became of it."""

from __future__ import annotations

import pandas as pd

from reports.search import Searched


def suggestions_table(search: Searched) -> pd.DataFrame:
    """Return one row a suggestion.

    Returns:
        number, state, then a column an objective (the mean over the seeds on the validation part; missing where it has
        none) and one a parameter (missing where that was not asked for).
    """
    rows = [
        {
            "number": result.suggestion.number,
            "state": str(result.state),
            **{
                objective.metric: result.values[place] if result.values else None
                for place, objective in enumerate(search.objectives)
            },
            **{name: result.suggestion.drawn.get(name) for name in search.parameters},
        }
        for result in search.results
    ]
    columns = ["number", "state", *(objective.metric for objective in search.objectives), *search.parameters]
    return pd.DataFrame(rows, columns=columns).astype({name: object for name in search.parameters})
