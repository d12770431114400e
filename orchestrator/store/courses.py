"""How the trials of a search go along the way: what they measured so far, and which were ended early for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from orchestrator.store.atomic import read_sealed_json, write_sealed_json
from orchestrator.store.errors import DamagedError
from orchestrator.store.searches import SEARCHES_FOLDER, study_folder


@dataclass(frozen=True, kw_only=True)
class Course:
    """A trial of a search, with the first of its seeds, by its objective at each epoch that measures it."""

    trial_id: str
    """Which one."""
    values: dict[int, float] = field(default_factory=dict)
    """By epoch; of one that was pruned, up to the epoch at which that was decided."""
    pruner_state: dict[str, Any] = field(default_factory=dict)
    """What the pruner remembers with it, such as the rungs that it has reached."""
    pruned: str | None = None
    """Why it was ended early; None where it was not, or goes on all the same."""
    unpruned: bool = False
    """Whether it is to run to its end, whatever it measures: `ncvq resume --unprune` was told so."""


class OfTrials(Protocol):
    """What has trials: a suggestion."""

    @property
    def trial_ids(self) -> tuple[str, ...]:
        """Their ids, one a seed."""


def ended_early(suggestions: Iterable[OfTrials], courses: Mapping[str, Course]) -> dict[str, str]:
    """Return why trials are ended early, by id: with that of the first seed, which decides, those of the others."""
    found: dict[str, str] = {}
    for first, *others in (suggestion.trial_ids for suggestion in suggestions if suggestion.trial_ids):
        if first in courses and (reason := courses[first].pruned) is not None:
            found |= {first: reason, **dict.fromkeys(others, f"with trial {first}, {reason}")}
    return found


def write_course(store: Path, study_id: str, course: Course) -> None:
    """Keep how a trial goes.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    content = {**asdict(course), "values": {str(epoch): value for epoch, value in course.values.items()}}
    write_sealed_json(_folder(store, study_id) / f"{course.trial_id}.json", content)


def read_courses(store: Path, study_id: str, trial_ids: Collection[str] | None = None) -> dict[str, Course]:
    """Return how the trials of a study went, by id; None takes all.

    One whose file is damaged is left out: it is told anew when its trial goes on.
    """
    found = {}
    for path in sorted(_folder(store, study_id).glob("[!.]*.json")):
        if trial_ids is None or path.stem in trial_ids:
            try:
                found[path.stem] = read_course(path)
            except DamagedError:
                continue
    return found


def read_course(path: Path) -> Course:
    """Return the course of a file.

    Raises:
        DamagedError: it is not what was written.
    """
    try:
        content = read_sealed_json(path)
        return Course(**{**content, "values": {int(epoch): value for epoch, value in content["values"].items()}})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        name = path.relative_to(path.parents[3])
        raise DamagedError(f"{name}: damaged ({error}); it is measured again when its trial goes on") from error


def course_files(store: Path) -> list[Path]:
    """Return the files of all courses of a store."""
    return sorted((store / SEARCHES_FOLDER).glob("*/courses/[!.]*.json"))


def _folder(store: Path, study_id: str) -> Path:
    return study_folder(store, study_id) / "courses"
