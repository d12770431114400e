"""What the shell completes: sweeps, profiles, trials, datasets, W&B modes. Fast: nothing here imports torch or aeon.

A mistake is no reason for a message while somebody types: where nothing can be read, nothing is offered.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import typer

from ncvq_core.packages import HOME

_SUFFIX = ".yaml"


def sweeps(incomplete: str) -> list[str]:
    """Return named sweeps, and YAML files and folders below the working directory."""
    paths = [path for path in Path().glob(f"{_escaped(incomplete)}*") if not path.name.startswith(".")]
    files = [str(path) for path in paths if path.suffix == _SUFFIX and path.is_file()]
    folders = [f"{path}{os.sep}" for path in paths if path.is_dir()]
    return _beginning(incomplete, _named_sweeps()) + _beginning(incomplete, files) + _beginning(incomplete, folders)


def profiles(context: typer.Context, incomplete: str) -> list[str]:
    """Return the profiles of the sweep that stands on the command line."""
    from ruamel.yaml import YAML

    named = _named_sweeps()
    words = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    sweeps_there = (word for word in words.split() if word in named or word.endswith(_SUFFIX))
    sweep = str(
        context.params.get("sweep") or next(sweeps_there, "")
    )  # click forgets it while an option lacks its value
    with contextlib.suppress(Exception):
        written = YAML(typ="safe", pure=True).load(named.get(sweep, Path(sweep)))
        return _beginning(incomplete, map(str, written["profiles"]))
    return []


def trials(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ids of a store's trials."""
    from orchestrator.cli.options import DEFAULT_STORE
    from orchestrator.store import Store

    store = context.params.get("store") or os.environ.get("NCVQ_STORE") or DEFAULT_STORE
    with contextlib.suppress(Exception):
        return _beginning(incomplete, Store(Path(store)).trial_ids())
    return []


def datasets(context: typer.Context, incomplete: str) -> list[str]:
    """Return the datasets of a local archive, and those of the UCR and UEA archives."""
    names: set[str] = set()
    archive = context.params.get("data_dir") or os.environ.get("NCVQ_DATA")
    with contextlib.suppress(OSError):
        names |= {path.name for path in Path(archive).iterdir() if path.is_dir()} if archive else set()
    with contextlib.suppress(Exception):
        from ncvq_core.data.download import downloadable

        names |= downloadable()
    return _beginning(incomplete, names)


def augmentation_sets(incomplete: str) -> list[str]:
    """Return the sets of the study, and single augmentations."""
    from ncvq_core.augmentations import AUGMENTATIONS, STUDY_SETS

    return _beginning(incomplete, [*STUDY_SETS, *AUGMENTATIONS])


def wandb_modes(incomplete: str) -> list[str]:
    """Return the modes of W&B."""
    return _beginning(incomplete, ("online", "offline", "disabled"))


def _named_sweeps() -> dict[str, Path]:
    return {path.stem: path for path in (HOME / "sweeps").glob(f"*{_SUFFIX}")}


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _escaped(pattern: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in pattern)
