"""Racing a sweep: look, give further seeds to what is open, launch them, look again."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ncvq_core.errors import ConfigError
from orchestrator.launching.launch import Summary, launch
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.race_plan import open_race, seeds_of
from orchestrator.launching.race_words import look_lines
from orchestrator.store.lock import exclusive
from orchestrator.store.races import Comparison, Race, read_race, write_race
from orchestrator.sweepfile.sweep import Cell, Sweep


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
    here = _opened(options.store, sweep, console)
    if here.ended:
        _say(look_lines(here), console)
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


def forecast_line(store: Path, sweep: Sweep, here: Race) -> str:
    """Say how many trials a race will need, as far as that is known.

    Args:
        store: the folder, which need not be there yet.
        sweep: with the largest number of seeds.
        here: its race, which has not ended.
    """
    most = f"{len(sweep.cells)} at most"
    first = f"race: the next look is at {here.next_seeds} of at most {here.largest} seeds"
    from reports.errors import ReportError
    from reports.race_forecast import forecast, trials_until

    places = {label: place for place, label in enumerate(seeds_of(sweep))}
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
    levels = seeds_of(sweep)
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
    from reports.next_look import is_needed

    return is_needed(cell.levels, tuple(open_))


def _opened(store: Path, sweep: Sweep, console: Console) -> Race:
    """Return the race as far as it is; where it is raised now, keep that before anything runs."""
    here = open_race(store, sweep)
    if here.raised and here != read_race(store, sweep.name):
        with exclusive(store, _command()):
            here = open_race(store, sweep)
            write_race(store, sweep.name, here)
        _say([f"race: {here.plan.largest} seeds were planned, {here.largest} from now on: what is decided beyond the "
              "plan is labelled unplanned, and needs an e-value of 20"], console)  # fmt: skip
    return here


def _command() -> str:
    return " ".join(["ncvq", *sys.argv[1:]])


def _with_next_look(store: Path, sweep: Sweep, here: Race) -> Race:
    """Take the look that is due and keep it; where another launch has kept it meanwhile, take that one.

    Raises:
        ConfigError: there is nothing to compare.
    """
    from reports.next_look import next_look

    with exclusive(store, _command()):
        kept = open_race(store, sweep)
        if len(kept.looks) > len(here.looks):
            return kept
        after = here.with_look(next_look(store, sweep.name, here))
        if not after.judged_last:
            raise ConfigError(
                f"--until-decided: {here.next_seeds} seeds of {sweep.name} have no pair of trials with equal "
                f"seeds and values of {', '.join(here.plan.answers)}; "
                "no look is kept: change factors or answers, or launch without"
            )
        write_race(store, sweep.name, after)
    return after


def _say(lines: Collection[str], console: Console) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
