"""What all commands share: the terminal, one-line errors, reading the sweep."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ncvq_core.errors import NcvqError

if TYPE_CHECKING:
    from orchestrator.sweep import Sweep

USAGE_ERROR = 2


def console() -> Console:
    """Return the console that results go to."""
    return Console(file=sys.stdout)


def fail(message: str) -> None:
    """Print one line on standard error and exit with code 2."""
    Console(stderr=True).print(f"ncvq: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USAGE_ERROR)


@contextlib.contextmanager
def one_line_errors(debug: bool, *more: type[Exception]) -> Iterator[None]:
    """Turn an error that a user can repair into one line and exit code 2; `--debug` shows the traceback."""
    repairable: tuple[type[Exception], ...] = (NcvqError, OSError, *more)
    try:
        yield
    except repairable as error:
        if debug:
            raise
        fail(str(error))


def print_answers(text: str, out: Console) -> None:
    """Print the answers of a report: as they look on a terminal, as they are in a file."""
    if out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(text))
    else:
        out.print(text, markup=False, highlight=False, soft_wrap=True)


def read_sweep(sweep: str, settings: list[str] | None, data_dir: Path | None, *, check_data: bool = True) -> "Sweep":
    """Read and check a sweep, changed by `--set`; with `check_data`, its datasets must be at hand."""
    from ncvq_core.data import locate
    from orchestrator.sweep_file import load_sweep, parse_set

    overrides = dict(parse_set(text) for text in settings or [])

    def check_dataset(name: str) -> None:
        locate(name, data_dir)

    return load_sweep(sweep, overrides, check_dataset if check_data else None)
