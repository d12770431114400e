"""The command `confirm`: the best suggestion as a sweep file, and what is left of its lead with fresh seeds."""

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.options import (
    DEFAULT_STORE,
    DataOption,
    DebugOption,
    PluginOption,
    ProfileOption,
    SeedsOption,
    SetOption,
    StoreOption,
    SweepArgument,
)
from orchestrator.cli.terminal import Chosen, console, one_line_errors, read_sweep

if TYPE_CHECKING:
    from orchestrator.search.confirmation import Confirmed


def confirm(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    set_: SetOption = None,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    plugin: PluginOption = None,
    suggestion: Annotated[
        int | None, typer.Option(min=0, help="Number of the suggestion. Default: the best one, where there is one.")
    ] = None,
    fresh: Annotated[int, typer.Option(min=1, help="How many seeds that the search did not use.")] = 4,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the sweep file. Default: SWEEP-best.yaml in this folder.")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Write a search's best suggestion as a sweep file with fresh seeds, and say what is left of its lead."""
    from ncvq_core.errors import ConfigError
    from orchestrator.search.best import check_unwritten, chosen, median, picks_text, sweep_text
    from orchestrator.search.confirmation import confirm as confirmed
    from orchestrator.search.suggested import suggested
    from orchestrator.store import Store
    from orchestrator.store.atomic import write_atomically

    with one_line_errors(debug):
        options = Chosen(profile=profile, seeds=seeds, settings=set_, plugins=plugin)
        design = read_sweep(sweep, options, data_dir, fetch=False)
        if design.search is None:
            raise ConfigError(f"{design.name} is no search: it has no best suggestion to confirm")
        opened = Store(store)
        results = suggested(design, design.search, opened).results
        best = chosen(design.search, results, suggestion)
        other = median(design.search, results, best)
        numbered = (("best", best), ("other", other))
        lines = [
            f"{name}, suggestion {each.suggestion.number}: {picks_text(each.suggestion.drawn)}"
            for name, each in numbered
        ]
        found = confirmed(design.search, best, other, opened, fresh)
        if found is None:
            file = out or Path(f"{design.name}-best.yaml")
            text = sweep_text(design.name, design.search, best, other, fresh)
            check_unwritten(file, text)
            write_atomically(file, lambda temporary: temporary.write_text(text, encoding="utf-8"))
            words = ["ncvq", "launch", str(file), "--store", str(store)]
            words += ["--data-dir", str(data_dir)] if data_dir else []
            words += [word for each in design.plugins if not each.installed for word in ("--plugin", str(each.path))]
            command = shlex.join(words)
            lines += [f"sweep file with {_fresh_seeds(fresh)}: {file}", f"run it with: {command}; then confirm again"]
        for line in [*lines, *map(_told, found or ())]:
            console().print(line, markup=False, highlight=False, soft_wrap=True)


def _told(lead: "Confirmed") -> str:
    """Say what is left of a lead; one fresh seed has no interval."""
    interval = "" if math.isnan(lead.low) else f" [{lead.low:.4g}, {lead.high:.4g}]"
    seeds = _fresh_seeds(lead.seeds)
    larger = "larger" if lead.optimism >= 0 else "smaller"
    return (
        f"{lead.objective.metric} on the validation part: better than the other by {lead.when_chosen:.4g} when it was "
        f"chosen, by {lead.fresh:.4g}{interval} with {seeds}: its lead looked "
        f"{larger} by {abs(lead.optimism):.4g}"
    )


def _fresh_seeds(count: int) -> str:
    return f"{count} fresh seed{'s' if count > 1 else ''}"
