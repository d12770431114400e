"""The whole report of small stores."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
import pytest

from orchestrator.store.lock import exclusive
from reports import Options, ReportError, write_report
from reports.report import report_folder
from tests.reports.conftest import WEIGHT_SWEEP, StoreWriter, weight_cells

pytestmark = pytest.mark.whole


class Page(HTMLParser):
    """Collects what the tests look at."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser for each element."""
        values = dict(attrs)
        self.images += [values] if tag == "img" else []
        self.scripts += tag == "script"
        self.addresses += [value for name in ("src", "href") if (value := values.get(name))]
        self.anchors |= {value for value in (values.get("id"),) if value}


def some_cells(writer: StoreWriter, cells: list[dict[str, Any]]) -> Path:
    """A store with one cell of each kind and the rest done."""
    for index, levels in enumerate(cells):
        if index == 1:
            writer.add_done(levels, status="failed", error="OutOfMemoryError: <invented> & told\nmore")
        elif index == 2:
            writer.add_done(levels, status="diverged", error="loss is nan at epoch 2")
        elif index in (3, 4):
            writer.add(levels)
        else:
            writer.add_done(levels, git_dirty=index == 5)
    store = writer.finish()
    writer.write_running(f"{4:012x}")
    return store


@pytest.fixture(scope="module")
def some_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of that store, of which a launch goes on."""
    store = some_cells(
        StoreWriter(root=tmp_path_factory.mktemp("some") / "store", factors=WEIGHT_SWEEP), weight_cells()
    )
    with exclusive(store, "a test"):
        path = write_report(store, "fixture")
    assert path == store / "reports" / "fixture" / "index.html"
    return path


def test_page_is_complete_in_itself(some_page: Path) -> None:
    path = some_page
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    drawn = sorted((path.parent / "figures").glob("*.png"))
    assert len(page.images) == len(drawn) == 8
    for image in page.images:
        assert str(image["src"]).startswith("data:image/webp;base64,")
        assert image["alt"]
    assert page.scripts == 1
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= page.anchors
    assert not re.search(r"https?://|@import|url\(", text)
    assert text.count("<figcaption>") == len(drawn)


def test_page_shows_what_is_missing_failed_running_or_diverged(some_page: Path) -> None:
    text = some_page.read_text(encoding="utf-8")
    for status, count in (("done", 26), ("running", 1), ("failed", 1), ("diverged", 1), ("missing", 1)):
        assert f'<li class="{status}"><b>{count}</b> {status}</li>' in text
        assert text.count(f'class="cell {status}"') == count
    assert "OutOfMemoryError: &lt;invented&gt; &amp; told" in text
    assert "more" not in re.sub(r"base64,[^\"]*", "", text).split("OutOfMemoryError")[1][:40]
    assert "epoch 3 of 9" in text
    assert "1 trials ran with uncommitted changes" in text


def test_every_figure_has_its_files_and_its_table(reported: Path) -> None:
    folder = reported / "reports" / "fixture"
    names = {path.stem for path in (folder / "figures").glob("*.png")}
    assert names == {"effects", "weight_probe_svm", "curves_stage1_loss",
                     "curves_stage1_ssl_loss", "coverage", "cost", "ssl_difficulty", "importance"}  # fmt: skip
    assert names == {path.stem for path in (folder / "figures").glob("*.pdf")}
    assert names == {path.stem for path in (folder / "figures").glob("*.json")}
    tables = {path.stem for path in (folder / "tables").glob("*.csv")}
    paper = {path.stem for path in (folder / "tables").glob("*.tex")}
    assert paper == {"means_recon_time", "means_probe_svm", "means_ssl_loss", "ranks"}
    assert paper == {path.stem for path in (folder / "tables").glob("*.md")}
    assert tables == names | paper | {"claims", "gains", "summary", "coverage", "provenance", "rank_tests"}
    seeds = pd.read_csv(folder / "tables" / "weight_probe_svm.csv").query("mark == 'seed'")
    assert seeds["trial_id"].nunique() == 30


@pytest.mark.parametrize("kind", ["failed", "missing", "nan"])
def test_nothing_to_draw_still_makes_a_page(writer: StoreWriter, cells: list[dict[str, Any]], kind: str) -> None:
    for levels in cells:
        if kind == "failed":
            writer.add_done(levels, status="failed", error="invented")
        elif kind == "missing":
            writer.add(levels)
        else:
            writer.add(levels, {"recon_time": float("nan")}, epochs=0)
    page = write_report(writer.finish(), "fixture")
    text = page.read_text(encoding="utf-8")
    assert ("No effect to show: no done trial has a value" if kind == "nan" else "yet: no trial is done") in text
    drawn = {path.stem for path in (page.parent / "figures").glob("*.png")}
    assert drawn == ({"coverage"} if kind == "missing" else {"coverage", "cost"})
    assert 'id="coverage"' in text


def test_sweep_without_dataset_or_ssl(writer: StoreWriter) -> None:
    writer.factors, writer.baseline = {"learning_rate": [0.001, 0.01]}, {"learning_rate": 0.001}
    for rate in (0.001, 0.01):
        writer.add({"learning_rate": rate}, {"val_loss": rate, "dataset": "Alpha"})
    text = write_report(writer.finish(), "fixture").read_text(encoding="utf-8")
    assert "against learning_rate (single trials)." in text


@pytest.mark.thorough
def test_a_second_report_replaces_the_first_and_leaves_no_other_file_nor_setting(
    reported: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(reported, tmp_path / "store"))
    before = dict(matplotlib.rcParams)
    page = write_report(store, "fixture")
    assert page == store / "reports" / "fixture" / "index.html"
    assert sorted(path.name for path in page.parent.iterdir()) == [
        "claims.json", "figures", "index.html", "report.md", "tables"
    ]  # fmt: skip
    assert dict(matplotlib.rcParams) == before


def test_a_report_goes_where_it_is_told(writer: StoreWriter, cells: list[dict[str, Any]], tmp_path: Path) -> None:
    writer.add(cells[0])
    assert write_report(writer.finish(), "fixture", tmp_path / "out") == tmp_path / "out" / "index.html"


def test_what_the_reader_chose_has_a_folder_of_its_own(tmp_path: Path) -> None:
    assert report_folder(tmp_path, "main", Options()) == tmp_path / "reports" / "main"
    assert report_folder(tmp_path, "main", Options(seeds=2)).name == "main-seeds-2"
    assert report_folder(tmp_path, "main", Options(partial=True, pool=True)).name == "main-partial-pool"


def test_folder_that_cannot_be_written_is_one_line(full_store: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match="cannot be written"):
        write_report(full_store, "fixture", tmp_path / "file")


def test_import_needs_none_of_the_packages_that_train() -> None:
    code = (
        "import sys, reports\n"
        "print(sorted(({'torch', 'ray', 'wandb', 'optuna', 'matplotlib.pyplot'} & set(sys.modules))"
        " | {name for name in sys.modules if name.startswith(('ncvq_core.', 'orchestrator.'))"
        " and not name.startswith(('ncvq_core.errors', 'ncvq_core.metrics', 'ncvq_core.packages', 'ncvq_core.plugins'))"
        " and not name.startswith('orchestrator.store')"
        " and not (name.startswith('ncvq_core.stages') and name.split('.')[-1] in "
        "('stages', 'kind', 'registry', 'tokenizer', 'judge', 'prior', 'samples'))}))"  # what the store asks of stages
    )
    project = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=project)
    assert done.stdout.strip() == "[]"
