"""The tables of docs/sweeps.md are those of the code."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_tables_of_sweeps_page_are_current() -> None:
    tools = runpy.run_path(str(DOCS / "make_tables.py"))
    page = (DOCS / "sweeps.md").read_text(encoding="utf-8")
    assert tools["with_tables"](page, tools["all_tables"]()) == page, "run python docs/make_tables.py"
