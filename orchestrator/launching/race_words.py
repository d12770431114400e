"""How a race stands, in lines for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from orchestrator.planning.next_look import NextLook
from orchestrator.store.races import Comparison, Race


def look_lines(race: Race) -> list[str]:
    """What the last look decided, what is open, and whether there is a look to come."""
    last = race.looks[-1]
    lines = [f"look at {last.seeds} of at most {race.largest} seeds{_unplanned(race)}, {last.trials} trials:"]
    lines += [f"  decided: {compared(each)}: {each['verdict']}" for each in _first(race, last.decided)]
    lines += [f"  open: {compared(each)}" for each in race.driving]
    if beside := _beside(race):
        lines.append(beside)
    if not race.driving:
        lines.append("  all that gets seeds is decided")
    elif race.ended:
        lines.append(f"  the largest number of seeds is reached; undecided: {len(race.driving)}")
    return lines


def race_lines(race: Race, to_come: NextLook | None) -> list[str]:
    """What each look decided, what is open, and what comes next."""
    raised = f" (raised from {race.plan.largest})" if race.raised else ""
    lines = [f"raced to at most {race.largest} seeds{raised}: {', '.join(race.plan.answers)}"]
    for look in race.looks[:-1]:
        decided = _first(race, look.decided)
        lines += [f"  decided at {look.seeds} seeds: {compared(each)}: {each['verdict']}" for each in decided]
    if race.looks:
        lines += look_lines(race)
    if to_come:
        took = "" if to_come.seconds is None else f", {timedelta(seconds=round(to_come.seconds))} one after another"
        left = f"{to_come.trials_to_run} trials to run{took}" if to_come.trials_to_run else "its trials are done"
        lines.append(f"  next: the look at {to_come.seeds} seeds: {left}")
    return lines


def _unplanned(race: Race) -> str:
    return f" ({race.plan.largest} were planned: by e-values)" if race.looks[-1].seeds > race.plan.largest else ""


def compared(each: Comparison) -> str:
    """Name a comparison."""
    where = f"on {each['dataset']}" if each["dataset"] else "on these datasets"
    return f"{each['factor']} {each['level']} against {each['reference']} by {each['metric']}, {where}"


def _first(race: Race, rows: Iterable[Comparison]) -> list[Comparison]:
    """Those over all datasets; of a sweep of one dataset, all."""
    several = any(row["dataset"] is None for row in race.judged_last)
    return [row for row in rows if row["dataset"] is None or not several]


def _beside(race: Race) -> str:
    """How many comparisons on single datasets are decided; empty where these are all that there are."""
    first = _first(race, race.judged_last)
    beside = [row for row in race.judged_last if row not in first]
    undecided = [row for row in race.still_open if row not in first]
    return f"  on single datasets: {len(beside) - len(undecided)} of {len(beside)} are decided" if beside else ""
