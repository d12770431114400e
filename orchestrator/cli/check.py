"""The command `check`: verify a whole store, and make it ready for `resume`."""

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from orchestrator.cli.options import DEFAULT_STORE, DebugOption, StoreOption
from orchestrator.cli.terminal import console, one_line_errors

if TYPE_CHECKING:
    from orchestrator.store.findings import Findings

LISTED = 20
"""Lines of one kind, at most; the rest is counted."""


def check(
    store: StoreOption = DEFAULT_STORE,
    repair: Annotated[
        bool, typer.Option("--repair", help="Set aside what is damaged, merge what is there twice, remove left-overs.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Read every byte of a store: list what is damaged, there twice, orphaned or left over."""
    from orchestrator.store.lock import exclusive, running_owner
    from orchestrator.store.marker import looks_like_a_store, marker_fault, restore_marker

    with one_line_errors(debug):
        fault = marker_fault(store) if looks_like_a_store(store) else None
        if fault and not repair:
            _say([fault], console())
            raise typer.Exit(1)
        with exclusive(store, "ncvq check --repair") if repair and store.is_dir() else contextlib.nullcontext():
            if fault:
                restore_marker(store)
                _say([f"written anew: {store / 'store.json'}"], console())
            found, lines = _look(store, repair, alone=repair or running_owner(store) is None)
        _say(lines, console())
        raise typer.Exit(0 if found.is_sound or repair else 1)


def _look(store: Path, repair: bool, *, alone: bool) -> tuple["Findings", list[str]]:
    from orchestrator.execution.scratch import abandoned_scratch
    from orchestrator.store import Store
    from orchestrator.store import check as checking
    from orchestrator.store.repair import repair as mend

    opened, began = Store(store), time.monotonic()
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        reading = bar.add_task("reading", total=len(checking.things_to_check(opened.path)))
        found = checking.check(opened, lambda path: bar.advance(reading), alone=alone)
    found.left_over += abandoned_scratch()
    seconds = time.monotonic() - began
    size = f"{found.size / 1e6:.1f} MB in {found.files} files, {seconds:.1f} s"
    words = [f"{store}: every byte is as it was written ({size})" if found.is_sound else f"{store}: {size}"]
    words += _findings(found, opened.path)
    if repair:
        words += mend(opened, found)
        words += [] if found.is_sound else ["`ncvq resume SWEEP` makes again what is missing now"]
    elif not found.is_sound or found.left_over:
        words.append(
            f"`ncvq check --repair --store {store}` sets this right, then `ncvq resume SWEEP` runs what is missing"
        )
    return found, words


def _findings(found: "Findings", root: Path) -> list[str]:
    left = [str(path.relative_to(root) if path.is_relative_to(root) else path) for path in found.left_over]
    return [
        *_listed([f"damaged: {each.reason}; costs {each.cost}" for each in found.damaged], "damaged"),
        *_listed([f"lost: {what}; costs {cost}" for what, cost in found.lost.items()], "lost"),
        *_listed([_repeat(trial_id, names) for trial_id, names in found.repeated.items()], "there twice"),
        *_listed([f"orphaned: {what}: {why}" for what, why in found.orphaned.items()], "orphaned"),
        *_listed([f"left over: {name}" for name in left], "left over"),
    ]


def _repeat(trial_id: str, differing: str) -> str:
    return f"there twice: trial {trial_id}, " + (f"its rows differ in {differing}" if differing else "its rows agree")


def _listed(lines: list[str], kind: str) -> list[str]:
    more = len(lines) - LISTED
    return [*lines[:LISTED], f"{kind}: {more} more"] if more > 0 else lines


def _say(lines: list[str], out: Console) -> None:
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
