"""The options of a race, which `launch`, `resume`, `plan` and `status` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ncvq_core.errors import ConfigError
from orchestrator.cli.options import DEFAULT_MAX_SEEDS
from orchestrator.cli.terminal import Chosen, read_sweep

if TYPE_CHECKING:
    from orchestrator.launching.race import Limits
    from orchestrator.store import Store
    from orchestrator.sweepfile.sweep import Sweep


@dataclass(frozen=True, kw_only=True)
class Racing:
    """What `--until-decided` and the options beside it choose."""

    max_seeds: int | None = None
    """Seeds at most; None for those that the race was planned with, or the usual ones."""
    max_trials: int | None = None
    """Trials of the race at most; None for any number."""
    max_hours: float | None = None
    """After which a launch begins no look; None for never."""

    @classmethod
    def of(
        cls, until_decided: bool, max_seeds: int | None, max_trials: int | None, max_hours: float | None, chosen: Chosen
    ) -> Racing | None:
        """Return the race that is asked for; None where none is.

        Raises:
            ConfigError: options that make no sense together.
        """
        given = {"--max-seeds": max_seeds, "--max-trials": max_trials, "--max-hours": max_hours}
        if not until_decided:
            if lonely := [name for name, value in given.items() if value is not None]:
                raise ConfigError(f"{lonely[0]} belongs to a race: add --until-decided")
            return None
        if chosen.seeds is not None:
            raise ConfigError(
                "--seeds and --until-decided: a race begins with four seeds; --max-seeds says where it ends"
            )
        return cls(max_seeds=max_seeds, max_trials=max_trials, max_hours=max_hours)

    def limits(self) -> Limits:
        """Return where a launch stops before the end."""
        from orchestrator.launching.race import Limits

        return Limits(trials=self.max_trials, hours=self.max_hours)

    def words(self) -> list[str]:
        """Return the options as they are written, without limits: who goes on wants more."""
        seeds = [] if self.max_seeds is None else ["--max-seeds", str(self.max_seeds)]
        return ["--until-decided", *seeds]


def read_chosen(
    racing: Racing | None, sweep: str, store: Path, chosen: Chosen, data_dir: Path | None, *, quiet: bool = False
) -> Sweep:
    """Read a sweep; of a race with the largest number of seeds: that which is given, else that of the race in a store.

    Raises:
        DamagedError: the race cannot be read.
        ConfigError: the sweep is a search.
    """
    from orchestrator.store.races import RACES_FOLDER, read_race

    if racing is None:
        return read_sweep(sweep, chosen, data_dir, quiet=quiet)
    seeds = racing.max_seeds
    if seeds is None and (store / RACES_FOLDER).exists():
        begun = read_race(store, read_sweep(sweep, chosen, data_dir, fetch=False, quiet=True).name)
        seeds = begun.largest if begun else None
    design = read_sweep(sweep, replace(chosen, seeds=seeds or DEFAULT_MAX_SEEDS), data_dir, quiet=quiet)
    if design.search is not None:
        raise ConfigError(f"--until-decided: {design.name} is a search, which compares no levels")
    return design


def read_step(
    racing: Racing | None, sweep: str, store: Path, chosen: Chosen, data_dir: Path | None, *, quiet: bool = False
) -> tuple[Sweep, list[str]]:
    """Read a sweep as `read_chosen` does; of a race the trials until its next look, and what is to be said of it.

    Raises:
        StoreError: the race was planned otherwise, or cannot be read.
    """
    design = read_chosen(racing, sweep, store, chosen, data_dir, quiet=quiet)
    if racing is None:
        return design, []
    from orchestrator.launching.race import forecast_line, raced
    from orchestrator.launching.race_plan import open_race
    from orchestrator.launching.race_words import look_lines

    here = open_race(store, design)
    said = look_lines(here) if here.ended else [forecast_line(store, design, here)]
    return raced(design, here, here.next_seeds), said


def as_raced(sweep: Sweep, store: Store, with_seeds: Callable[[int], Sweep]) -> Sweep:
    """Return a sweep that is raced in a store with the trials until its next look; one that is not, as it is.

    Args:
        sweep: as its file has it.
        store: where it may be raced.
        with_seeds: reads it with so many seeds.

    Raises:
        DamagedError: the race cannot be read.
    """
    from orchestrator.store.races import read_race

    if (found := read_race(store.path, sweep.name)) is None or not _is_raced_last(store, sweep.name):
        return sweep
    from orchestrator.launching.race import raced
    from orchestrator.launching.race_plan import plan_of, seeds_of

    largest = with_seeds(found.largest)
    planned = plan_of(largest, seeds_of(largest)[: found.plan.largest])
    return raced(largest, found, found.next_seeds) if planned == found.plan else sweep


def _is_raced_last(store: Store, name: str) -> bool:
    """Whether the last launch of a sweep was one of its race; also where that is not known."""
    from orchestrator.store.errors import StoreError

    try:
        return bool(store.read_sweep(name).get("raced"))
    except (StoreError, FileNotFoundError):
        return True
