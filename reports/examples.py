"""What the store keeps of finished stages for figures: a few series, spectra, points. Read when a figure needs it."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from orchestrator.store import Store, StoreError
from orchestrator.store.examples import SCHEMA
from reports.errors import ReportError

COLUMNS = tuple(SCHEMA.names)
REMEMBERED = 64


class Examples:
    """The examples of a store.

    Args:
        store: None for one that keeps none.
    """

    def __init__(self, store: Store | None = None) -> None:
        """Read nothing yet."""
        self._store = store
        self._read = lru_cache(REMEMBERED)(self._frame)

    def has(self, stage_id: object) -> bool:
        """Whether something is kept of a stage; no id, no examples."""
        return self._store is not None and isinstance(stage_id, str) and self._store.stage(stage_id).has_examples

    def of(self, stage_id: str) -> pd.DataFrame:
        """The examples of a stage, with the columns of COLUMNS; nobody may change it.

        Raises:
            ReportError: the file is not what was written.
        """
        return self._read(stage_id)

    def _frame(self, stage_id: str) -> pd.DataFrame:
        try:
            kept = self._store.stage(stage_id).examples() if self._store else None
        except (StoreError, OSError) as error:
            raise ReportError(str(error)) from error
        return pd.DataFrame(columns=list(COLUMNS)) if kept is None else kept.to_pandas()
