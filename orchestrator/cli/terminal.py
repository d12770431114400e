"""What all commands share: the terminal, one-line errors, reading the sweep."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ncvq_core.errors import NcvqError
from ncvq_core.plugins import place_in_plugin
from orchestrator.errors import one_line

if TYPE_CHECKING:
    from orchestrator.sweepfile.sweep import Sweep

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
    """Turn an error that a user can repair into one line and exit code 2; `--debug` shows the traceback.

    Any error that comes through a plugin is such a one.
    """
    repairable: tuple[type[Exception], ...] = (NcvqError, OSError, *more)
    try:
        yield
    except repairable as error:
        if debug:
            raise
        fail(str(error))
    except Exception as error:
        place = place_in_plugin(error)
        if debug or place is None:
            raise
        fail(f"{place}: {one_line(error)} (--debug shows the traceback)")


def print_answers(text: str, out: Console) -> None:
    """Print the answers of a report: as they look on a terminal, as they are in a file."""
    if out.is_terminal:
        from rich.markdown import Markdown

        out.print(Markdown(text))
    else:
        out.print(text, markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the options of a command choose of a sweep."""

    profile: str | None = None
    seeds: int | None = None
    available: bool = False
    settings: Sequence[str] | None = None
    """Arguments of `--set`."""
    plugins: Sequence[Path] | None = None
    """Arguments of `--plugin`."""

    def words(self) -> list[str]:
        """Return the options as they are written."""
        return [
            *(["--profile", self.profile] if self.profile else []),
            *(["--seeds", str(self.seeds)] if self.seeds else []),
            *(["--available"] if self.available else []),
            *(word for setting in self.settings or () for word in ("--set", setting)),
            *(word for plugin in self.plugins or () for word in ("--plugin", str(plugin))),
        ]


def read_sweep(
    sweep: str, chosen: Chosen, data_dir: Path | None, *, fetch: bool = True, quiet: bool = False
) -> "Sweep":
    """Read and check a sweep, and say which datasets are left out, unless `quiet`.

    With `fetch` its datasets must be at hand or downloadable; without, they are not looked at, and `--available` leaves
    out those that are not at hand now.
    """
    from ncvq_core.data import locate, locate_at_hand
    from ncvq_core.errors import NotAtHandError
    from orchestrator.sweepfile.expand import not_at_hand
    from orchestrator.sweepfile.read import Changes, load_sweep, parse_set

    def check_dataset(name: str) -> None:
        if not (locate(name, data_dir) if fetch else locate_at_hand(name, data_dir)):
            raise NotAtHandError(f"{name}: not at hand")

    design = load_sweep(
        sweep,
        Changes(
            profile=chosen.profile,
            seeds=chosen.seeds,
            available=chosen.available,
            plugins=tuple(chosen.plugins or ()),
            overrides=dict(parse_set(text) for text in chosen.settings or []),
        ),
        check_dataset if fetch or chosen.available else None,
    )
    if design.missing and not quiet:
        console().print(f"left out, {not_at_hand(design.missing)}", markup=False, highlight=False, soft_wrap=True)
    return design
