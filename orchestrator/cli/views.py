"""The command `views`: what augmentations do to a dataset, before anything is trained."""

from pathlib import Path
from typing import Annotated

import typer

from ncvq_core.augmentations import AUGMENTATIONS, STUDY_SETS
from ncvq_core.errors import unknown_name
from orchestrator.cli.complete import augmentation_sets, datasets
from orchestrator.cli.options import DataOption, DebugOption, PluginOption
from orchestrator.cli.terminal import console, one_line_errors


def views(
    dataset: Annotated[str, typer.Argument(help="A dataset: see `ncvq data list`.", autocompletion=datasets)],
    augmentations: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SET",
            help="warp, slice, gauss, or augmentations with commas; several times for several columns. "
            "Default: these three sets.",
            autocompletion=augmentation_sets,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG to write. Default: DATASET-views.png.")] = None,
    plugin: PluginOption = None,
    data_dir: DataOption = None,
    debug: DebugOption = False,
) -> None:
    """Draw series of each class and their spectrograms beside augmented views, before anything is trained."""
    from orchestrator.sweepfile.read import load_plugins
    from reports import ReportError, write_views

    with one_line_errors(debug, ReportError):
        load_plugins(plugin or ())
        sets = {written: _set(written) for written in augmentations or STUDY_SETS}
        from orchestrator.launching.examples import views_of

        examples = {name: views_of(dataset, chosen, data_dir) for name, chosen in sets.items()}
        path = write_views(dataset, examples, out or Path(f"{dataset}-views.png"))
        console().print(f"views: {path}", soft_wrap=True, highlight=False, markup=False)


def _set(written: str) -> list[str]:
    """Return the names of the augmentations of a set.

    Raises:
        ConfigError: there is no such set, and no such augmentation.
    """
    if written in STUDY_SETS:
        return list(STUDY_SETS[written])
    names = [name.strip() for name in written.split(",")]
    for name in names:
        if name not in AUGMENTATIONS:
            raise unknown_name("set or augmentation", name, [*STUDY_SETS, *AUGMENTATIONS])
    return names
