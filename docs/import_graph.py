"""The rooms of the packages and who imports whom, read from the code."""

import re
import runpy
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("ncvq_core", "orchestrator", "reports", "sweeps")
Graph = dict[str, set[str]]
"""By room, the rooms of its own package that it imports."""


@cache
def rooms_of_the_test() -> dict[str, tuple[str, ...]]:
    """Return the rooms of each package, lowest first, as tests/test_import_boundaries.py holds them."""
    rooms: dict[str, tuple[str, ...]] = runpy.run_path(str(ROOT / "tests" / "test_import_boundaries.py"))["ROOMS"]
    return rooms


def folders(package: str) -> list[str]:
    """Return the folders of a package that hold modules."""
    return sorted(path.parent.name for path in (ROOT / package).glob("*/__init__.py"))


def modules(package: str) -> dict[Path, str]:
    """Return the text of each module of a package, by its path inside the package."""
    paths = sorted((ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT / package): path.read_text(encoding="utf-8") for path in paths}


def room_graph(package: str, rooms: tuple[str, ...]) -> Graph:
    """Return what each of these rooms imports of its own package, itself left out."""
    graph: Graph = {room: set() for room in rooms}
    for path, text in modules(package).items():
        own = path.parts[0].removesuffix(".py")
        if own in graph:
            graph[own] |= set(re.findall(rf"(?:from|import) {package}\.(\w+)", text)) & set(rooms) - {own}
    return graph


def imports_of_others(package: str) -> list[str]:
    """Return what a package imports of each other package, in words; more than three rooms are the whole of it."""
    words = []
    for other in PACKAGES:
        pattern = rf"^\s*(?:from|import) {other}(?:\.(\w+))?"
        found = {name for text in modules(package).values() for name in re.findall(pattern, text, flags=re.MULTILINE)}
        if other != package and found:
            words.append(other if "" in found or len(found) > 3 else f"{other}: {', '.join(sorted(found))}")
    return words


def floors(graph: Graph) -> dict[str, int]:
    """Return how high each room stands: one above the highest that it imports."""
    height: dict[str, int] = {}

    def stand(room: str) -> int:
        if room not in height:
            height[room] = 1 + max((stand(other) for other in graph[room]), default=-1)
        return height[room]

    for room in graph:
        stand(room)
    return height


def without_shortcuts(graph: Graph) -> Graph:
    """Return the graph without arrows that a longer way replaces."""

    def reached(room: str) -> set[str]:
        return graph[room].union(*(reached(other) for other in graph[room]))

    return {room: others - set().union(*map(reached, others)) for room, others in graph.items()}


def first_sentence(package: str, room: str) -> str:
    """Return what the docstring of a room says that it holds, without its full stop."""
    path = ROOT / package / room
    text = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    summary = text.removeprefix('"""').split("\n", 1)[0].removesuffix('"""')
    return re.split(r"\.(?: |$)", summary)[0]
