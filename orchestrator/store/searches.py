"""The suggestions of a search: one small file each, written before their trials run, so that a kill loses none."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.store.atomic import read_sealed_json, write_atomically, write_sealed_json
from orchestrator.store.errors import DamagedError

SEARCHES_FOLDER = "searches"
JOURNAL = "journal.log"
_STUDY = "study"
"""Key of a suggestion's file: the study that it is of."""
INVALID_EACH = 20
"""For each suggestion of the budget, at most so many are drawn that do not fit together."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What a sampler suggested."""

    number: int
    """From 0, in the order in which they were drawn."""
    drawn: dict[str, Any]
    """The number of each range and the label of each choice that the sampler drew, by name."""
    trial_ids: tuple[str, ...]
    """Its trials, one a seed; equal suggestions have the same."""
    drawn_at: str
    """When, in UTC."""
    sampler_state: dict[str, Any] = field(default_factory=dict)
    """What the sampler remembers with it, such as the generation."""
    study_state: dict[str, Any] = field(default_factory=dict)
    """What the sampler remembers of all suggestions so far."""


def write_suggestion(store: Path, study_id: str, suggestion: Suggestion) -> None:
    """Keep a suggestion.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    content = {_STUDY: study_id, **asdict(suggestion)}
    write_sealed_json(_folder(store, study_id) / _file_name(suggestion.number), content)


def read_suggestions(store: Path, study_id: str) -> tuple[tuple[Suggestion, ...], tuple[str, ...]]:
    """Return the suggestions of a study by number, and a line for each file that is no longer what was written.

    A number whose file is damaged is free again.
    """
    found, damaged = [], []
    for path in sorted(_folder(store, study_id).glob("[!.]*.json")):
        try:
            found.append(read_suggestion(path))
        except DamagedError as error:
            damaged.append(str(error))
    return tuple(sorted(found, key=lambda each: each.number)), tuple(damaged)


def read_suggestion(path: Path) -> Suggestion:
    """Return the suggestion of a file.

    Raises:
        DamagedError: it is not what was written.
    """
    try:
        content = read_sealed_json(path)
        study, own = content.pop(_STUDY, None), path.parents[1].name
        if path.name != _file_name(content["number"]) or study not in (None, own):
            raise ValueError(f"it is suggestion {content['number']} of {study or own}, copied or renamed")
        return Suggestion(**{**content, "trial_ids": tuple(content["trial_ids"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        name = path.relative_to(path.parents[3])
        raise DamagedError(f"{name}: damaged ({error}); the next launch draws another one") from error


def numbers_in_all(suggestions: Collection[Suggestion], budget: int) -> int:
    """Return how many suggestions there are to be: those without a trial do not count, unless there are very many."""
    invalid = sum(not suggestion.trial_ids for suggestion in suggestions)
    return budget + min(invalid, INVALID_EACH * budget)


def suggestion_files(store: Path) -> list[Path]:
    """Return the files of all suggestions of a store."""
    return sorted((store / SEARCHES_FOLDER).glob("*/suggestions/[!.]*.json"))


def write_journal(store: Path, study_id: str, text: str) -> Path:
    """Keep a study as Optuna's journal, beside its suggestions; returns where.

    Raises:
        StoreError: the disk is full or the folder not writable.
    """
    path = study_folder(store, study_id) / JOURNAL
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return path


def study_folder(store: Path, study_id: str) -> Path:
    """Return where everything of a study is."""
    return store / SEARCHES_FOLDER / study_id


def _file_name(number: int) -> str:
    return f"{number:05}.json"


def _folder(store: Path, study_id: str) -> Path:
    return study_folder(store, study_id) / "suggestions"
