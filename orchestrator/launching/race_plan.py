"""What a race fixes at its first look, and whether a launch still asks for the same."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from ncvq_core.errors import ConfigError
from ncvq_core.metrics import metrics_by_name
from orchestrator.planning.graph import trial_stages
from orchestrator.store.errors import StoreError
from orchestrator.store.races import Race, RacePlan, race_path, read_race
from orchestrator.sweepfile.sweep import Label, Sweep

FEWEST_SEEDS = 4
"""Of the first look: fewer show no difference (rule 8 of docs/statistics.md)."""


def open_race(store: Path, sweep: Sweep) -> Race:
    """Return the race of a sweep as far as it is in a store, raised where the sweep has more seeds than it.

    Raising a race of which everything is decided changes nothing.

    Args:
        store: the folder, which need not be there yet.
        sweep: with the largest number of seeds.

    Raises:
        ConfigError: the largest number is too small.
        StoreError: it was planned otherwise at its first look.
    """
    seeds = seeds_of(sweep)
    found = read_race(store, sweep.name) if race_path(store, sweep.name).exists() else None
    if found is None:
        return Race(plan=plan_of(sweep))
    if len(seeds) < found.largest:
        raise StoreError(_otherwise(f"--max-seeds {found.largest}, not {len(seeds)}", sweep.name))
    now = plan_of(sweep, seeds[: found.plan.largest])
    if found.plan != now:
        raise StoreError(_otherwise(_difference(found.plan, now), sweep.name))
    return replace(found, raised=len(seeds)) if len(seeds) > found.largest and found.driving else found


def plan_of(sweep: Sweep, seeds: Collection[Label] = ()) -> RacePlan:
    """What the first look fixes.

    Args:
        sweep: with the largest number of seeds, or more.
        seeds: those that are planned; empty: all of them.

    Raises:
        ConfigError: these are too few for a race, or there is nothing that it could decide.
    """
    planned = seeds or seeds_of(sweep)
    if len(planned) <= FEWEST_SEEDS:
        raise ConfigError(
            f"--max-seeds {len(planned)}: must be > {FEWEST_SEEDS}, the seeds of the first look", "max_seeds"
        )
    answers = sweep.answers or _default_answers(sweep)
    known = metrics_by_name()
    _check_compares(sweep, {known[name].stage for name in answers})
    ids = sorted(cell.config.trial_id for cell in sweep.cells if cell.levels["seed"] in planned)
    return RacePlan(
        fewest=FEWEST_SEEDS,
        largest=len(planned),
        answers=answers,
        margins={name: sweep.margins.get(name, known[name].margin) for name in answers},
        design=hashlib.sha256("\n".join(ids).encode()).hexdigest(),
    )


def seeds_of(sweep: Sweep) -> list[Label]:
    """The labels of its seeds, in order."""
    return [level.label for factor in sweep.factors if factor.name == "seed" for level in factor.levels]


def _default_answers(sweep: Sweep) -> tuple[str, ...]:
    from reports.statistics.answers import default_answers

    return default_answers(2 if any(cell.config.sampling for cell in sweep.cells) else 1)


def _check_compares(sweep: Sweep, stages: Collection[str]) -> None:
    """Refuse a race without levels to compare, or of which no trial has a stage that its answers measure."""
    if not any(len(factor.levels) > 1 for factor in sweep.factors if factor.name not in ("seed", "dataset")):
        raise ConfigError(f"--until-decided: {sweep.name} has no factor with two levels to compare; launch it without")
    if not any(stage.kind.name in stages for cell in sweep.cells for stage in trial_stages(cell.config)):
        raise ConfigError(
            f"--until-decided: no trial of {sweep.name} measures any of its answers; name metrics that they do under "
            "answers, or train the stages that these need"
        )


def _otherwise(what: str, name: str) -> str:
    return (
        f"the race of {name} in this store was planned with {what}, and a plan that changes after a look errs more "
        "often; launch it as it was planned (without --max-seeds: with as many as were), or in another --store"
    )


def _difference(kept: RacePlan, now: RacePlan) -> str:
    """Say in what a race differs from the one that was begun."""
    if kept.answers != now.answers:
        return f"answers {', '.join(kept.answers)}, not {', '.join(now.answers)}"
    if kept.margins != now.margins:
        return f"margins {_written(kept.margins)}, not {_written(now.margins)}"
    return "other trials, as with another --set"


def _written(margins: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {margin:g}" for name, margin in margins.items() if margin is not None)
