"""The commands of `ncvq import`: results that other tools produced, into a store."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from orchestrator.cli.options import DEFAULT_STORE, DebugOption, StoreOption
from orchestrator.cli.terminal import console, one_line_errors

if TYPE_CHECKING:
    from orchestrator.importing.rows import Imported

import_app = typer.Typer(help="Results that other tools produced, into a store.", no_args_is_help=True)

MappingOption = Annotated[
    str,
    typer.Option(
        "--mapping", help="Which column is which factor or metric: a YAML file, or a name such as published-csv."
    ),
]
NameOption = Annotated[str | None, typer.Option("--name", help="Name of the sweep. Default: that of the mapping.")]


@import_app.command("csv", epilog="Example: ncvq import csv published_results.csv --mapping published-csv")
def import_csv(
    file: Annotated[Path, typer.Argument(help="A CSV file: a head of column names, then one line a run.")],
    mapping: MappingOption,
    name: NameOption = None,
    store: StoreOption = DEFAULT_STORE,
    debug: DebugOption = False,
) -> None:
    """Import a table of runs, as a sweep of its own that `ncvq report` shows."""
    from orchestrator.importing.csv_file import read_csv
    from orchestrator.importing.keep import keep_imported
    from orchestrator.importing.mapping import read_mapping

    with one_line_errors(debug):
        read = read_mapping(mapping)
        sweep, imported = keep_imported(read_csv(file), read, store, name)
        _say(sweep, f"{len(imported.rows)} runs imported", _of_other_kinds(imported), store)


@import_app.command(
    "wandb", epilog="Example: ncvq import wandb someone/stage1 someone/stage2 --mapping published-wandb"
)
def import_wandb(
    projects: Annotated[list[str], typer.Argument(metavar="ENTITY/PROJECT...", help="Projects that are one sweep.")],
    mapping: MappingOption,
    name: NameOption = None,
    store: StoreOption = DEFAULT_STORE,
    debug: DebugOption = False,
) -> None:
    """Import the finished runs of projects of Weights & Biases; the store's own are not fetched again."""
    from orchestrator.importing.mapping import read_mapping
    from orchestrator.importing.wandb_runs import import_wandb as import_runs

    with one_line_errors(debug):
        read = read_mapping(mapping)
        with _bars() as told:
            found = import_runs(projects, read, store, name, told)
        without = found.without_dataset
        left_out = [f"{count} runs that are {state}" for state, count in found.not_finished.items()]
        left_out += [f"{len(without)} runs that name no dataset, such as {without[0]}"] if without else []
        words = f"{len(found.imported.rows)} runs imported of Weights & Biases, {found.read} of them read now"
        _say(found.sweep, words, [*_of_other_kinds(found.imported), *left_out], store)


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing that is read, on a terminal."""
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        yield told


def _of_other_kinds(imported: "Imported") -> list[str]:
    return [
        f"{count} runs of kind {kind!r}, which the mapping does not name" for kind, count in imported.left_out.items()
    ]


def _say(sweep: str, words: str, left_out: list[str], store: Path) -> None:
    lines = [f"{sweep}: {words}", *(f"left out: {what}" for what in left_out)]
    for line in [*lines, f"figures and tables: ncvq report {sweep} --store {store}"]:
        console().print(line, markup=False, highlight=False, soft_wrap=True)
