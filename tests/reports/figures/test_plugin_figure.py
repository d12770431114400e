"""A figure of the user's own file: drawn where that is given, named where it is not."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from ncvq_core.plugins import load_plugin, place_in_plugin
from orchestrator.cli.report_plugins import load_report_plugins
from orchestrator.store import Store
from reports import ReportError, write_one_figure
from reports.figures.redraw import redraw
from tests.plugin_files import nothing_stays
from tests.test_design_page import TALLY

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

REGISTER = """

import sys
from reports.figures.registry import register_figure

register_figure("tally", sys.modules[__name__])
"""


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    with nothing_stays():
        yield


def write_plugin(folder: Path, source: str) -> Path:
    (folder / "tally.py").write_text(source + REGISTER)
    return folder / "tally.py"


def test_it_is_drawn_and_redrawn(reported: Path, tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, TALLY))
    files = write_one_figure(reported, "fixture", "tally", tmp_path / "page")
    assert all(file.is_file() for file in files)
    rows = pd.read_csv(tmp_path / "page" / "tables" / "tally.csv")
    assert rows.to_dict("list") == {"status": ["done"], "trials": [30]}
    assert redraw(tmp_path / "page" / "figures" / "tally.json")[1] is None


def test_what_it_raises_is_placed_in_its_file(reported: Path, tmp_path: Path) -> None:
    plugin = write_plugin(tmp_path, TALLY.replace('"Trials by status."', "str(1 / 0)"))
    load_plugin(plugin)
    with pytest.raises(ZeroDivisionError) as raised:
        write_one_figure(reported, "fixture", "tally", tmp_path / "page")
    line = next(line for line, text in enumerate(plugin.read_text().splitlines(), start=1) if "1 / 0" in text)
    assert place_in_plugin(raised.value) == f"{plugin}:{line}"


def test_a_section_that_is_none_is_named(reported: Path, tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, TALLY.replace("section=COVERAGE", 'section="mine"')))
    with pytest.raises(ReportError, match="figure tally: its section 'mine' is none of effects, "):
        write_one_figure(reported, "fixture", "tally", tmp_path / "page")


def test_a_module_without_its_functions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="figure 'tally': its module lacks draw, caption"):
        load_plugin(write_plugin(tmp_path, TALLY.replace("def draw", "def _draw").replace("def caption", "def _c")))


def test_a_report_without_the_file_names_it(full_store: Path, tmp_path: Path) -> None:
    store = Store(full_store)
    record = store.read_sweep("fixture")
    adds = ["augmentation shift", "figure tally", "figure effects"]
    store.write_sweep({**record, "plugins": [{"file": "tally.py", "checksum": "0", "adds": adds}]})
    line = "left out: tally, drawn by tally.py; give it with --plugin"
    assert load_report_plugins("fixture", (), full_store, "fixture") == [line]
    (tmp_path / "fixture.yaml").write_text("description: x\nplugins: [tally.py]\n")
    assert load_report_plugins(str(tmp_path / "fixture.yaml"), (), full_store, "fixture") == [line]
    write_plugin(tmp_path, TALLY)
    assert load_report_plugins(str(tmp_path / "fixture.yaml"), (), full_store, "fixture") == []
