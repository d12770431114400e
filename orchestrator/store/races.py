"""The race of a sweep: what was planned at its first look, and what each look decided. One small sealed file a sweep.

A look is a function of the trials of its seeds and of the looks before it, so that a race whose file is lost comes to
the same decisions from the trials that are kept.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.store.atomic import read_sealed_json, write_sealed_json
from orchestrator.store.errors import DamagedError

RACES_FOLDER = "races"

Comparison = dict[str, Any]
"""`factor`, `metric`, `level`, `reference`, `dataset` (null over all), and what a look says of it."""


@dataclass(frozen=True, kw_only=True)
class RacePlan:
    """What is fixed at the first look."""

    fewest: int
    """Seeds at the first look."""
    largest: int
    """Seeds at the last look that is planned."""
    answers: tuple[str, ...]
    """The metrics that are decided."""
    margins: dict[str, float | None]
    """Of each, the difference that is of no importance; null where none is known."""
    design: str
    """A checksum of the trials that the largest number of seeds has."""


@dataclass(frozen=True, kw_only=True)
class RaceLook:
    """What one look said."""

    seeds: int
    """So many of the sweep's."""
    looked_at: str
    """ISO time."""
    trials: int
    """Of the design until then."""
    decided: tuple[Comparison, ...]
    """What it decided, each with its `verdict` and both p beside their bounds."""
    still_open: tuple[Comparison, ...]
    """What it left open."""


@dataclass(frozen=True, kw_only=True)
class Race:
    """A race, as far as it is."""

    plan: RacePlan
    looks: tuple[RaceLook, ...] = ()
    """In order, one a seed from the fewest on."""
    raised: int | None = None
    """Seeds at most, where that was raised after a look: those beyond the plan are judged by e-values."""

    @property
    def largest(self) -> int:
        """Seeds at the last look, whatever is open then."""
        return self.raised or self.plan.largest

    @property
    def next_seeds(self) -> int:
        """Seeds of the next look; that of an ended race is the last one's."""
        if not self.looks:
            return self.plan.fewest
        return self.looks[-1].seeds + (0 if self.ended else 1)

    @property
    def still_open(self) -> tuple[Comparison, ...]:
        """What is open now; nothing before the first look, because no comparison is known yet."""
        return self.looks[-1].still_open if self.looks else ()

    @property
    def judged_last(self) -> tuple[Comparison, ...]:
        """Each comparison as it was judged last: where it was decided, else as it is open now."""
        return (*(row for look in self.looks for row in look.decided), *self.still_open)

    @property
    def driving(self) -> tuple[Comparison, ...]:
        """The open comparisons that get further seeds."""
        return self.driving_after(self.looks[-1]) if self.looks else ()

    def driving_after(self, look: RaceLook) -> tuple[Comparison, ...]:
        """Return those that a look left open over all datasets; of a sweep of one dataset, on that one."""
        several = any(row["dataset"] is None for row in self.judged_last)
        return tuple(row for row in look.still_open if row["dataset"] is None or not several)

    @property
    def ended(self) -> bool:
        """Whether there is no look to come."""
        return bool(self.looks) and (not self.driving or self.looks[-1].seeds >= self.largest)

    def with_look(self, look: RaceLook) -> "Race":
        """Return the race with a further look."""
        return replace(self, looks=(*self.looks, look))


def write_race(store: Path, name: str, race: Race) -> None:
    """Keep the race of a sweep.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    write_sealed_json(race_path(store, name), {"sweep": name, **asdict(race)})


def read_race(store: Path, name: str) -> Race | None:
    """Return the race of a sweep; None where it is not raced.

    Raises:
        DamagedError: the file is not what was written.
    """
    path = race_path(store, name)
    try:
        found = read_sealed_json(path)
        if found["sweep"] != name:
            raise ValueError(f"it is the race of {found['sweep']}")
        looks = tuple(_look(each) for each in found["looks"])
        return Race(plan=_plan(found["plan"]), looks=looks, raised=found["raised"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{RACES_FOLDER}/{path.name}: damaged ({error}); `ncvq check --repair --store {store}` sets it aside, and "
            "the next launch with --until-decided makes its decisions again from the trials that are kept"
        ) from error


def race_path(store: Path, name: str) -> Path:
    """Return where the race of a sweep is."""
    return store / RACES_FOLDER / f"{name}.json"


def _plan(written: Mapping[str, Any]) -> RacePlan:
    return RacePlan(**{**written, "answers": tuple(written["answers"])})


def _look(written: Mapping[str, Any]) -> RaceLook:
    return RaceLook(**{**written, **{name: tuple(written[name]) for name in ("decided", "still_open")}})
