"""Critical-difference diagrams: ranks as pandas has them, bars from the tests, none where nothing can be rejected."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import pytest

from reports.figures import ranks
from reports.figures.contract import View
from reports.read_store import Results
from reports.statistics.ranks import alike
from tests.reports.figures.readable import faults_of
from tests.reports.tables.test_ranks import of_methods

NO_CLAIMS = pd.DataFrame()


def drawn(results: Results) -> tuple[View, pd.DataFrame]:
    (view,) = ranks.views(results, NO_CLAIMS)
    return view, ranks.table(results, NO_CLAIMS, view)


def test_marks_are_the_ranks_of_pandas_and_bars_those_of_the_tests() -> None:
    results = of_methods(8)
    view, table = drawn(results)
    means = results.cells.groupby(["dataset", "ssl"])["val_loss"].apply(lambda values: values.prod()).unstack()
    expected = means.rank(axis=1)
    found = table[table["kind"] == ranks.MEAN].set_index("level")
    assert found["value"].to_dict() == pytest.approx(expected.mean().to_dict())
    assert found["place"].idxmin() == "b"
    single = table[table["kind"] == ranks.SINGLE]
    assert single.groupby("level")["n"].sum().to_dict() == {"a": 8, "b": 8, "c": 8}
    bars = table[table["kind"] == ranks.BAR]
    assert set(bars["level"]) == {"a", "c"}
    assert not view.appendix
    assert faults_of(ranks.draw(table, view)) == []
    assert "b ranks before a" in ranks.caption(table, view, results)
    assert "b 1.00" in ranks.alt_text(table, view)


def test_few_datasets_have_no_bars_and_say_so() -> None:
    results = of_methods(4)
    view, table = drawn(results)
    assert ranks.BAR not in set(table["kind"])
    assert set(table["note"]) == {"4 datasets cannot reject: 3 pairs, 7 needed"}
    assert view.appendix
    assert "cannot reject anything" in ranks.caption(table, view, results)


def rank_tests(levels: str, differ: set[str]) -> pd.DataFrame:
    pairs = list(combinations(levels, 2))
    return pd.DataFrame({
        "level_a": [a for a, _ in pairs], "level_b": [b for _, b in pairs],
        "rank_a": [levels.index(a) for a, _ in pairs], "rank_b": [levels.index(b) for _, b in pairs],
        "p_adjusted": [0.01 if a + b in differ else 0.5 for a, b in pairs],
    })  # fmt: skip


@pytest.mark.parametrize(
    ("differ", "groups"),
    [
        (set(), ["abcd"]),
        ({"ad"}, ["abc", "bcd"]),
        ({"ab"}, ["acd", "bcd"]),
        ({"ab", "ac", "ad"}, ["bcd"]),
        ({"ab", "ac", "ad", "bc", "bd", "cd"}, []),
    ],
)
def test_groups_in_which_no_two_differ(differ: set[str], groups: list[str]) -> None:
    assert ["".join(group) for group in alike(rank_tests("abcd", differ))] == groups
