"""The commands `launch` and `resume`: one function, and whether it retries what failed."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from orchestrator.cli.options import (
    DEFAULT_STORE,
    AddressOption,
    AvailableOption,
    DataOption,
    DebugOption,
    DeterministicOption,
    FcnOption,
    GpusOption,
    GraphsOption,
    MaxHoursOption,
    MaxSeedsOption,
    MaxTrialsOption,
    NoSamplesOption,
    PackOption,
    PluginOption,
    ProfileOption,
    SeedsOption,
    SetOption,
    StoreOption,
    SweepArgument,
    ThreadsOption,
    UnpruneOption,
    UntilDecidedOption,
    WandbOption,
    WorkersOption,
)
from orchestrator.cli.racing import Racing, read_chosen
from orchestrator.cli.terminal import Chosen, console, one_line_errors

if TYPE_CHECKING:
    from orchestrator.launching.launch import Summary
    from orchestrator.launching.options import LaunchOptions
    from orchestrator.sweepfile.sweep import Sweep


def launching(*, retry_failed: bool) -> Callable[..., None]:
    """Return the command that runs what a sweep lacks."""

    def command(
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
        threads: ThreadsOption = 1,
        address: AddressOption = None,
        gpus_per_trial: GpusOption = None,
        pack: PackOption = None,
        graphs: GraphsOption = False,
        deterministic: DeterministicOption = False,
        no_samples: NoSamplesOption = False,
        wandb: WandbOption = None,
        unprune: UnpruneOption = False,
        until_decided: UntilDecidedOption = False,
        max_seeds: MaxSeedsOption = None,
        max_trials: MaxTrialsOption = None,
        max_hours: MaxHoursOption = None,
        debug: DebugOption = False,
    ) -> None:
        with one_line_errors(debug):
            from orchestrator.launching.options import LaunchOptions

            chosen = Chosen(profile=profile, seeds=seeds, available=available, settings=set_, plugins=plugin)
            racing = Racing.of(until_decided, max_seeds, max_trials, max_hours, chosen)
            options = LaunchOptions(
                store=store,
                data_dir=data_dir.absolute() if data_dir else None,
                fcn_weights=fcn_weights,
                workers=workers,
                threads=threads,
                address=address,
                gpus_per_trial=gpus_per_trial,
                pack=pack,
                graphs=graphs,
                deterministic=deterministic,
                examples=not no_samples,
                wandb=wandb,
                retry_failed=retry_failed,
                unprune=unprune,
                debug=debug,
            )
            from ncvq_core.training.switch import is_plain

            is_plain()  # another value of its switch is refused before anything starts
            design = read_chosen(racing, sweep, store, chosen, data_dir)
            summary = _launched(design, options, racing)
        report = shlex.join(
            ["ncvq", "report", sweep, *Chosen(profile=profile, plugins=plugin).words(), "--store", str(store)]
        )
        again = [*chosen.words(), *(racing.words() if racing else [])]
        _print_summary(summary, store, _resume_command(sweep, store, data_dir, again), report, console())
        raise typer.Exit(summary.exit_code)

    return command


def _launched(design: "Sweep", options: "LaunchOptions", racing: Racing | None) -> "Summary":
    """Launch a sweep once, or look by look."""
    if racing is None:
        from orchestrator.launching.launch import launch

        return launch(design, options, console())
    from orchestrator.launching.race import race

    return race(design, options, racing.limits(), console())


def _resume_command(sweep: str, store: Path, data_dir: Path | None, chosen: list[str]) -> str:
    words = ["ncvq", "resume", sweep, "--store", str(store)]
    if data_dir:
        words += ["--data-dir", str(data_dir)]
    return shlex.join([*words, *chosen])


def _print_summary(summary: "Summary", store: Path, resume: str, report: str, console: Console) -> None:
    lines = [f"{summary.finished} of {summary.trials} trials have a result in {store}"]
    if summary.pruned:
        lines.append(f"{summary.pruned} of them were pruned; go on with these: {resume} --unprune")
    for trial_id, (label, error) in summary.failures.items():
        lines.append(f"failed {trial_id} {label}: {error} (details: ncvq show {trial_id} --store {store})")
    if summary.unpublished:
        reason = next(iter(summary.unpublished.values()))
        lines.append(f"W&B did not take {len(summary.unpublished)} trials, launch again to publish them: {reason}")
    if summary.interrupted:
        lines.append(f"stopped; go on with: {resume}")
    elif summary.failures:
        lines.append(f"retry what failed with: {resume}")
    elif summary.finished < summary.trials:
        lines.append(f"ended early; go on with: {resume}")
    else:
        lines.append(f"figures and tables: {report}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
