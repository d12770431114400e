"""The tables of docs/sweeps.md and docs/model.md are those of the code."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["sweeps.md", "model.md"])
def test_tables_of_pages_are_current(name: str) -> None:
    tools = runpy.run_path(str(DOCS / "make_tables.py"))
    page = (DOCS / name).read_text(encoding="utf-8")
    assert tools["with_tables"](page, tools["all_tables"]()[DOCS / name]) == page, "run python docs/make_tables.py"
