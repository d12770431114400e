"""Racing a sweep: look, give further seeds to what is open, launch them, look again."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ncvq_core.errors import ConfigError
from ncvq_core.metrics import metrics_by_name
from orchestrator.launching.launch import Summary, launch
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.race_words import look_lines
from orchestrator.store.errors import StoreError
from orchestrator.store.lock import exclusive
from orchestrator.store.races import Comparison, Race, RacePlan, race_path, read_race, write_race
from orchestrator.sweepfile.sweep import Cell, Label, Sweep

FEWEST_SEEDS = 4
"""Of the first look: fewer show no difference (rule 8 of docs/statistics.md)."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Where a launch of a race stops, if not everything is decided before."""

    trials: int | None = None
    """Trials of the race, all launches together; no look begins that needs more."""
    hours: float | None = None
    """Of this launch; no look begins after them."""

    def reached(self, trials: int, began: float) -> str | None:
        """Say which limit a look with so many trials would break, of a launch that began then (monotonic seconds)."""
        if self.trials is not None and trials > self.trials:
            return f"--max-trials {self.trials}: the next look needs {trials}"
        if self.hours is not None and time.monotonic() - began >= self.hours * 3600:
            return f"--max-hours {self.hours:g} are over"
        return None


def race(sweep: Sweep, options: LaunchOptions, limits: Limits, console: Console) -> Summary:
    """Launch a sweep look by look, until all that it answers for is decided.

    What is decided follows from the plan and the trials alone, so that a race that was stopped, at any moment and
    however often, goes on to the same decisions.

    Args:
        sweep: with the largest number of seeds.
        options: as of a launch.
        limits: where to stop before the end.
        console: where to tell of it.

    Raises:
        ConfigError: the largest number is too small, or the first look needs more trials than there may be.
        StoreError: the race of this store was planned otherwise, or a launch says so.
    """
    began, summary = time.monotonic(), None
    here = open_race(options.store, sweep)
    while not here.ended:
        design = raced(sweep, here, here.next_seeds)
        if reached := limits.reached(len(design.cells), began):
            if not here.looks:
                raise ConfigError(f"{reached} before anything can be said; allow more", "max_trials")
            _say([f"race stopped, {reached}; launch it again with more to go on"], console)
            break
        summary = launch(design, options, console)
        if summary.exit_code:
            return summary
        here = _with_next_look(options.store, sweep, here)
        _say(look_lines(here), console)
    return summary or launch(raced(sweep, here, here.looks[-1].seeds), options, console)


def open_race(store: Path, sweep: Sweep) -> Race:
    """Return the race of a sweep as far as it is in a store.

    Args:
        store: the folder, which need not be there yet.
        sweep: with the largest number of seeds.

    Raises:
        ConfigError: the largest number is too small.
        StoreError: it was planned otherwise at its first look.
    """
    plan = plan_of(sweep)
    found = read_race(store, sweep.name) if race_path(store, sweep.name).exists() else None
    if found is None:
        return Race(plan=plan)
    if found.plan != plan:
        raise StoreError(_otherwise(found.plan, plan, sweep.name))
    return found


def plan_of(sweep: Sweep) -> RacePlan:
    """What the first look fixes, of a sweep with the largest number of seeds.

    Raises:
        ConfigError: these are too few for a race.
    """
    largest = len(_seeds(sweep))
    if largest <= FEWEST_SEEDS:
        raise ConfigError(f"--max-seeds {largest}: must be > {FEWEST_SEEDS}, the seeds of the first look", "max_seeds")
    answers = sweep.answers or _default_answers(sweep)
    known = metrics_by_name()
    ids = sorted(cell.config.trial_id for cell in sweep.cells)
    return RacePlan(
        fewest=FEWEST_SEEDS,
        largest=largest,
        answers=answers,
        margins={name: sweep.margins.get(name, known[name].margin) for name in answers},
        design=hashlib.sha256("\n".join(ids).encode()).hexdigest(),
    )


def forecast_line(store: Path, sweep: Sweep, here: Race) -> str:
    """Say how many trials a race will need, as far as that is known.

    Args:
        store: the folder, which need not be there yet.
        sweep: with the largest number of seeds.
        here: its race, which has not ended.
    """
    most = f"{len(sweep.cells)} at most"
    first = f"race: the next look is at {here.next_seeds} of at most {here.plan.largest} seeds"
    from reports.errors import ReportError
    from reports.racing.forecast import forecast, trials_until

    places = {label: place for place, label in enumerate(_seeds(sweep))}
    cells = [(places[label], cell.levels) for cell in sweep.cells if (label := cell.levels["seed"]) is not None]
    try:
        expected = forecast(store, sweep.name, here)
    except ReportError:
        expected = None
    if expected is None or expected.empty:
        return f"{first}; how many trials it needs is known after {here.plan.fewest} seeds, {most}"
    count = trials_until(expected, cells, here.plan.fewest)
    return f"{first}; about {count} trials in all if nothing has an effect, fewer where effects are large, {most}"


def raced(sweep: Sweep, here: Race, seeds: int) -> Sweep:
    """The trials of a race until a look: all of the first one, then those that the comparisons open before it need.

    Args:
        sweep: with the largest number of seeds.
        here: the race, with the looks before that one.
        seeds: at the look.
    """
    levels = _seeds(sweep)
    open_before = {look.seeds: here.driving_after(look) for look in here.looks}
    places = {label: place for place, label in enumerate(levels[:seeds])}

    def wanted(cell: Cell) -> bool:
        label = cell.levels["seed"]
        place = None if label is None else places.get(label)
        return place is not None and (place < here.plan.fewest or _is_needed(cell, open_before[place]))

    factors = tuple(
        replace(factor, levels=factor.levels[:seeds]) if factor.name == "seed" else factor for factor in sweep.factors
    )
    cells = tuple(cell for cell in sweep.cells if wanted(cell))
    return replace(sweep, factors=factors, cells=cells, grid_cells=len(cells), raced=True)


def _is_needed(cell: Cell, open_: Collection[Comparison]) -> bool:
    from reports.racing.of_sweep import is_needed

    return is_needed(cell.levels, tuple(open_))


def _with_next_look(store: Path, sweep: Sweep, here: Race) -> Race:
    """Take the look that is due and keep it; where another launch has kept it meanwhile, take that one."""
    from reports.racing.of_sweep import next_look

    with exclusive(store, " ".join(["ncvq", *sys.argv[1:]])):
        kept = open_race(store, sweep)
        if len(kept.looks) > len(here.looks):
            return kept
        after = here.with_look(next_look(store, sweep.name, here))
        write_race(store, sweep.name, after)
    return after


def _default_answers(sweep: Sweep) -> tuple[str, ...]:
    from reports.statistics.answers import default_answers

    return default_answers(2 if any(cell.config.sampling for cell in sweep.cells) else 1)


def _seeds(sweep: Sweep) -> list[Label]:
    return [level.label for factor in sweep.factors if factor.name == "seed" for level in factor.levels]


def _otherwise(kept: RacePlan, now: RacePlan, name: str) -> str:
    """Say in what a race differs from the one that was begun."""
    if kept.largest != now.largest:
        what = f"--max-seeds {kept.largest}, not {now.largest}"
    elif kept.answers != now.answers:
        what = f"answers {', '.join(kept.answers)}, not {', '.join(now.answers)}"
    elif kept.margins != now.margins:
        what = f"margins {_written(kept.margins)}, not {_written(now.margins)}"
    else:
        what = "other trials, as with another --set"
    return (
        f"the race of {name} in this store was planned with {what}, and a plan that changes after a look errs more "
        "often; launch it as it was planned, or in another --store"
    )


def _written(margins: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {margin:g}" for name, margin in margins.items() if margin is not None)


def _say(lines: Collection[str], console: Console) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
