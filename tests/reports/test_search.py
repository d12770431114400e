"""The report of a search: its figures and words, and that no number of it averages over suggestions."""

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ncvq_core.metrics import METRICS
from orchestrator.search.suggested import suggested
from orchestrator.store import Store
from orchestrator.store.search_results import State
from orchestrator.sweepfile.sweep import sweep_record
from reports.claims.markdown import nothing_compared
from reports.claims.table import claims_table
from reports.errors import ReportError
from reports.figures import front, search_history, search_importance
from reports.figures.contract import View
from reports.figures.write import chosen_figures, write_figures
from reports.page.search_section import search_section
from reports.read_store import Results, read_results
from reports.tables.means import summary_table
from reports.tables.means_paper import means_tables
from reports.tables.suggestions import suggestions_table
from tests.orchestrator.search_stores import ONE, TWO, keep, make_search, search_of, suggest

SUGGESTIONS = 5


def searched(folder: Path, objectives: str, *, count: int = SUGGESTIONS, **written: Any) -> Results:
    """A search of so many suggestions; the third diverged, and the last is open."""
    folder.mkdir(exist_ok=True)
    sweep = make_search(folder, objectives=objectives, **written)
    store = Store(folder / "store", create=True)
    for number, cells in enumerate(suggest(store, search_of(sweep), count)):
        for cell in cells if number < count - 1 else ():
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


def test_the_page_says_what_each_suggestion_was(tmp_path: Path) -> None:
    results = searched(tmp_path, TWO)
    section = search_section(results)
    assert section is not None
    assert section["how"] == "12 suggestions by tpe."
    assert dict(section["varied"])["ssl_weight"] == "0.1 to 10, on a logarithmic scale"
    assert dict(section["varied"])["channels"] == "8 to 16, whole numbers"
    assert [row["state"] for row in section["rows"]] == ["done", "done", "diverged", "done", "open"]
    assert section["rows"][2]["values"] == [("-", ""), ("-", "")]
    assert results.search is not None
    table = suggestions_table(results.search)
    assert table["number"].tolist() == [0, 1, 2, 3, 4]
    for row, result in zip(table.to_dict("records"), results.search.results, strict=True):
        assert {name: row[name] for name in result.suggestion.drawn} == result.suggestion.drawn
    assert search_section(dataclasses.replace(results, search=None)) is None


def test_means_on_test_are_no_tables_for_a_paper(tmp_path: Path) -> None:
    results = searched(tmp_path, ONE)
    summary = pd.DataFrame([{"metric": "val_loss"}])
    assert means_tables(results, list(METRICS), summary) == []


def test_what_was_pruned_is_a_cross(tmp_path: Path) -> None:
    results = searched(tmp_path, f"{ONE}\n  pruner: asha", length="epochs: 3, val_fraction: 0.25, evaluate_every: 1")
    assert results.search is not None
    view, _ = rows_of(search_history, results)
    ended = [
        dataclasses.replace(each, state=State.PRUNED, along={1: 2.0}) if each.state == State.OPEN else each
        for each in results.search.results
    ]
    pruned = dataclasses.replace(results, search=dataclasses.replace(results.search, results=tuple(ended)))
    table = search_history.table(pruned, pd.DataFrame(), view)
    assert "Crosses on the axis: without a value (1 pruned and 1 diverged)." in search_history.caption(
        table, view, pruned
    )
    section = search_section(pruned)
    assert section is not None
    assert section["rows"][-1]["state"] == "pruned at epoch 1"
    assert section["how"] == "12 suggestions by tpe, and asha ends what falls behind."


def test_importance_needs_enough_suggestions_and_is_drawn_of_them(tmp_path: Path) -> None:
    assert search_importance.views(searched(tmp_path, ONE), pd.DataFrame()) == []
    results = searched(tmp_path / "more", TWO, count=12)
    view, table = rows_of(search_importance, results)
    assert set(view.layout.parameters) <= {"ssl", "aug_recon_weight", "ssl_weight", "channels"}
    assert table["share"].between(0, 1).all()
    assert len(search_importance.draw(table, view).axes) == 2
    assert "val_loss goes with " in search_importance.caption(table, view, results)
