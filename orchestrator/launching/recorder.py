"""Turns ended stages into trials of the store."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orchestrator.launching.rows import failed_row, finished_row, history_rows
from orchestrator.launching.tracking import Tracker
from orchestrator.planning.graph import trial_stages
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store import StageRecord, Store
from orchestrator.store.errors import StoreError
from orchestrator.store.status import Status
from orchestrator.sweepfile.sweep import Cell

PATIENCE = 2
"""Refusals in a row after which a tracker is left alone."""


class Recorder:
    """Writes the trials of a sweep, and publishes them where there is a tracker.

    Attributes:
        stopped: ids of the trials that ended without a result.
        unpublished: why trials could not be published, by trial id; the next launch tries again.
    """

    def __init__(self, store: Store, cells: Iterable[Cell], tracker: Tracker | None) -> None:
        """Remember the cells by trial id."""
        self.store = store
        self.tracker = tracker
        self.cells = {cell.config.trial_id: cell for cell in cells}
        self.unpublished: dict[str, str] = {}
        self.stopped: set[str] = set()

    def finish(self, cell: Cell) -> None:
        """Keep a trial whose stages are done."""
        records = self._records(cell)
        row, history = finished_row(cell.config, records), history_rows(cell.config, records)
        self.store.write_trial(row, history)

    def prune(self, cell: Cell, stage: str, reason: str) -> None:
        """Keep a trial that ended early, at a stage and for a reason."""
        self.stopped.add(cell.config.trial_id)
        outcome = Outcome(stage_id="", status=Status.PRUNED, error=reason)
        self.store.write_trial(failed_row(cell.config, stage, outcome), [])

    def publish(self) -> None:
        """Publish every done trial that the tracker lacks; after refusals in a row, the rest waits for a later launch.

        A tracker that is out of order stops no sweep: it is spoken to when no stage runs any more.
        """
        if self.tracker is None:
            return
        refusals: list[str] = []
        rows = self.store.read_trials(self.cells).rows
        for cell in self.cells.values():
            row = rows.get(cell.config.trial_id)
            if row is None or row["status"] != Status.DONE:
                continue
            if len(refusals) < PATIENCE:
                reason = self._publish(row, history_rows(cell.config, self._records(cell)))
                refusals = [*refusals, reason] if reason else []
            if refusals:
                self.unpublished[row["trial_id"]] = refusals[-1]

    def ended(self, task: StageTask, outcome: Outcome) -> int:
        """Keep every trial that an ended stage completes or stops, and return how many these are.

        A trial whose stages fail one after the other is kept once, with the first reason.
        """
        cells = [self.cells[trial_id] for trial_id in task.trial_ids if trial_id not in self.stopped]
        if outcome.status == Status.DONE:
            cells = [cell for cell in cells if self._is_complete(cell)]
        for cell in cells:
            ended = self._checked(cell, outcome) if outcome.status == Status.DONE else outcome
            if ended.status == Status.DONE:
                self.finish(cell)
            else:
                self.stopped.add(cell.config.trial_id)
                self.store.write_trial(failed_row(cell.config, task.stage, ended), [])
        return len(cells)

    def _checked(self, cell: Cell, outcome: Outcome) -> Outcome:
        """Return the outcome, or a failure where a stage was made from other weights than those that are here now."""
        try:
            for stage in trial_stages(cell.config):
                self.store.check_origin(stage.stage_id)
        except StoreError as error:
            return replace(outcome, status=Status.FAILED, error=f"StoreError: {error}")
        return outcome

    def _is_complete(self, cell: Cell) -> bool:
        return all(self.store.has_stage(stage.stage_id) for stage in trial_stages(cell.config))

    def _records(self, cell: Cell) -> dict[str, StageRecord]:
        return {stage.kind.name: self.store.read_stage(stage.stage_id) for stage in trial_stages(cell.config)}

    def _publish(self, row: dict[str, Any], history: list[dict[str, Any]]) -> str | None:
        """Publish a trial; returns why the tracker did not take it, None where it did."""
        assert self.tracker is not None
        try:
            self.tracker.publish(row, history)
        except Exception as error:
            return f"{type(error).__name__}: {error}".splitlines()[0]
        return None
