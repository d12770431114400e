"""The command `redraw`: a figure again, from its manifest."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.options import DebugOption, PluginOption
from orchestrator.cli.terminal import console, one_line_errors


def redraw(
    manifest: Annotated[Path, typer.Argument(help="The manifest of a figure: REPORT/figures/NAME.json.")],
    out: Annotated[Path | None, typer.Option(help="PNG to write. Default: the one beside the manifest.")] = None,
    plugin: PluginOption = None,
    debug: DebugOption = False,
) -> None:
    """Draw a figure of a report again, from its manifest and table."""
    from orchestrator.sweepfile.read import load_plugins
    from reports import ReportError
    from reports.figures.redraw import redraw as draw_again

    with one_line_errors(debug, ReportError):
        load_plugins(plugin or ())
        path, difference = draw_again(manifest, out)
        words = f"redrawn, {difference}" if difference else "redrawn, the same pixels"
        console().print(f"{words}: {path}", soft_wrap=True, highlight=False, markup=False)
