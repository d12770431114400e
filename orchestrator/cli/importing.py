"""The commands of `ncvq import`: results that other tools produced, into a store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

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
        _say(sweep, imported, store, console())


def _say(sweep: str, imported: "Imported", store: Path, out: Console) -> None:
    lines = [f"{sweep}: {len(imported.rows)} runs imported"]
    for kind, count in imported.left_out.items():
        lines.append(f"left out: {count} runs of kind {kind!r}, which the mapping does not name")
    lines.append(f"figures and tables: ncvq report {sweep} --store {store}")
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
