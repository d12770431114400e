"""Writes the table of tree.md: `python -m docs.measure_tree [FOLDER …]`; with folders, prints theirs instead.

So that the same script measures other projects, whatever their folders are called.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from docs.import_graph import PACKAGES, ROOT
from docs.make_tables import with_tables

PAGE = Path(__file__).parent / "tree.md"
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Measured(NamedTuple):
    """What was counted in some folders."""

    files: list[int]
    """Lines of each file."""
    functions: list[int]
    """Lines of each function."""
    annotated: list[bool]
    """Whether a function says what it returns."""
    documented: list[bool]
    """Whether a public module, class or function has a docstring."""
    folders: list[int]
    """Python files of each folder, not of those below it."""


def measure(folders: list[Path]) -> Measured:
    """Count the Python files of some folders."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    found = Measured([], [], [], [], list(Counter(path.parent for path in paths).values()))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        found.files.append(len(text.splitlines()))
        functions = list(_functions(tree))
        found.functions.extend((function.end_lineno or 0) - function.lineno + 1 for function in functions)
        found.annotated.extend(function.returns is not None for function in functions)
        named = [tree, *functions, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
        public = [node for node in named if not getattr(node, "name", "").startswith("_")]
        found.documented.extend(ast.get_docstring(node) is not None for node in public)
    return found


def _functions(node: ast.AST) -> Iterator[Function]:
    """Yield functions and methods, those inside functions left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield child
        else:
            yield from _functions(child)


def tree_table(columns: dict[str, list[Path]]) -> str:
    """Return a column for each name and its folders."""
    all_measured = [measure(folders) for folders in columns.values()]
    rows = {
        "lines / files": [f"{sum(each.files):,} / {len(each.files)}" for each in all_measured],
        "lines a file, median / max": [_middle(each.files) for each in all_measured],
        "lines a function, median / max": [_middle(each.functions) for each in all_measured],
        "return types annotated": [_share(each.annotated) for each in all_measured],
        "public docstrings": [_share(each.documented) for each in all_measured],
        "files a folder, median / max": [_middle(each.folders) for each in all_measured],
    }
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())])


def _middle(values: list[int]) -> str:
    return f"{median(values):g} / {max(values)}" if values else "–"


def _share(values: list[bool]) -> str:
    return f"{sum(values) / len(values):.0%}" if values else "–"


def main() -> None:
    """Write the page, or print the table of the folders that are named."""
    if sys.argv[1:]:
        print(tree_table({Path(name).name: [Path(name)] for name in sys.argv[1:]}))
        return
    columns = {package: [ROOT / package] for package in PACKAGES if package != "sweeps"}
    table = tree_table({"all": [ROOT / package for package in PACKAGES], **columns})
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), [("tree", table)]), encoding="utf-8")


if __name__ == "__main__":
    main()
