"""Which trials of a search end early: Optuna's pruner, asked in a study that is rebuilt from what the store keeps."""

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence

import optuna
from optuna.samplers import RandomSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from orchestrator.search.pruners import make_pruner
from orchestrator.store import Store
from orchestrator.store.courses import Course, ended_early, read_courses, write_course
from orchestrator.store.search_results import values_by_epoch
from orchestrator.store.searches import Suggestion
from orchestrator.sweepfile.deciders import Pruner
from orchestrator.sweepfile.search import Search


class Pruning:
    """Keeps how the trials of a search go, and decides which of them end early.

    Trials of the first seed are compared, which have the same validation part; with one of them, those of its other
    seeds end. Were each seed to decide, what is left would be chosen as often as there are seeds. A decision is kept
    together with the value that it follows from, before anybody is told, so that after a kill it is the same.

    Args:
        search: what is looked for.
        pruner: of it.
        store: keeps it.
    """

    def __init__(self, search: Search, pruner: Pruner, store: Store) -> None:
        """Read what is kept."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.search = search
        self.pruner = pruner
        self._store = store
        self._courses = read_courses(store.path, search.study_id)

    def take_over(self, trial_ids: Collection[str], suggestions: Sequence[Suggestion]) -> None:
        """Take note of finished trials of suggestions that ran elsewhere: the pruner compares with them, too.

        Raises:
            StoreError: the disk is full or the store not writable.
        """
        ids = {each.trial_ids[0] for each in suggestions if each.trial_ids} & set(trial_ids) - self._courses.keys()
        known = values_by_epoch(self._store, self.search.objectives, ids) if ids else {}
        for trial_id, values in known.get(self.search.objectives[0], {}).items():
            self._told(Course(trial_id=trial_id, unpruned=True), values, suggestions)

    def measured(
        self, trial_ids: Sequence[str], values: Mapping[int, float], suggestions: Sequence[Suggestion]
    ) -> dict[str, str]:
        """Take note of what a stage measured; says which trials are to end early, by id, and why.

        Args:
            trial_ids: the trials that have the stage.
            values: of the objective, by epoch; those that were told before are taken as they were.
            suggestions: all so far.

        Raises:
            StoreError: the disk is full or the store not writable.
        """
        deciding = {each.trial_ids[0] for each in suggestions if each.trial_ids}
        for trial_id in trial_ids:
            if trial_id in deciding:
                self._told(self._courses.get(trial_id, Course(trial_id=trial_id)), values, suggestions)
        return ended_early(
            (each for each in suggestions if not set(trial_ids).isdisjoint(each.trial_ids)), self._courses
        )

    def ended(self, suggestions: Sequence[Suggestion]) -> dict[str, str]:
        """Return why trials of suggestions are ended early, by id."""
        return ended_early(suggestions, self._courses)

    def unprune(self, suggestions: Sequence[Suggestion]) -> None:
        """Let every trial that was pruned go on, to its end.

        Raises:
            StoreError: the disk is full or the store not writable.
        """
        for trial_id in self._courses.keys() & ended_early(suggestions, self._courses):
            self._keep(dataclasses.replace(self._courses[trial_id], pruned=None, unpruned=True))

    def _told(self, course: Course, values: Mapping[int, float], suggestions: Sequence[Suggestion]) -> None:
        """Tell the pruner of values, epoch by epoch, until it ends the trial."""
        for epoch in sorted(values.keys() - course.values.keys()):
            if course.pruned is not None:
                return
            if math.isfinite(values[epoch]):
                course = dataclasses.replace(course, values={**course.values, epoch: values[epoch]})
                course = self._asked(course, suggestions)
                self._keep(course)

    def _asked(self, course: Course, suggestions: Sequence[Suggestion]) -> Course:
        """Ask the pruner after a new value, and return what it remembers and says."""
        epoch, epochs = max(course.values), self.pruner.epochs
        if epoch >= epochs:
            return course
        study, number = self._study(course, suggestions)
        assert study.pruner is not None
        says = study.pruner.prune(study, study.get_trials(deepcopy=False)[number])
        state = dict(study.get_trials(deepcopy=False)[number].system_attrs)
        objective = self.search.objectives[0].metric
        reason = f"pruned at epoch {epoch} of {epochs} by {self.pruner.name}: {objective} {course.values[epoch]:.4g}"
        pruned = reason if says and not course.unpruned else None
        return dataclasses.replace(course, pruner_state=state, pruned=pruned)

    def _study(self, course: Course, suggestions: Sequence[Suggestion]) -> tuple[optuna.Study, int]:
        """Return a study of the trials of the first seed, as the pruner knows them, and the number of one of them.

        Numbers are those of the suggestions; of equal ones the first counts, and the others have no values.
        """
        trials = {each.number: each.trial_ids[0] for each in suggestions if each.trial_ids}
        own = next(number for number, trial_id in trials.items() if trial_id == course.trial_id)
        study = optuna.create_study(
            storage=InMemoryStorage(),
            study_name=self.search.study_id,
            direction=self.search.objectives[0].direction,
            sampler=RandomSampler(),
            pruner=make_pruner(self.pruner.name, self.pruner.every, self.pruner.epochs),
        )
        seen: set[str] = set()
        for number in range(max(trials) + 1):
            trial_id = trials.get(number, "")
            known = course if number == own else self._courses.get(trial_id)
            study.add_trial(self._frozen(None if trial_id in seen else known))
            seen.add(trial_id)
        return study, own

    def _frozen(self, course: Course | None) -> FrozenTrial:
        """Return a trial as Optuna has it; None is one of which nothing is known."""
        if course is None:
            return create_trial(state=TrialState.FAIL)
        state = TrialState.COMPLETE if max(course.values, default=0) >= self.pruner.epochs else TrialState.RUNNING
        return create_trial(
            state=TrialState.PRUNED if course.pruned is not None else state,
            value=course.values[max(course.values)] if state == TrialState.COMPLETE else None,
            intermediate_values=dict(course.values),
            system_attrs=dict(course.pruner_state),
        )

    def _keep(self, course: Course) -> None:
        write_course(self._store.path, self.search.study_id, course)
        self._courses[course.trial_id] = course
