"""Coverage: every cell once, in the colour of the worst of its seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports.figures import coverage
from reports.figures.coverage import COLOURS, OTHER_NUMERICS
from tests.reports.figures.grids import cells_of, figures_of, results_of_grid

SWEEP: dict[str, list[Any]] = {"dataset": ["Alpha", "Beta"], "ssl": ["none", "byol", "vicreg"], "seed": [0, 1, 2]}


def troubled(levels: dict[str, Any]) -> dict[str, Any] | None:
    """A cell of each kind of Alpha; of Beta all are done."""
    kind = {
        ("none", 2): {"numerics_version": 1}, ("byol", 0): {"status": "failed"}, ("byol", 1): {"status": "pruned"},
        ("vicreg", 1): {"status": "diverged"}, ("vicreg", 2): None,
    }  # fmt: skip
    if levels["dataset"] == "Beta":
        return {"numerics_version": 2}
    own = kind.get((levels["ssl"], levels["seed"]), {})
    return None if own is None else {"numerics_version": 2, **own}


def test_every_cell_is_counted_once(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, SWEEP, change=troubled)
    ((view, table, shown),) = figures_of(results, "coverage")
    rows = table.set_index(["dataset", "setting"])
    assert rows["of"].tolist() == [3] * 6
    assert rows[list(COLOURS)].sum().to_dict() == {
        "failed": 1, "diverged": 1, "pruned": 1, "missing": 1, "running": 0, OTHER_NUMERICS: 1, "done": 13,
    }  # fmt: skip
    assert rows.loc[("Alpha", "none"), "status"] == OTHER_NUMERICS
    assert rows.loc[("Alpha", "byol"), "status"] == "failed"
    assert rows.loc[("Alpha", "vicreg"), "status"] == "diverged"
    assert rows.loc["Beta", "status"].unique().tolist() == ["done"]
    words = coverage.caption(table, view, shown)
    assert words.startswith("14 done, 1 failed, 1 diverged, 1 pruned, 1 missing. ")
    assert "4 trials are left out: Alpha ssl=byol seed 0 (failed); " in words
    assert "Alpha ssl=vicreg seed 2 (missing)" in words
    assert coverage.alt_text(table, view) == "Grid of settings and datasets: 14 of 18 trials are done."


def test_the_grid_has_a_row_a_setting_and_a_number_a_cell(tmp_path: Path) -> None:
    ((view, table, _),) = figures_of(results_of_grid(tmp_path, SWEEP, change=troubled), "coverage")
    figure = coverage.draw(table, view)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["none", "byol", "vicreg"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Alpha", "Beta"]
    assert sorted(text.get_text() for text in axes.texts) == sorted(["3", "1/3", "1/3", "3", "3", "3"])
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["failed", "diverged", "pruned", "missing", OTHER_NUMERICS, "done"]


@pytest.mark.parametrize("factors", [{"seed": [0]}, {"dataset": ["Alpha"]}, {"learning_rate": [0.1, 0.2]}])
def test_small_sweeps_have_one_page(tmp_path: Path, factors: dict[str, list[Any]]) -> None:
    ((view, table, _),) = figures_of(results_of_grid(tmp_path, factors), "coverage")
    assert table["of"].sum() == len(cells_of(factors))
    assert coverage.draw(table, view).axes


def test_nothing_done_is_shown_too(tmp_path: Path) -> None:
    results = results_of_grid(tmp_path, SWEEP, change=lambda levels: None if levels["seed"] else {"status": "failed"})
    ((_, table, _),) = figures_of(results, "coverage")
    assert set(table["status"]) == {"failed"}
    assert table["missing"].tolist() == [2] * 6


def test_large_sweeps_have_pages_that_hold_every_cell_once(tmp_path: Path) -> None:
    large = {"dataset": [f"D{place}" for place in range(40)], "ssl": ["byol"],
             "augmentations": [f"set{place}" for place in range(60)], "seed": [0]}  # fmt: skip
    results = results_of_grid(tmp_path, large, epochs=0)
    pages = figures_of(results, "coverage")
    assert len(pages) > 1
    whole = pd.concat([table for _, table, _ in pages])
    assert len(whole) == 40 * 60
    assert not whole.duplicated(["setting", "dataset"]).any()
