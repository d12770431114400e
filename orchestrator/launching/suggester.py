"""Suggestions while a launch runs: drawn when a worker is free, kept before they run."""

from collections.abc import Callable, Collection, Mapping, Sequence

from orchestrator.launching.recorder import Recorder
from orchestrator.planning.plan import Plan
from orchestrator.planning.queue import StageTask
from orchestrator.search.journal import journal_text
from orchestrator.search.pruning import Pruning
from orchestrator.search.study import draw, numbers_to_draw
from orchestrator.search.suggested import results_of
from orchestrator.store import Store
from orchestrator.store.searches import Suggestion, numbers_in_all, write_journal, write_suggestion
from orchestrator.store.status import Status
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.sweep import Cell


class Suggester:
    """Draws the suggestions of a search, one after the other, until its budget is spent.

    Each is drawn from what the store holds at that moment; those that still run are known to the sampler as such.

    Args:
        search: what is looked for.
        suggestions: those that the store has.
        recorder: keeps their trials.
        planned: says what some trials lack, of which some were ended early.
        flops: operations by kind of stage that a suggestion takes, on average.
        note: keeps all trials so far as those of the sweep, so that reports and a look at the store know them.

    Attributes:
        tasks: stages of all suggestions that were drawn here.
    """

    def __init__(
        self,
        search: Search,
        suggestions: Sequence[Suggestion],
        recorder: Recorder,
        planned: Callable[[Sequence[Cell], Collection[str]], Plan],
        flops: Mapping[str, float],
        note: Callable[[Sequence[Cell]], object],
    ) -> None:
        """Begin with the suggestions of earlier launches."""
        self.search = search
        self.tasks: list[StageTask] = []
        self._suggestions = list(suggestions)
        self._recorder = recorder
        self._store: Store = recorder.store
        self._planned = planned
        self._flops = flops
        self._note = note
        self._pruning = Pruning(search, search.pruner, self._store) if search.pruner else None
        self._settle(self.cells)

    @property
    def left(self) -> int:
        """How many suggestions are still to draw."""
        return max(0, numbers_in_all(self._suggestions, self.search.budget) - len(self._suggestions))

    @property
    def cells(self) -> list[Cell]:
        """The trials of all suggestions, each once."""
        return list(self._recorder.cells.values())

    def flops_left(self) -> dict[str, float]:
        """Return the operations by kind of stage that suggestions still to draw will take, on average."""
        return {kind: flops * self.left for kind, flops in self._flops.items()}

    def more(self) -> list[StageTask] | None:
        """Draw a suggestion and return the stages that it lacks, none where an equal one ran; None at the end.

        Raises:
            StoreError: the disk is full or the store not writable.
        """
        results = results_of(self.search, self._suggestions, self._store)
        number = next(numbers_to_draw(results, self.search.budget), None)
        if number is None:
            return None
        drawn = draw(self.search, results, number)
        write_suggestion(self._store.path, self.search.study_id, drawn.suggestion)
        self._suggestions = sorted([*self._suggestions, drawn.suggestion], key=lambda each: each.number)
        new = [cell for cell in drawn.cells if cell.config.trial_id not in self._recorder.cells]
        self._recorder.cells |= {cell.config.trial_id: cell for cell in new}
        self._settle(new)
        plan = self._planned(new, self._ended())
        for cell in plan.to_assemble:
            self._recorder.finish(cell)
        self.tasks += plan.tasks
        self._note(self.cells)
        self.keep_journal()
        return plan.tasks

    def judge(self, task: StageTask, values: Mapping[int, float]) -> dict[str, str]:
        """Take note of what a stage measured along the way; says which trials are to end early, by id, and why.

        Raises:
            StoreError: the disk is full or the store not writable.
        """
        return self._pruning.measured(task.trial_ids, values, self._suggestions) if self._pruning else {}

    def _ended(self) -> dict[str, str]:
        """Return why trials are ended early, by id."""
        return self._pruning.ended(self._suggestions) if self._pruning else {}

    def _settle(self, cells: Sequence[Cell]) -> None:
        """Let the pruner know trials that ran elsewhere, and keep those as pruned of which a kill left no row."""
        if self._pruning is None:
            return
        ids = [cell.config.trial_id for cell in cells]
        rows, ended = self._store.read_trials(ids, ("status",)).rows, self._ended()
        statuses = {trial_id: row["status"] for trial_id, row in rows.items()}
        self._pruning.take_over([each for each in ids if statuses.get(each) == Status.DONE], self._suggestions)
        for cell in cells:
            trial_id = cell.config.trial_id
            if trial_id in ended and statuses.get(trial_id) not in (Status.DONE, Status.PRUNED):
                self._recorder.prune(cell, self.search.objectives[0].stage, ended[trial_id])

    def keep_journal(self) -> None:
        """Keep the study as Optuna's journal beside its suggestions.

        Raises:
            StoreError: the disk is full or the store not writable.
        """
        results = results_of(self.search, self._suggestions, self._store)
        write_journal(self._store.path, self.search.study_id, journal_text(self.search, results))
