"""A study as the text of Optuna's journal file, which Optuna's own tools and its dashboard open."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from orchestrator.search.study import build_study
from orchestrator.store.search_results import Result
from orchestrator.sweepfile.search import Search


def journal_text(search: Search, results: Sequence[Result]) -> str:
    """Return the journal of a study that is rebuilt from the store, to be written in one atomic step."""
    lines = _Lines()
    build_study(search, results, JournalStorage(lines))
    return "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in lines.entries)


class _Lines(BaseJournalBackend):
    """The entries of a journal, in memory."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        yield from self.entries[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        self.entries += logs
