"""What the pages say is so: tables are those of the code and the data, links lead somewhere."""

import re
import runpy
from pathlib import Path

import pytest

from docs.make_answers import all_tables
from docs.make_tables import with_tables
from reports import Sweep

pytestmark = pytest.mark.whole

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["sweeps.md", "model.md"])
def test_tables_of_pages_are_current(name: str) -> None:
    tools = runpy.run_path(str(DOCS / "make_tables.py"))
    page = (DOCS / name).read_text(encoding="utf-8")
    assert tools["with_tables"](page, tools["all_tables"]()[DOCS / name]) == page, "run python docs/make_tables.py"


@pytest.mark.slow
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


PAGES = [path for path in (DOCS.parent).rglob("*.md") if ".venv" not in path.parts]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS.parent)))
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"""(?:\]\(|src=")([^)"#]+)""", text):
        assert link.startswith("https://") or (page.parent / link).exists(), link


def test_the_sweep_of_the_first_screen_is_the_quickstart() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    sweep = (DOCS.parent / "sweeps" / "quickstart.yaml").read_text(encoding="utf-8")
    assert f"```yaml\n{sweep}```" in readme
