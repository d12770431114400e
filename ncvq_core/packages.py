"""The top-level packages of ncvq, and how they are found where a folder of the user's has the name of one.

Python takes the first `reports` on its path, and the working directory is often the first entry. A command always finds
its own packages (`pin`); what a user imports says in one line that it found somebody else's (`check`).
"""

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

PACKAGES = ("ncvq_core", "orchestrator", "reports", "sweeps")
HOME = Path(__file__).resolve().parents[1]
"""The folder that ncvq's packages are in."""


class _OwnFinder(MetaPathFinder):
    """Finds ncvq's top-level packages in their folder, whatever else is on the path."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [str(HOME)]) if name in PACKAGES else None


def pin() -> None:
    """Let all later imports of this process find ncvq's own packages.

    Raises:
        ImportError: somebody else's has been imported already.
    """
    check(*(name for name in PACKAGES if name in sys.modules))
    if not any(isinstance(finder, _OwnFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _OwnFinder())


def check(*names: str) -> None:
    """Check that these packages would be ncvq's own.

    Raises:
        ImportError: one is not; a line that says where it is and what to do.
    """
    for name in names:
        spec = importlib.util.find_spec(name)
        places = (spec.submodule_search_locations or [spec.origin or "nowhere"]) if spec else []
        found = [Path(place) for place in places]
        if HOME / name not in [place.resolve() for place in found]:
            where = found[0] if found else "nowhere"
            raise ImportError(
                f"ncvq needs its own package {name!r}, in {HOME}, but Python finds {where}: rename that, work in "
                "another folder, or call ncvq_core.packages.pin() first; the command `ncvq` finds its own"
            )


def search_path() -> list[str]:
    """Return Python's path for another process, in which ncvq's packages come before others of their names."""
    path = [os.path.abspath(entry) for entry in sys.path if entry]
    first = next((place for place, entry in enumerate(path) if _has_a_name_of_ours(Path(entry))), len(path))
    return list(dict.fromkeys([*path[:first], str(HOME), *path[first:]]))


def _has_a_name_of_ours(folder: Path) -> bool:
    return any((folder / name).is_dir() or (folder / f"{name}.py").is_file() for name in PACKAGES)
