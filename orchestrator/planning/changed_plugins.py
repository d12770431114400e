"""Plugins that are not what they were when a sweep was launched last."""

from pathlib import Path

from orchestrator.store import DamagedError, Store
from orchestrator.sweepfile.sweep import Sweep


def changed_plugins(sweep: Sweep, store: Store) -> list[str]:
    """Say in one line each which plugins of a sweep have changed since its last launch in a store."""
    try:
        earlier = store.read_sweep(sweep.name).get("plugins", [])
    except (FileNotFoundError, DamagedError):
        return []
    known = {plugin["file"]: plugin["checksum"] for plugin in earlier}
    changed = [each for each in sweep.plugins if known.get(Path(each.path).name, each.checksum) != each.checksum]
    return [
        f"{plugin.path}: changed since {sweep.name} was launched last (checksum {known[Path(plugin.path).name]}, now "
        f"{plugin.checksum}): trials that use it are new ones"
        for plugin in changed
    ]
