"""The command line, `ncvq`."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ncvq_core.errors import NcvqError, unknown_name
from orchestrator.options import (
    DEFAULT_STORE,
    AddressOption,
    DataOption,
    DebugOption,
    GpusOption,
    SetOption,
    StoreOption,
    SweepArgument,
    ThreadsOption,
    WandbOption,
    WorkersOption,
)

app = typer.Typer(
    name="ncvq",
    help="Ablation sweeps for NC-VQVAE: launch a named sweep, resume what failed, render the report.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data_app = typer.Typer(help="Datasets: bundled, local archive, downloadable.", no_args_is_help=True)
app.add_typer(data_app, name="data")

USAGE_ERROR = 2


@app.command(epilog="Example: ncvq sweeps")
def sweeps(debug: DebugOption = False) -> None:
    """List the named sweeps, with their factors and number of trials."""
    from orchestrator.describe import print_sweeps
    from orchestrator.sweep_file import load_sweep, sweep_names

    with _one_line_errors(debug):
        print_sweeps([load_sweep(name) for name in sweep_names()], _console())


@app.command(epilog="Example: ncvq plan quickstart --set epochs=5")
def plan(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    set_: SetOption = None,
    workers: WorkersOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what would run, what is shared or already done, expected time and memory; run nothing."""
    from orchestrator.describe import print_plan
    from orchestrator.estimate import expected_rate
    from orchestrator.launch import default_workers
    from orchestrator.plan import load_datasets, make_plan
    from orchestrator.store import Store

    with _one_line_errors(debug):
        design = _load(sweep, set_, data_dir)
        opened = Store(store) if (store / "store.json").exists() else None
        made = make_plan(design, opened, load_datasets(design, data_dir))
        print_plan(made, expected_rate(made, opened), workers or default_workers(1), _console())


@app.command(epilog="Example: ncvq launch quickstart --store runs --workers 2")
def launch(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    set_: SetOption = None,
    workers: WorkersOption = None,
    threads: ThreadsOption = 1,
    address: AddressOption = None,
    gpus_per_trial: GpusOption = 0.0,
    wandb: WandbOption = None,
    debug: DebugOption = False,
) -> None:
    """Run what a sweep still lacks in the store."""
    with _one_line_errors(debug):
        _launch(sweep, store, data_dir, set_, workers, threads, address, gpus_per_trial, wandb, debug, retry=False)


@app.command(epilog="Example: ncvq resume quickstart")
def resume(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    data_dir: DataOption = None,
    set_: SetOption = None,
    workers: WorkersOption = None,
    threads: ThreadsOption = 1,
    address: AddressOption = None,
    gpus_per_trial: GpusOption = 0.0,
    wandb: WandbOption = None,
    debug: DebugOption = False,
) -> None:
    """Run what a sweep still lacks, and retry what failed."""
    with _one_line_errors(debug):
        _launch(sweep, store, data_dir, set_, workers, threads, address, gpus_per_trial, wandb, debug, retry=True)


@app.command(epilog="Example: ncvq status quickstart --watch")
def status(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    set_: SetOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Print again every five seconds while it runs.")] = False,
    debug: DebugOption = False,
) -> None:
    """Show counts, what runs, and failures with their reasons."""
    from orchestrator.status import print_status
    from orchestrator.store import Store

    with _one_line_errors(debug):
        design = _load(sweep, set_, None, check=False)
        opened = Store(store)
        while print_status(design, opened, _console()) and watch:
            time.sleep(5)


@app.command(epilog="Example: ncvq report quickstart --out report")
def report(
    sweep: SweepArgument,
    store: StoreOption = DEFAULT_STORE,
    out: Annotated[Path | None, typer.Option(help="Folder for the report. Default: STORE/reports/SWEEP.")] = None,
    debug: DebugOption = False,
) -> None:
    """Render figures, tables and one self-contained HTML page."""
    from reports import ReportError, write_report

    try:
        with _one_line_errors(debug):
            page = write_report(store, Path(sweep).stem if sweep.endswith(".yaml") else sweep, out)
    except ReportError as error:
        if debug:
            raise
        _fail(str(error))
    _console().print(f"report: {page}", soft_wrap=True, highlight=False, markup=False)


@app.command(epilog="Example: ncvq show 1a2b3c4d5e6f")
def show(
    trial: Annotated[str, typer.Argument(help="Id of a trial, or its first digits.")],
    store: StoreOption = DEFAULT_STORE,
    debug: DebugOption = False,
) -> None:
    """Show one trial: its config, metrics and provenance."""
    from orchestrator.describe import print_trial
    from orchestrator.store import Store

    with _one_line_errors(debug):
        opened = Store(store)
        ids = opened.trial_ids()
        found = [trial_id for trial_id in ids if trial_id.startswith(trial)]
        if len(found) != 1:
            raise unknown_name("trial", trial, found or ids)
        row = opened.read_trial(found[0])
        if row:
            print_trial(row, _console())


@data_app.command("list", epilog="Example: ncvq data list --data-dir UCRArchive_2018")
def data_list(data_dir: DataOption = None, debug: DebugOption = False) -> None:
    """List the datasets at hand."""
    from orchestrator.describe import print_datasets

    with _one_line_errors(debug):
        print_datasets(data_dir, _console())


def _launch(  # noqa: PLR0913
    sweep: str,
    store: Path,
    data_dir: Path | None,
    settings: list[str] | None,
    workers: int | None,
    threads: int,
    address: str | None,
    gpus_per_trial: float,
    wandb: str | None,
    debug: bool,
    *,
    retry: bool,
) -> None:
    from orchestrator.launch import LaunchOptions
    from orchestrator.launch import launch as run

    options = LaunchOptions(
        store=store,
        data_dir=data_dir.absolute() if data_dir else None,
        workers=workers,
        threads=threads,
        address=address,
        gpus_per_trial=gpus_per_trial,
        wandb=wandb,
        retry_failed=retry,
        debug=debug,
    )
    console = _console()
    summary = run(_load(sweep, settings, data_dir), options, console)
    console.print(f"{summary.finished} of {summary.trials} trials have a result in {store}", highlight=False)
    for trial_id, (label, error) in summary.failures.items():
        line = f"failed {trial_id} {label}: {error} (details: ncvq show {trial_id}; retry: ncvq resume {sweep})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if summary.interrupted:
        console.print(f"stopped; go on with: ncvq resume {sweep} --store {store}", markup=False, highlight=False)
    raise typer.Exit(summary.exit_code)


def _load(sweep: str, settings: list[str] | None, data_dir: Path | None, *, check: bool = True) -> "Sweep":
    from ncvq_core.data import locate
    from orchestrator.sweep_file import load_sweep, parse_set

    overrides = dict(parse_set(text) for text in settings or [])

    def check_dataset(name: str) -> None:
        locate(name, data_dir)

    return load_sweep(sweep, overrides, check_dataset if check else None)


@contextlib.contextmanager
def _one_line_errors(debug: bool) -> Iterator[None]:
    """Turn an error that a user can repair into one line and exit code 2; `--debug` shows the traceback."""
    try:
        yield
    except (NcvqError, OSError) as error:
        if debug:
            raise
        _fail(str(error))


def _fail(message: str) -> None:
    Console(stderr=True).print(f"ncvq: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(USAGE_ERROR)


def _console() -> Console:
    return Console(file=sys.stdout)
