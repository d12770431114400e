"""The command line, `ncvq`."""

import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.check import check
from orchestrator.cli.complete import datasets
from orchestrator.cli.confirm import confirm
from orchestrator.cli.importing import import_app
from orchestrator.cli.launch import launching
from orchestrator.cli.new import new
from orchestrator.cli.options import (
    DEFAULT_STORE,
    AvailableOption,
    DataOption,
    DebugOption,
    FcnOption,
    JsonOption,
    MaxSeedsOption,
    PluginOption,
    ProfileOption,
    SeedsOption,
    SetOption,
    StoreOption,
    SweepArgument,
    TrialArgument,
    UntilDecidedOption,
    WorkersOption,
)
from orchestrator.cli.racing import Racing, as_raced, read_step
from orchestrator.cli.redraw import redraw
from orchestrator.cli.report import report
from orchestrator.cli.terminal import Chosen, console, fail, one_line_errors, read_sweep
from orchestrator.cli.views import views

if TYPE_CHECKING:
    from orchestrator.sweepfile.sweep import Sweep

app = typer.Typer(
    name="ncvq",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Datasets: bundled, local archive, downloadable.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(import_app, name="import")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"ncvq {version('ncvq')}")
        raise typer.Exit()


@app.callback()
def ncvq(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version of ncvq.")
    ] = False,
) -> None:
    """Ablation sweeps for NC-VQVAE: launch a named sweep, resume what failed, render the report."""


@app.command(epilog="Example: ncvq sweeps")
def sweeps(debug: DebugOption = False) -> None:
    """List the named sweeps, with their factors and number of trials."""
    from orchestrator.cli.describe import print_sweeps
    from orchestrator.sweepfile.read import load_sweep, sweep_names

    with one_line_errors(debug):
        print_sweeps([load_sweep(name) for name in sweep_names()], console())


@app.command(epilog="Example: ncvq plan quickstart --set epochs=5")
def plan(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    set_: SetOption = None,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    available: AvailableOption = False,
    plugin: PluginOption = None,
    fcn_weights: FcnOption = None,
    workers: WorkersOption = None,
    until_decided: UntilDecidedOption = False,
    max_seeds: MaxSeedsOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show what would run, what is shared or already done, expected time and memory; run nothing."""
    from orchestrator.cli.describe import print_plan
    from orchestrator.cli.json_output import print_json
    from orchestrator.launching.options import LaunchOptions
    from orchestrator.launching.prepare import prepare
    from orchestrator.planning.changed_plugins import changed_plugins
    from orchestrator.planning.estimate import expected_time
    from orchestrator.planning.summary import plan_summary
    from orchestrator.search.suggested import search_state
    from orchestrator.store import Store

    with one_line_errors(debug):
        chosen = Chosen(profile=profile, seeds=seeds, available=available, settings=set_, plugins=plugin)
        racing = Racing.of(until_decided, max_seeds, None, None, chosen)
        design, said = read_step(racing, sweep, store, chosen, data_dir, quiet=json)
        opened = Store(store) if (store / "store.json").exists() else None
        options = LaunchOptions(store=store, data_dir=data_dir, fcn_weights=fcn_weights, workers=workers)
        prepared = prepare(design, options)
        plan, width, *_ = planned = prepared.planned(opened)
        expected = expected_time(plan, opened, prepared.datasets, width.side_by_side, planned.later)
        remarks = [*said, *(changed_plugins(design, opened) if opened else ()), *prepared.all_remarks]
        search = search_state(design.search, planned.results) if design.search else None
        summary = plan_summary(plan, expected, width, remarks, search=search, ends=planned.ends)
        print_json(summary) if json else print_plan(summary, console())


app.command(
    "launch", help="Run what a sweep still lacks in the store.", epilog="Example: ncvq launch quickstart --workers 2"
)(launching(retry_failed=False))
app.command(
    "resume", help="Run what a sweep still lacks, and retry what failed.", epilog="Example: ncvq resume quickstart"
)(launching(retry_failed=True))


@app.command(epilog="Example: ncvq status quickstart --watch")
def status(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    set_: SetOption = None,
    profile: ProfileOption = None,
    seeds: SeedsOption = None,
    available: AvailableOption = False,
    plugin: PluginOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Print again every five seconds while it runs.")] = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show counts, what runs, and failures with their reasons."""
    from orchestrator.cli.json_output import print_json
    from orchestrator.cli.status import print_status
    from orchestrator.planning.state import sweep_state
    from orchestrator.store import Store
    from orchestrator.store.memory import seldom_collected

    if watch and json:
        fail("--json prints one document, --watch prints again and again: leave one of them out")
    with one_line_errors(debug), seldom_collected():
        chosen = Chosen(profile=profile, seeds=seeds, available=available, settings=set_, plugins=plugin)
        design = read_sweep(sweep, chosen, data_dir, fetch=False, quiet=json)
        opened = Store(store)

        def with_seeds(count: int) -> "Sweep":
            return read_sweep(sweep, replace(chosen, seeds=count), data_dir, fetch=False, quiet=True)

        if json:
            print_json(sweep_state(as_raced(design, opened, with_seeds), opened))
            return
        while print_status(as_raced(design, opened, with_seeds), opened, console()) and watch:
            time.sleep(5)


app.command("report", epilog="Example: ncvq report quickstart --out report")(report)
app.command("confirm", epilog="Example: ncvq confirm tune-augmentation --profile small")(confirm)
app.command("check", epilog="Example: ncvq check --store runs")(check)
app.command("new", epilog="Example: ncvq new augmentation jitter")(new)
app.command("redraw", epilog="Example: ncvq redraw runs/reports/quickstart/figures/effects.json")(redraw)
app.command("views", epilog="Example: ncvq views GunPoint --augmentations warp")(views)


@app.command(epilog="Example: ncvq show 1a2b3c4d5e6f")
def show(
    trial: TrialArgument,
    store: StoreOption = DEFAULT_STORE,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show one trial: its config, metrics and provenance."""
    from orchestrator.cli.describe import print_trial, trial_document
    from orchestrator.cli.json_output import print_json
    from orchestrator.store import Store

    with one_line_errors(debug):
        row = Store(store).find_trial(trial)
        if json:
            print_json(trial_document(row))
        else:
            print_trial(row, console())


@app.command(epilog="Example: ncvq sample 1a2b3c4d5e6f --class 1 -n 100 --out samples.parquet")
def sample(
    trial: TrialArgument,
    out: Annotated[Path, typer.Option(help="Parquet file to write; an earlier one of `ncvq sample` is replaced.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Number of series.")] = 100,
    label: Annotated[str | None, typer.Option("--class", help="Class of the series. Default: of no class.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seeds every draw.")] = 0,
    guidance_scale: Annotated[
        float | None,
        typer.Option(min=0.0, help="Weight of the class, with --class; 1: no guidance. Default: that of the trial."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    plugin: PluginOption = None,
    debug: DebugOption = False,
) -> None:
    """Draw series from a finished trial's prior."""
    from orchestrator.cli.sample import SampleOptions, write_samples
    from orchestrator.store import Store
    from orchestrator.sweepfile.read import load_plugins

    with one_line_errors(debug):
        load_plugins(plugin or ())
        options = SampleOptions(count=count, label=label, seed=seed, guidance_scale=guidance_scale)
        write_samples(Store(store), trial, options, out, data_dir)
        console().print(f"{count} series: {out}", soft_wrap=True, highlight=False, markup=False)


@data_app.command("list", epilog="Example: ncvq data list --data-dir UCRArchive_2018")
def data_list(data_dir: DataOption = None, debug: DebugOption = False) -> None:
    """List the datasets at hand."""
    from orchestrator.cli.describe import print_datasets

    with one_line_errors(debug):
        print_datasets(data_dir, console())


@data_app.command("fetch", epilog="Example: ncvq data fetch Coffee")
def data_fetch(
    name: Annotated[str, typer.Argument(help="A dataset of the UCR or UEA archive.", autocompletion=datasets)],
    data_dir: DataOption = None,
    debug: DebugOption = False,
) -> None:
    """Download a dataset, unless it is at hand, and say where it is."""
    from ncvq_core.data import locate

    with one_line_errors(debug):
        found = locate(name, data_dir)
        console().print(
            f"{name} ({found.source}): {found.files[0].parent}", soft_wrap=True, highlight=False, markup=False
        )
