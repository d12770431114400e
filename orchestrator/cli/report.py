"""The command `report`: what a sweep says, in words, figures and tables."""

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.options import (
    DEFAULT_STORE,
    DataOption,
    DebugOption,
    PluginOption,
    ProfileOption,
    StoreOption,
    SweepArgument,
)
from orchestrator.cli.terminal import console, one_line_errors, print_answers


def report(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the report. Default: STORE/reports/SWEEP[-seeds-N][-partial][-pool][-beside-SWEEP]"
        ),
    ] = None,
    profile: ProfileOption = None,
    plugin: PluginOption = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, help="Use the trials of the sweep's first seeds only.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print every comparison as JSON, and nothing else.")] = False,
    pool: Annotated[
        bool, typer.Option("--pool", help="Compare across numerics versions, data, dtypes, kinds of device and judges.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Use the pairs that all blocks have, instead of complete blocks only.")
    ] = False,
    beside: Annotated[
        str | None, typer.Option(metavar="SWEEP", help="Put the values of this imported sweep beside: published.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Draw this figure alone, without the page: for example effects.")
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="LIST", help="Files of each figure: of png, pdf and svg, with commas.")
    ] = "png,pdf",
    style: Annotated[
        str, typer.Option("--style", help="Look of the figures: page, paper (300 dots an inch) or slides (large).")
    ] = "page",
    appendix: Annotated[
        bool, typer.Option("--appendix", help="Draw all that can be drawn, on a second page, not the 30 first figures.")
    ] = False,
    with_samples: Annotated[
        bool,
        typer.Option(
            "--with-samples", help="First make what figures of series, codes and spectra need, from the kept weights."
        ),
    ] = False,
    data_dir: DataOption = None,
    debug: DebugOption = False,
) -> None:
    """Answer the sweep's questions in words, and render figures, tables and one self-contained HTML page."""
    from orchestrator.cli.report_plugins import load_report_plugins
    from reports import Options, Output, ReportError, write_one_figure, write_report

    with one_line_errors(debug, ReportError):
        name = Path(sweep).name.removesuffix(".yaml")
        name = f"{name}-{profile}" if profile else name
        lacking = load_report_plugins(sweep, plugin or (), store, name)
        for line in () if json else lacking:
            _say(line)
        options = Options(pool=pool, partial=partial, seeds=seeds)
        formats = tuple(part.strip() for part in format.split(",") if part.strip())
        output = Output(formats=formats, style=style, appendix=appendix)
        if only is not None and json:
            raise ReportError("--json prints every comparison, --only draws one figure: leave one of them out")
        if with_samples:
            _make_examples(store, name, data_dir, quiet=json)
        if only is not None:
            for path in write_one_figure(store, name, only, out, options, output, beside):
                _say(f"figure: {path}")
            return
        page = write_report(store, name, out, options, output, beside)
        if json:
            print((page.parent / "claims.json").read_text(encoding="utf-8"))
            return
        print_answers((page.parent / "report.md").read_text(encoding="utf-8"), console())
        _say(f"report: {page}")


def _make_examples(store: Path, sweep: str, data_dir: Path | None, *, quiet: bool) -> None:
    """Make what figures show of the sweep's stages; torch is imported for that alone."""
    from orchestrator.launching.examples import make_examples
    from orchestrator.store import Store

    make_examples(Store(store), sweep, data_dir, (lambda line: None) if quiet else _say)


def _say(line: str) -> None:
    console().print(line, soft_wrap=True, highlight=False, markup=False)
