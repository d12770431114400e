"""The store, and the only place that knows how its files are laid out; needs neither torch nor ray."""

from orchestrator.store.errors import DamagedError, StoreBusyError, StoreError
from orchestrator.store.parts import TableRead
from orchestrator.store.stage_folder import StageFolder, StageRecord
from orchestrator.store.store import Store

__all__ = ["DamagedError", "StageFolder", "StageRecord", "Store", "StoreBusyError", "StoreError", "TableRead"]
