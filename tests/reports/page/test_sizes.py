"""Pages of big sweeps: a thousand trials with all that a report may draw, and coverage of many more cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.claims.answers import answers
from reports.claims.table import claims_table, gains_table
from reports.figures.drawn import DrawnFigure
from reports.figures.write import DrawnFigures
from reports.metrics import metrics_with_data
from reports.page import render_page
from reports.page.claims_shown import MOST_CLAIMS, claims_shown
from reports.page.coverage_section import MOST_SETTINGS, coverage_section
from reports.page.means import MOST_ROWS, means_section
from reports.read_store import Results, read_results
from reports.tables.means import summary_table
from reports.tables.ranks import rankings
from tests.reports.conftest import StoreWriter
from tests.reports.page.browser import Browser
from tests.reports.page.busy import busy_picture
from tests.reports.page.stores import FAILURES, write_many

pytestmark = pytest.mark.whole

MOST_BYTES = 10_000_000
MOST_FIGURES = 30
SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Big:
    """The page of a thousand trials."""

    path: Path
    results: Results
    claims: pd.DataFrame
    summary: pd.DataFrame


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Big:
    """A thousand trials, of which some failed, diverged or are missing, and thirty figures."""
    folder = tmp_path_factory.mktemp("thousand")
    writer = StoreWriter(root=folder / "store")
    store = write_many(writer, datasets=10, methods=5, sets=5, open_every=37, metrics=("val_loss",))
    results = read_results(store, "fixture")
    metrics, claims, png = metrics_with_data(results.done), claims_table(results), busy_picture()
    figures = [
        DrawnFigure(name=f"figure_{place}", heading=f"Figure {place}", section="values", caption="Words. " * 60,
                    alt_text="Words.", png=png, table=pd.DataFrame())
        for place in range(MOST_FIGURES)
    ]  # fmt: skip
    summary = summary_table(results, metrics)
    text = render_page(
        results, answers=answers(results, claims), claims=claims, gains=gains_table(results), metrics=metrics,
        summary=summary, ranks=rankings(results, claims), figures=DrawnFigures(drawn=figures),
        no_effects="Not drawn.", made_at="2026-01-01 00:00 UTC",
    )  # fmt: skip
    (folder / "index.html").write_text(text, encoding="utf-8")
    return Big(path=folder / "index.html", results=results, claims=claims, summary=summary)


@pytest.mark.slow
def test_a_page_of_a_thousand_trials_is_small(thousand: Big) -> None:
    assert len(thousand.results.cells) == 1000
    assert thousand.path.stat().st_size < MOST_BYTES
    coverage = coverage_section(thousand.results)
    cells = [cell for grid in coverage["grids"] for row in grid["rows"] for cell in row["cells"] if cell]
    assert len(cells) == 1000


@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_of_a_thousand_trials_opens_and_sorts_at_once(browser: Browser, thousand: Big, width: int) -> None:
    browser.open(thousand.path, width=width)
    assert browser.complaints() == []
    assert browser.run("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    opened, sorting = browser.run("""(() => {
      const entry = performance.getEntriesByType("navigation")[0], began = performance.now();
      document.querySelectorAll("details").forEach((details) => (details.open = true));
      document.querySelectorAll("table.sortable").forEach((table) => table.querySelector(".sort")?.click());
      document.body.offsetHeight;
      return [entry.loadEventEnd / 1000, (performance.now() - began) / 1000] })()""")
    assert opened < SECONDS
    assert sorting < SECONDS


def test_heads_of_long_tables_stay_in_view(browser: Browser, thousand: Big) -> None:
    browser.open(thousand.path, width=1280)
    head, box = browser.run("""(() => {
      const box = document.querySelector("#means ~ details .long");
      box.scrollIntoView(); box.scrollTop = 2000;
      return [box.querySelector("th").getBoundingClientRect().top, box.getBoundingClientRect().top] })()""")
    assert head == pytest.approx(box, abs=1)


@pytest.mark.slow
def test_a_page_carries_the_comparisons_that_its_answers_need(thousand: Big) -> None:
    claims = thousand.claims
    assert claims_shown(claims, ["val_loss"]) == (claims, "")
    many = pd.concat([claims.assign(metric=f"metric{place}") for place in range(40)] + [claims], ignore_index=True)
    assert len(many) > MOST_CLAIMS
    kept, words = claims_shown(many, ["val_loss", "metric1"])
    assert "only those of the metrics" in words
    assert set(kept.loc[kept["dataset"].notna(), "metric"]) == {"val_loss", "metric1"}
    assert kept["dataset"].isna().sum() == many["dataset"].isna().sum()
    alone, words = claims_shown(many, list(many["metric"].unique()))
    assert (alone["dataset"].isna().all(), words) == (True, "Those on single datasets are there alone.")


@pytest.mark.slow
def test_a_page_carries_the_means_that_it_can(thousand: Big, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = metrics_with_data(thousand.results.done)
    whole = means_section(thousand.results, metrics, thousand.summary)
    assert (whole["left_out"], len(whole["tables"][0]["rows"])) == ("", 250)
    monkeypatch.setattr("reports.page.means.MOST_MEANS", 100)
    monkeypatch.setattr("reports.page.means.MOST_ROWS", 20)
    part = means_section(thousand.results, metrics, thousand.summary)
    assert part["left_out"] == "A table shows 20 settings of 250."
    assert {len(table["rows"]) for table in part["tables"]} == {20}
    assert MOST_ROWS >= 1000


@pytest.fixture(scope="module")
def eighteen_thousand(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """30 datasets × 150 settings × 4 seeds, one cell in fifty open."""
    writer = StoreWriter(root=tmp_path_factory.mktemp("coverage") / "store")
    store = write_many(writer, datasets=30, methods=30, sets=5, open_every=49, epochs=1, metrics=("val_loss",))
    return read_results(store, "fixture")


def test_coverage_of_a_big_sweep_is_of_settings_that_are_not_complete(eighteen_thousand: Results) -> None:
    cells = eighteen_thousand.cells
    assert len(cells) == 18_000
    section = coverage_section(eighteen_thousand)
    settings = section["settings"]
    assert (section["grids"], settings["all"], settings["listed"]) == ([], 150, MOST_SETTINGS)
    open_cells = cells[cells["status"] != "done"]
    incomplete = open_cells.groupby(["ssl", "augmentations"]).size()
    assert settings["complete"] == 150 - len(incomplete)
    assert [len(block["datasets"]) for block in settings["blocks"]] == [12, 12, 6]
    rows = [dict(zip(settings["factors"], row["levels"], strict=True)) for row in settings["blocks"][0]["rows"]]
    listed = [incomplete[row["ssl"], row["augmentations"]] for row in rows]
    assert listed == sorted(incomplete, reverse=True)[:MOST_SETTINGS]
    shown = [cell for block in settings["blocks"] for cell in block["rows"][0]["cells"]]
    done, planned = np.array([[int(part) for part in cell["text"].split("/")] for cell in shown]).sum(axis=0)
    assert (planned, planned - done) == (120, incomplete[rows[0]["ssl"], rows[0]["augmentations"]])
    assert {cell["status"] for cell in shown if cell["text"] == "4/4"} == {"done"}
    assert all(cell["status"] != "done" for cell in shown if cell["text"] != "4/4")


def test_what_failed_is_told_by_reason_where_it_is_much(eighteen_thousand: Results) -> None:
    section = coverage_section(eighteen_thousand)
    cells = eighteen_thousand.cells
    troubled = cells[cells["status"].isin(["failed", "diverged"])]
    reasons: list[dict[str, Any]] = section["reasons"]
    assert section["troubled"] == []
    assert sum(row["cells"] for row in reasons) == len(troubled)
    assert {row["error"] for row in reasons} == set(troubled["error"]) <= set(FAILURES)
    assert [row["cells"] for row in reasons] == sorted((row["cells"] for row in reasons), reverse=True)
    assert all(len(row["trials"].split(", ")) == 3 for row in reasons)


def test_a_sweep_without_datasets_has_its_settings_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = StoreWriter(root=tmp_path / "store", factors={"learning_rate": [0.1, 0.2]}, baseline={})
    writer.add({"learning_rate": 0.1}, {"recon_time": 1.0, "dataset": "Alpha"})
    writer.add({"learning_rate": 0.2})
    results = read_results(writer.finish(), "fixture")
    monkeypatch.setattr("reports.page.coverage_section.MOST_CELLS", 1)
    settings = coverage_section(results)["settings"]
    assert (settings["complete"], settings["all"], settings["factors"]) == (1, 2, ["learning_rate"])
    (block,) = settings["blocks"]
    assert block["rows"] == [{"levels": ("0.2",), "cells": [{"text": "0/1", "status": "missing", "told": "1 missing"}]}]
