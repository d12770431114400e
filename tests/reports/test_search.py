"""The report of a search: its figures and words, and that no number of it averages over suggestions."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.sweepfile.sweep import sweep_record
from reports.claims.markdown import nothing_compared
from reports.claims.table import claims_table
from reports.errors import ReportError
from reports.figures import front, search_history
from reports.figures.contract import View
from reports.figures.write import chosen_figures, write_figures
from reports.read_store import Results, read_results
from reports.tables.means import summary_table
from tests.orchestrator.search_stores import ONE, TWO, keep, make_search, search_of, suggest

SUGGESTIONS = 5


def searched(folder: Path, objectives: str, **written: Any) -> Results:
    """A search of five suggestions; the third diverged, and the last is open."""
    sweep = make_search(folder, objectives=objectives, **written)
    store = Store(folder / "store", create=True)
    for number, cells in enumerate(suggest(store, search_of(sweep), SUGGESTIONS)):
        for cell in cells if number < SUGGESTIONS - 1 else ():
            keep(store, cell, "diverged" if number == 2 else "done")
    store.write_sweep(sweep_record(suggested(sweep, search_of(sweep), store).sweep))
    return read_results(store.path, sweep.name)


def rows_of(module: object, results: Results) -> tuple[View, pd.DataFrame]:
    (view,) = module.views(results, pd.DataFrame())  # type: ignore[attr-defined]
    return view, module.table(results, pd.DataFrame(), view)  # type: ignore[attr-defined]


def test_the_history_has_each_suggestion_and_the_best_so_far(tmp_path: Path) -> None:
    results = searched(tmp_path, TWO)
    assert results.search is not None
    view, table = rows_of(search_history, results)
    assert view.layout.metrics == ("val_loss", "probe_svm")
    loss = table[table["metric"] == "val_loss"].set_index("number")
    values = [result.values[0] if result.values else None for result in results.search.results]
    assert loss["value"].astype(object).where(loss["value"].notna(), None).tolist() == values
    assert loss["state"].tolist() == ["done", "done", "diverged", "done", "open"]
    done = [value for value in values if value is not None]
    assert loss.loc[[0, 1, 3], "best"].tolist() == [min(done[:1]), min(done[:2]), min(done)]
    accuracy = table[table["metric"] == "probe_svm"]
    assert accuracy["best"].dropna().is_monotonic_increasing
    words = search_history.caption(table, view, results)
    assert "5 suggestions of 12, by tpe, 3 with values" in words
    assert "nan" not in words + search_history.alt_text(table, view)
    assert len(search_history.draw(table, view).axes) == 2


def test_the_front_is_of_two_objectives(tmp_path: Path) -> None:
    results = searched(tmp_path, TWO)
    view, table = rows_of(front, results)
    assert table["number"].tolist() == [0, 1, 3]
    for row in table.itertuples():
        better = table[(table["across"] <= row.across) & (table["upward"] >= row.upward)]
        alone = better[["across", "upward"]].drop_duplicates().shape[0] == 1
        assert row.front == alone
    assert front.draw(table, view).axes[0].get_xlabel() == "val_loss (minimize)"


def test_one_objective_has_no_front(tmp_path: Path) -> None:
    results = searched(tmp_path, ONE)
    assert front.views(results, pd.DataFrame()) == []
    with pytest.raises(ReportError, match="weight: sweep search is a search, of which"):
        write_figures(results, pd.DataFrame(), tmp_path, "weight")


def test_no_number_averages_over_suggestions(tmp_path: Path) -> None:
    results = searched(tmp_path, ONE)
    claims = claims_table(results)
    assert claims.empty
    drawn = {view.figure for _, view in chosen_figures(results, claims, None, appendix=True)}
    assert drawn == {"search_history", "coverage"}  # nothing took any time, so that there is no cost
    assert results.sweep.factors["suggestion"][:2] == ["0", "1"]
    assert summary_table(results, ()).empty


def test_the_best_is_said_with_a_warning(tmp_path: Path) -> None:
    results = searched(tmp_path, ONE)
    words = nothing_compared(results)
    assert words.startswith("The best suggestion is ")
    assert "Chosen by these values, it looks better than it is: ncvq confirm measures by how much" in words
