"""The command `new`: a plugin to start from, and its test."""

import importlib.util
import keyword
import re
from collections.abc import Collection
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from ncvq_core.errors import ConfigError, unknown_name
from orchestrator.cli.options import DebugOption
from orchestrator.cli.terminal import console, one_line_errors

KINDS = {
    "augmentation": "in a sweep file: plugins: [{name}.py], and in base or factors augmentations: [{name}]",
    "ssl": "in a sweep file: plugins: [{name}.py], and in base or factors ssl: {name}",
    "tokenizer": "in a sweep file: plugins: [{name}.py], and in base or factors tokenizer: {name}",
    "metric": "in a sweep file: plugins: [{name}.py], and in base metrics: [{name}]",
    "figure": "in a report: ncvq report SWEEP --plugin {name}.py --only {name}",
}
"""What can be written, and how it is used."""
FILES = Path(__file__).parent / "new_files"


def new(
    kind: Annotated[str, typer.Argument(help=f"What to add: {', '.join(KINDS)}.")],
    name: Annotated[str, typer.Argument(help="What to call it: small letters, digits and _.")],
    debug: DebugOption = False,
) -> None:
    """Write a plugin to start from, NAME.py, and its test, test_NAME.py, into this folder."""
    with one_line_errors(debug):
        plugin, test = write_new(kind, name, Path())
        lines = [
            f"{plugin}: change it to what you want",
            f"{test}: its test, which passes as it is: python -m pytest {test}",
            KINDS[kind].format(name=name),
        ]
        for line in lines:
            console().print(line, markup=False, highlight=False, soft_wrap=True)


def write_new(kind: str, name: str, folder: Path) -> tuple[Path, Path]:
    """Write a plugin and its test into a folder; returns both files.

    Raises:
        ConfigError: the kind is unknown, the name is none or is taken, or one of the files is there already.
    """
    if kind not in KINDS:
        raise unknown_name("kind of plugin", kind, KINDS)
    if not re.fullmatch("[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise ConfigError(f"{name!r}: a name is small letters, digits and _, begins with a letter, and is no keyword")
    if name in _taken(kind):
        raise ConfigError(f"{name!r}: ncvq has a name like this already; choose another")
    files = {folder / f"{name}.py": f"{kind}.txt", folder / f"test_{name}.py": f"test_{kind}.txt"}
    for path in files:
        if path.exists():
            raise ConfigError(f"{path}: is there already, and stays as it is; choose another name, or move it away")
    if importlib.util.find_spec(name) is not None:
        raise ConfigError(f"{name!r}: Python has a module of that name, which {name}.py would hide; choose another")
    words = name.replace("_", " ").strip().capitalize()
    parts = {"name": name, "words": words, "class_name": words.title().replace(" ", "")}
    plugin, test = (_write(path, template, parts) for path, template in files.items())
    return plugin, test


def _write(path: Path, template: str, parts: dict[str, str]) -> Path:
    text = Template((FILES / template).read_text(encoding="utf-8")).substitute(parts)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    return path


def _taken(kind: str) -> Collection[str]:
    """Return the names that a plugin of a kind cannot have."""
    if kind == "augmentation":
        from ncvq_core.augmentations import AUGMENTATIONS, STUDY_SETS

        return (*AUGMENTATIONS, *STUDY_SETS, "none")
    if kind == "ssl":
        from ncvq_core.ssl import SSL_METHODS

        return (*SSL_METHODS, "none")
    if kind == "tokenizer":
        from ncvq_core.config.tokenizer import BANDS

        return BANDS
    if kind == "metric":
        from ncvq_core.metrics import metrics_by_name
        from orchestrator.store.schema import TRIALS

        return {*metrics_by_name(), *TRIALS.names}
    from reports.figures.registry import REGISTRY

    return REGISTRY
