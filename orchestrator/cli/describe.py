"""Tables for people: sweeps, plans, trials, datasets."""

import json
import textwrap
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ncvq_core.data import list_datasets, load_dataset
from ncvq_core.errors import DataError
from ncvq_core.stages.registry import stage_kind
from orchestrator.launching.rows import metric_columns
from orchestrator.planning.summary import PlanSummary
from orchestrator.search.suggested import SearchState
from orchestrator.store.schema import PROVENANCE, SETTINGS, TIMING_COLUMNS
from orchestrator.store.stages import DETAILS, ID_COLUMNS
from orchestrator.sweepfile.sweep import Sweep


def print_sweeps(sweeps: list[Sweep], console: Console) -> None:
    """Print the named sweeps with number of trials, factors and profiles, in lines of at most 100 letters."""
    wrap = partial(textwrap.wrap, width=min(console.width, 100), break_long_words=False, break_on_hyphens=False)
    for place, sweep in enumerate(sweeps):
        profiles = f", --profile {' or '.join(sweep.profiles)}" if sweep.profiles else ""
        lines = wrap(f"{sweep.name}: {_size(sweep)}{profiles}", subsequent_indent="    ")
        for words in (sweep.description, _varied(sweep)):
            lines += wrap(words, initial_indent="  ", subsequent_indent="  ")
        console.print("\n".join(["", *lines] if place else lines), soft_wrap=True, markup=False, highlight=False)


def _size(sweep: Sweep) -> str:
    """Return how many trials a sweep has."""
    if sweep.search is None:
        return f"{len(sweep.cells)} trials"
    return f"search, {sweep.search.budget * sweep.search.trials_each} trials"


def _varied(sweep: Sweep) -> str:
    """Return what a sweep varies, and over how many levels."""
    names = [] if sweep.search is None else [parameter.setting for parameter in sweep.search.parameters]
    names += [f"{factor.name}\N{NO-BREAK SPACE}({len(factor.levels)})" for factor in sweep.factors]
    return " × ".join(names)


def print_plan(plan: PlanSummary, console: Console) -> None:
    """Print what a launch would run, what is shared or done, expected time and memory."""
    console.print(f"{plan.sweep}: {plan.description}", markup=False, highlight=False)
    for factor, labels in plan.factors.items():
        console.print(f"  {factor}: {', '.join(map(str, labels))}", markup=False, highlight=False)
    table = Table("", "trials", show_header=True)
    table.add_row("cells of the design", str(plan.cells))
    table.add_row("  the same trial as another cell", str(plan.same_trial))
    table.add_row("trials", str(plan.trials))
    table.add_row("  already finished", str(plan.finished))
    table.add_row("  failed before; `ncvq resume` retries them", str(len(plan.failed)))
    table.add_row("  to run", str(plan.to_run))
    console.print(table)
    for stage, count in plan.stages.items():
        console.print(f"{stage_kind(stage).words} runs: {count.runs} (shared: {count.shared})", highlight=False)
    if plan.search:
        console.print(search_words(plan.search), highlight=False, soft_wrap=True)
    if plan.expected_seconds:
        time = timedelta(seconds=round(plan.expected_seconds))
        guess = "" if plan.measured else " (a guess, before the first run)"
        console.print(
            f"expected: about {time} with {plan.workers} workers{guess}, {plan.memory_bytes / 1e9:.1f} GB a worker",
            highlight=False,
            soft_wrap=True,
        )
    for words in plan.damaged:
        console.print(f"damaged, counts as missing: {words}", markup=False, highlight=False, soft_wrap=True)
    for trial in plan.failed:
        console.print(f"  failed: {trial.label}", markup=False, highlight=False)
    for words in plan.remarks:
        console.print(words, markup=False, highlight=False, soft_wrap=True)


def search_words(search: SearchState) -> str:
    """Return how far a search is."""
    words = f"{search.suggested} of {search.budget} suggestions drawn: {search.done} done, {search.open} open"
    pruned = f", {search.pruned} pruned" if search.pruned else ""
    return f"{words}{pruned}, {search.without_value} without a value (study {search.study})"


def trial_sections(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The columns of a trial's row by what they are about; the keys of the JSON of `ncvq show`."""
    sections = {
        "trial": ("trial_id", *ID_COLUMNS.values(), "status", "error"),
        "config": SETTINGS,
        "metrics": metric_columns(row),
        "provenance": (*DETAILS, *TIMING_COLUMNS, *PROVENANCE),
    }
    return {title: {name: row.get(name) for name in section} for title, section in sections.items()}


def trial_document(row: dict[str, Any]) -> dict[str, Any]:
    """A trial's row as JSON has it: its sections, the traceback, and as objects what is JSON in the row."""
    sections = trial_sections(row)
    for name in ("package_versions", "fid_by_class"):
        if row[name]:
            sections["provenance"][name] = json.loads(row[name])
    whole = json.loads(row["config_json"]) if row["config_json"] else None
    return {**sections, "traceback": row["traceback"], "full_config": whole}


def print_trial(row: dict[str, Any], console: Console) -> None:
    """Print a trial's config, metrics and provenance."""
    for title, section in trial_sections(row).items():
        table = Table(title, "", show_header=True, min_width=60)
        for name, value in section.items():
            if value is not None:
                table.add_row(name, f"{value:.6g}" if isinstance(value, float) else str(value))
        console.print(table)
    if row["traceback"]:
        console.print(row["traceback"], markup=False, highlight=False)


def print_datasets(data_dir: Path | None, console: Console) -> None:
    """Print the datasets at hand with their sizes, and below them what is done to those that need it."""
    table = Table("dataset", "source", "train", "test", "channels", "length", "classes")
    remarks = []
    for location in list_datasets(data_dir):
        try:
            data = load_dataset(location.name, data_dir)
        except DataError as error:
            remarks.append(f"{location.name}: unusable: {error}")
            continue
        sizes = (len(data.train), len(data.test), data.channels, data.length, len(data.classes))
        table.add_row(location.name, location.source, *map(str, sizes))
        remarks += [f"{location.name}: {note}" for note in data.notes]
    console.print(table)
    for remark in remarks:
        console.print(remark, markup=False, highlight=False, soft_wrap=True)
