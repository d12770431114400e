"""Another sweep's values beside ours, as a table for a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from reports.beside import beside_table
from reports.levels import DATASET
from reports.read_store import Results
from reports.statistics.beside import NEAR, THEIRS
from reports.tables.captions import about
from reports.tables.means import mean_and_sd
from reports.tables.paper import BESIDE, Entry, PaperTable

NOTHING = "–"
OURS = "ours"
HEAD = "difference [standard errors]"


def explained(results: Results) -> str:
    """What the two columns are, and what they are not."""
    assert results.beside is not None
    other = results.beside.results.sweep
    named = ", ".join(other.group_factors)
    return (
        f"Ours beside the sweep {other.name}, imported from {other.source} and not run by ncvq: mean ± standard "
        "deviation over the trials of each setting (their number in brackets), and ours less theirs in standard "
        f"errors, √(sd²/n + sd²/n) of both; bold beyond {NEAR:g}. Unpaired: no seed, batch or judge is shared. "
        f"Settings are the same in {named}; in all that {other.name} does not name they may differ. Nothing else in "
        f"this report is made of these values.{f' {other.description}' if other.description else ''}"
    )


def beside_paper(results: Results) -> list[PaperTable]:
    """The table `beside`; none where nothing is put beside, or no setting is in both."""
    table = beside_table(results)
    if table.empty or results.beside is None:
        return []
    factors = shown_factors(results, table)
    rows = table.to_dict("records")
    return [
        PaperTable(
            name=BESIDE,
            sweep=results.sweep.name,
            caption=" ".join([explained(results), *about(results)]),
            corner=(("metric", *factors),),
            heads=((OURS, results.beside.results.sweep.name, HEAD),),
            names=tuple((str(row["metric"]), *setting_texts(row, factors)) for row in rows),
            entries=tuple(tuple(Entry(text=text, best=far) for text, far in entries_of(row)) for row in rows),
        )
    ]


def shown_factors(results: Results, table: pd.DataFrame) -> list[str]:
    """The factors that tell the rows apart, and the dataset."""
    return [
        name
        for name in results.sweep.group_factors
        if name in table and (name == DATASET or name in results.sweep.varying)
    ]


def setting_texts(row: Mapping[Any, Any], factors: Sequence[str]) -> list[str]:
    """The levels of a row."""
    return [NOTHING if pd.isna(row[name]) else str(row[name]) for name in factors]


def entries_of(row: Mapping[Any, Any]) -> list[tuple[str, bool]]:
    """The texts of a row, and whether each is bold."""
    z = float(row["z"])
    return [(_mean(row, ""), False), (_mean(row, THEIRS), False), (NOTHING if z != z else f"{z:+.1f}", abs(z) > NEAR)]


def _mean(row: Mapping[Any, Any], of: str) -> str:
    return f"{mean_and_sd(float(row[f'mean{of}']), float(row[f'sd{of}']))} ({row[f'n{of}']})"
