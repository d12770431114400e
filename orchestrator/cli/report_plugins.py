"""The plugins of a report: those that are there, and what a sweep has lost with the others."""

from collections.abc import Sequence
from pathlib import Path

from orchestrator.store import Store, StoreError
from orchestrator.sweepfile.read import load_plugins


def load_report_plugins(sweep: str, plugins: Sequence[Path], store: Path, name: str) -> list[str]:
    """Load the plugins of a sweep as far as they are there, and say which figures of it are lacking.

    Metrics are not: the store describes them.

    Args:
        sweep: as it was named on the command line, a name or a file.
        plugins: those that the command names.
        store: holds the sweep.
        name: of the sweep in it.

    Raises:
        PluginError: a plugin cannot be used.
    """
    from reports.figures.registry import REGISTRY

    load_plugins(plugins, sweep)
    try:
        launched = Store(store).read_sweep(name).get("plugins", ())
    except (StoreError, OSError):
        return []  # the report says it
    lines = []
    for plugin in launched:
        figures = [each.removeprefix("figure ") for each in plugin["adds"] if each.startswith("figure ")]
        if lacking := [figure for figure in figures if figure not in REGISTRY]:
            lines.append(f"left out: {', '.join(lacking)}, drawn by {plugin['file']}; give it with --plugin")
    return lines
