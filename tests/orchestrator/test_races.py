"""The record of a race, and which of its comparisons get seeds; nothing is launched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.launching.race import raced
from orchestrator.launching.race_plan import plan_of
from orchestrator.planning.next_look import next_look
from orchestrator.store.races import Comparison, Race, RaceLook, RacePlan, read_race, write_race
from orchestrator.sweepfile.read import Changes, load_sweep

PLAN = RacePlan(fewest=4, largest=6, answers=("val_loss",), margins={"val_loss": None}, design="0")


def comparison(level: str, dataset: str | None, verdict: str = "undecided", factor: str = "ssl") -> Comparison:
    return {"factor": factor, "metric": "val_loss", "level": level, "reference": "none", "dataset": dataset,
            "verdict": verdict, "p": None}  # fmt: skip


def look(seeds: int, decided: list[Comparison], still_open: list[Comparison]) -> RaceLook:
    return RaceLook(seeds=seeds, looked_at="2026-01-01", trials=8, decided=tuple(decided), still_open=tuple(still_open))


def test_a_race_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    assert read_race(tmp_path, "a-small") is None
    race = Race(plan=PLAN, looks=(look(4, [comparison("a", None, "better")], [comparison("b", "A")]),))
    write_race(tmp_path, "a-small", race)
    assert read_race(tmp_path, "a-small") == race


@pytest.mark.parametrize(
    ("decided", "still_open", "ended"),
    [
        ([comparison("a", None, "better")], [comparison("b", None)], False),
        ([comparison("a", None, "better")], [comparison("a", "A")], True),
        ([comparison("a", "A", "better")], [comparison("b", "A")], False),
        ([comparison("a", "A", "better")], [], True),
    ],
)
def test_a_race_ends_with_the_last_comparison_over_all_datasets(
    decided: list[Comparison], still_open: list[Comparison], ended: bool
) -> None:
    race = Race(plan=PLAN, looks=(look(4, decided, still_open),))
    assert race.ended == ended
    assert race.next_seeds == (4 if ended else 5)
    assert race.with_look(look(5, [], still_open)).with_look(look(6, [], still_open)).ended


@pytest.mark.parametrize(
    ("open_", "expected"),
    [
        (("ssl", "barlowtwins", "none"), {"none": 1, "barlowtwins": 8}),
        (("aug_recon_weight", "0.2", "0.05"), {"barlowtwins": 4, "vibcreg": 4}),
        (("augmentations", "slice", "warp"), {"barlowtwins": 8, "vibcreg": 8}),
    ],
)
def test_a_new_seed_has_the_cells_of_what_is_open(open_: tuple[str, str, str], expected: dict[str, int]) -> None:
    sweep = load_sweep("aug-recon-weight", Changes(profile="small", seeds=6))
    factor, level, reference = open_
    row: dict[str, Any] = {**comparison(level, None, factor=factor), "reference": reference}
    here = Race(plan=plan_of(sweep), looks=(look(4, [], [row, comparison("vibcreg", "GunPoint")]),))
    cells = raced(sweep, here, 5).cells
    assert len([cell for cell in cells if cell.levels["seed"] in (0, 1, 2, 3)]) == 272
    fresh = [str(cell.levels["ssl"]) for cell in cells if cell.levels["seed"] == 4]
    assert {name: fresh.count(name) // 4 for name in fresh} == expected


def test_the_next_look_takes_as_long_as_the_same_settings_took() -> None:
    """Stages of a trial, each once; unknown where no trial of a setting has a result."""
    sweep = load_sweep("aug-recon-weight", Changes(profile="small", seeds=6))
    race = Race(plan=plan_of(sweep))
    first = raced(sweep, race, 4)
    seconds = {cell.config.trial_id: 1.0 + (cell.levels["ssl"] == "none") for cell in first.cells}
    rows = {trial_id: {"stage1_seconds": each} for trial_id, each in seconds.items()}
    done = {cell.config.trial_id for cell in first.cells if cell.levels["seed"] in (0, 1)}
    found = next_look(first, race, rows, done)
    assert (found.seeds, found.trials_to_run) == (4, 136)
    assert found.seconds == sum(each for trial_id, each in seconds.items() if trial_id not in done)
    assert next_look(first, race, dict.fromkeys(rows), set()).seconds is None
