"""The tables of docs/sweeps.md and docs/model.md are those of the code."""

import runpy
from pathlib import Path

import pytest

from docs.make_answers import all_tables
from docs.make_tables import with_tables
from reports import Sweep

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["sweeps.md", "model.md"])
def test_tables_of_pages_are_current(name: str) -> None:
    tools = runpy.run_path(str(DOCS / "make_tables.py"))
    page = (DOCS / name).read_text(encoding="utf-8")
    assert tools["with_tables"](page, tools["all_tables"]()[DOCS / name]) == page, "run python docs/make_tables.py"


@pytest.mark.parametrize("sweep", ["aug-recon-weight-small", "aug-robustness-small", "main-small"])
def test_the_rows_of_the_profiles_say_what_their_page_says(sweep: str) -> None:
    page = (DOCS / "profiles.md").read_text(encoding="utf-8")
    head, _ = Sweep(DOCS / "profiles", sweep).answers().split("Measured", 1)
    answers = [line for line in head.splitlines() if line.startswith("- ")]
    assert answers
    assert "\n".join(f"> {line}" for line in answers) in page


@pytest.mark.parametrize("name", ["benchmarks.md", "replication.md"])
def test_answers_are_those_of_the_logs(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert with_tables(page, all_tables()[DOCS / name]) == page, "run python -m docs.make_answers"
