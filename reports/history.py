"""The history of the done trials of a sweep: millions of rows, held in little room."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestrator.store.schema import HISTORY_TABLE

HISTORY_COLUMNS = tuple(HISTORY_TABLE.names)
KEYS = ["trial_id", "stage", "epoch"]


def compact_history(rows: pa.Table, trial_ids: Collection[str]) -> pd.DataFrame:
    """The history of some trials, each epoch once.

    Args:
        rows: of the store, each text once.
        trial_ids: of the trials.

    Returns:
        KEYS, of which the first two are categories, and the columns that hold anything.
    """
    table = pd.DataFrame(rows.unify_dictionaries().to_pandas(split_blocks=True, self_destruct=True))
    table = table.reindex(columns=list(dict.fromkeys([*KEYS, *table.columns])))
    table = table.astype({"trial_id": "category", "stage": "category"})
    kept = table["trial_id"].isin(trial_ids)
    if not _in_order(table):
        kept &= ~table.duplicated(KEYS)
    return table if kept.all() else table[kept].reset_index(drop=True)


def _in_order(table: pd.DataFrame) -> bool:
    """Whether each stage of a trial is one run of rows with rising epochs, so that none of them is there twice.

    A launch writes them so; this asks for a tenth of the time of `duplicated`.
    """
    stages = table["stage"].cat
    runs = table["trial_id"].cat.codes.to_numpy(np.int64) * (len(stages.categories) + 1) + stages.codes.to_numpy() + 1
    starts = runs[1:] != runs[:-1]
    rising = table["epoch"].to_numpy()[1:] > table["epoch"].to_numpy()[:-1]
    firsts = runs[np.flatnonzero(np.append(True, starts))] if len(runs) else runs
    return bool((starts | rising).all() and len(np.unique(firsts)) == len(firsts))


def with_levels(rows: pd.DataFrame, cells: pd.DataFrame, factors: Sequence[str]) -> pd.DataFrame:
    """Rows of a history with the factors of their trials, and with texts instead of categories."""
    ids = rows["trial_id"].cat
    levels = cells.set_index("trial_id")[list(factors)].reindex(ids.categories)
    texts = {name: rows[name].astype("str") for name in ("trial_id", "stage") if name in rows}
    return rows.assign(**texts, **{name: levels[name].array.take(ids.codes) for name in factors})
