"""Searches and their results without trainings: values that follow from a trial's config."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.launching.rows import config_columns
from orchestrator.search.study import draw, numbers_to_draw
from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.store.search_results import Result, read_results
from orchestrator.store.searches import read_suggestions, write_suggestion
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.search import Search
from orchestrator.sweepfile.sweep import Cell, Sweep

TEXT = """\
description: a search without trainings
base: {dataset: ItalyPowerDemand, LENGTH, augmentations: [flip]}
factors: {seed: [0, 1]}
search:
  OBJECTIVES
  budget: BUDGET
  sampler: SAMPLER
  parameters:
    ssl: [none, barlowtwins, vibcreg]
    aug_recon_weight: {range: [0, 0.5]}
    ssl_weight: {range: [0.1, 10], log: true, if: {ssl: vibcreg}}
    channels: {range: [8, 16]}
    MORE
"""
LENGTH = "epochs: 2, val_fraction: 0.25, evaluate_every: 2"
ONE = "minimize: val_loss"
TWO = "minimize: val_loss\n  maximize: probe_svm"


def write_search(
    folder: Path,
    *,
    sampler: str = "tpe",
    objectives: str = ONE,
    budget: int = 12,
    length: str = LENGTH,
    more: str = "",
) -> Path:
    """Write a sweep file with a search."""
    path, text = folder / "search.yaml", TEXT
    for name, value in {
        "OBJECTIVES": objectives, "SAMPLER": sampler, "BUDGET": str(budget), "LENGTH": length, "MORE": more,
    }.items():  # fmt: skip
        text = text.replace(name, value)
    path.write_text(text, encoding="utf-8")
    return path


def search_of(sweep: Sweep) -> Search:
    assert sweep.search is not None
    return sweep.search


def make_search(folder: Path, **written: Any) -> Sweep:
    return load_sweep(write_search(folder, **written))


def keep(store: Store, cell: Cell, status: str = "done", slope: float = 0.1) -> None:
    """Keep a trial; without the seed, by which its loss rises, the best is at a weight of 0.2 and 12 channels."""
    stage1 = cell.config.stage1
    weight = 0.4 if stage1.aug_recon_weight is None else stage1.aug_recon_weight
    loss = (weight - 0.2) ** 2 + (stage1.channels - 12) ** 2 / 100 + stage1.seed * slope
    row = {**config_columns(cell.config), "status": status}
    measured = {"validation_val_loss": loss, "validation_probe_svm": stage1.channels / 20}
    history = [{"trial_id": cell.config.trial_id, "stage": "stage1", "epoch": epoch} for epoch in (1, 2)]
    store.write_trial(row, [history[0], history[1] | measured] if status == "done" else [])


def results_of(store: Store, search: Search) -> tuple[Result, ...]:
    return read_results(store, search.objectives, read_suggestions(store.path, search.study_id)[0])


def drawn_in(store: Store, search: Search) -> list[dict[str, object]]:
    return [suggestion.drawn for suggestion in read_suggestions(store.path, search.study_id)[0]]


def suggest(store: Store, search: Search, count: int) -> list[tuple[Cell, ...]]:
    """Draw some suggestions in a row, as workers side by side do, and keep them."""
    cells = []
    for _ in range(count):
        results = results_of(store, search)
        drawn = draw(search, results, next(numbers_to_draw(results, search.budget)))
        write_suggestion(store.path, search.study_id, drawn.suggestion)
        cells.append(drawn.cells)
    return cells


def steps(store: Store, sweep: Sweep) -> Iterator[None]:
    """Go on with a search, one suggestion after the other, and stop after each thing that is written."""
    search = search_of(sweep)
    while True:
        seen = suggested(sweep, search, store)
        known = set(store.trial_ids())
        for cell in seen.sweep.cells:
            if cell.config.trial_id not in known:
                keep(store, cell)
                yield
        results = results_of(store, search)
        number = next(numbers_to_draw(results, search.budget), None)
        if number is None:
            return
        write_suggestion(store.path, search.study_id, draw(search, results, number).suggestion)
        yield
