"""Tables for people: sweeps, plans, trials, datasets."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ncvq_core.data import list_datasets, load_dataset
from ncvq_core.errors import DataError
from orchestrator.estimate import Expectation
from orchestrator.plan import Plan, cell_label
from orchestrator.stages import FCN, SAMPLES, STAGE1, STAGE2, STAGES
from orchestrator.store.schema import METRICS, TRIALS
from orchestrator.sweep import Sweep

NAMES = {STAGE1: "stage 1", FCN: "FCN", STAGE2: "stage 2", SAMPLES: "samples"}


def print_sweeps(sweeps: list[Sweep], console: Console) -> None:
    """Print the named sweeps with number of trials, factors and profiles: a paragraph each, wrapped between words."""
    for place, sweep in enumerate(sweeps):
        profiles = f", --profile {' or '.join(sweep.profiles)}" if sweep.profiles else ""
        factors = " × ".join(f"{factor.name}\N{NO-BREAK SPACE}({len(factor.levels)})" for factor in sweep.factors)
        console.print(
            Text(f"{chr(10) if place else ''}{sweep.name}: {len(sweep.cells)} trials{profiles}"), soft_wrap=True
        )
        for words in (sweep.description, factors):
            console.print(Padding(Text(words), (0, 0, 0, 2)))


def print_plan(plan: Plan, expected: Expectation, workers: int, console: Console) -> None:
    """Print what a launch would run, what is shared or done, expected time and memory."""
    sweep = plan.sweep
    console.print(f"{sweep.name}: {sweep.description}", markup=False, highlight=False)
    for factor in sweep.factors:
        labels = ", ".join(str(level.label) for level in factor.levels)
        console.print(f"  {factor.name}: {labels}", markup=False, highlight=False)
    table = Table("", "trials", show_header=True)
    collapsed = sweep.grid_cells - len(sweep.cells)
    table.add_row("cells of the design", str(sweep.grid_cells))
    table.add_row("  the same trial as another cell", str(collapsed))
    table.add_row("trials", str(len(sweep.cells)))
    table.add_row("  already finished", str(len(plan.finished) + len(plan.assemble)))
    table.add_row("  failed before; `ncvq resume` retries them", str(len(plan.failed)))
    table.add_row("  to run", str(plan.trials_to_run))
    console.print(table)
    for stage in STAGES:
        if stage in plan.stage_runs or stage == STAGE1:
            runs, waiting = plan.stage_runs.get(stage, 0), plan.waiting(stage)
            console.print(f"{NAMES[stage]} runs: {runs} (shared: {waiting - runs})", highlight=False)
    if plan.tasks:
        time = timedelta(seconds=round(expected.seconds))
        guess = "" if expected.measured else " (a guess, before the first run)"
        console.print(
            f"expected: about {time} with {workers} workers{guess}, {plan.memory_bytes / 1e9:.1f} GB a worker",
            highlight=False,
            soft_wrap=True,
        )
    for words in plan.damaged:
        console.print(f"damaged, counts as missing: {words}", markup=False, highlight=False, soft_wrap=True)
    for cell in plan.failed:
        console.print(f"  failed: {cell_label(cell)}", markup=False, highlight=False)


def print_trial(row: dict[str, Any], console: Console) -> None:
    """Print a trial's config, metrics and provenance."""
    names = TRIALS.names
    config = names[names.index("traceback") + 1 : names.index(METRICS[0])]
    provenance = names[names.index(METRICS[-1]) + 1 : names.index("config_json")]
    identity = ["trial_id", "stage1_id", "stage2_id", "samples_id", "status", "error"]
    sections = {"trial": identity, "config": config, "metrics": METRICS}
    for title, section in {**sections, "provenance": provenance}.items():
        table = Table(title, "", show_header=True, min_width=60)
        for name in section:
            if row[name] is not None:
                value = row[name]
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
