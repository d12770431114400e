"""On which datasets it helps: effects as compare has them, properties as the store has them, words that follow."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from orchestrator.store.datasets import properties_path, write_properties
from reports.claims.table import claims_table
from reports.figures import moderators
from reports.figures.contract import View
from reports.figures.moderators_words import ESTIMATE, POINT, PROPERTIES
from reports.figures.nothing import why_nothing
from reports.figures.style import style_named, styled
from reports.read_store import Results, read_results
from reports.statistics.association import OPEN, OPPOSED, TOGETHER, UNSAID
from tests.reports.claims.sweeps import results_of
from tests.reports.conftest import StoreWriter
from tests.reports.figures.readable import faults_of
from tests.reports.figures.sweeps import write_sweep
from tests.reports.statistics.examples import Example, cells

pytestmark = pytest.mark.whole

Drawn = tuple[View, pd.DataFrame]


def of_datasets(
    datasets: list[str], methods: list[str] | None = None, sign: float = 1.0, **sweep: object
) -> tuple[Results, pd.DataFrame]:
    """Methods gain by val_loss and probe_svm on small datasets with distinct classes (the other way round: sign −1)."""
    design = Example(
        factors={"dataset": datasets, "ssl": ["none", *(methods or ["barlowtwins"])], "seed": list("0123")},
        baseline={"ssl": "none"},
    )
    rows = cells(design)
    noise = np.random.default_rng(6).normal(size=(2, len(rows)))
    size = rows["dataset"].map({name: float(place) for place, name in enumerate(datasets)})
    gain = sign * (len(datasets) - size) * (rows["ssl"] != "none") / len(datasets)
    rows = rows.assign(
        probe_svm=rows["seed"].astype(float) + gain + 0.01 * noise[0], val_loss=np.exp(0.01 * noise[1] - gain)
    )
    results = results_of(rows, design, **{"answers": ("val_loss", "probe_svm"), **sweep})
    generator = np.random.default_rng(1)
    known = {
        f"sum-{name}": {
            "train_series": 20.0 + 100 * place, "length": float(generator.integers(50, 500)), "classes": 2.0,
            "distinctness": 0.5 - 0.03 * place, "high_frequency_share": float(generator.uniform(0, 0.3)),
        }
        for place, name in enumerate(datasets)
    }  # fmt: skip
    results = dataclasses.replace(results, properties=known)
    return results, claims_table(results)


def names(count: int) -> list[str]:
    return [f"data{place}" for place in range(count)]


def drawn(results: Results, claims: pd.DataFrame) -> Drawn:
    (view,) = moderators.views(results, claims)
    return view, moderators.table(results, claims, view)


def faults(table: pd.DataFrame, view: View) -> list[str]:
    """What makes a page hard to read, drawn as for the page of a report."""
    with styled(style_named("page")):
        return faults_of(moderators.draw(table, view))


def estimate(table: pd.DataFrame, metric: str, name: str) -> dict[str, object]:
    rows = table[(table["kind"] == ESTIMATE) & (table["metric"] == metric) & (table["property"] == name)]
    (row,) = rows.to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_points_are_the_effects_and_claims_say_where_it_helps() -> None:
    results, claims = of_datasets(names(9))
    view, table = drawn(results, claims)
    assert not view.appendix
    points = table[(table["kind"] == POINT) & (table["metric"] == "probe_svm") & (table["property"] == "train_series")]
    means = results.cells.groupby(["dataset", "ssl"])["probe_svm"].mean().unstack()
    expected = means["barlowtwins"] - means["none"]
    assert dict(zip(points["dataset"], points["effect"], strict=True)) == pytest.approx(expected.to_dict())
    length = [results.properties[f"sum-{name}"]["length"] for name in expected.index]
    assert estimate(table, "probe_svm", "length")["rho"] == pytest.approx(stats.spearmanr(length, expected).statistic)
    assert estimate(table, "probe_svm", "train_series")["verdict"] == OPPOSED
    assert estimate(table, "val_loss", "train_series")["verdict"] == TOGETHER  # of which lower is better
    assert estimate(table, "val_loss", "high_frequency_share")["verdict"] == OPEN
    assert estimate(table, "val_loss", "classes")["reason"] == "equal on all datasets"
    assert faults(table, view) == []
    words = moderators.caption(table, view, results)
    for metric in ("val_loss", "probe_svm"):
        assert f"barlowtwins does better by {metric}, relative to none, with fewer series (ρ = " in words
        assert f"barlowtwins does better by {metric}, relative to none, with more distinct classes" in words
    assert "small sets with visibly distinct classes gain is supported: barlowtwins by val_loss and " in words
    assert "probe_svm of barlowtwins and length of a series ρ " in moderators.alt_text(table, view)


def test_the_statement_of_the_study_can_be_contradicted_or_stay_open() -> None:
    against, claims = of_datasets(names(9), sign=-1.0)
    view, table = drawn(against, claims)
    assert "gain is contradicted: barlowtwins by val_loss" in moderators.caption(table, view, against)
    shuffled = dict(zip(against.properties, np.random.default_rng(0).permutation(list(against.properties.values())),
                        strict=True))  # fmt: skip
    neither = dataclasses.replace(against, properties=shuffled)
    assert "gain is undecided: barlowtwins by val_loss" in moderators.caption(
        *reversed(drawn(neither, claims)), neither
    )


def test_few_datasets_cannot_show_it_and_say_so() -> None:
    results, claims = of_datasets(names(4), answers=("val_loss",))
    view, table = drawn(results, claims)
    assert view.appendix
    assert set(table.loc[table["kind"] == ESTIMATE, "verdict"]) == {UNSAID}
    words = moderators.caption(table, view, results)
    assert "Nothing can be said (4 datasets cannot show it: 4 tests, 6 needed) of " in words
    assert "study" not in words


def test_hostile_and_many_names_have_pages_that_can_be_read() -> None:
    datasets = ["$x_1$ <b>&amp;", "数据集" * 12, "D" * 60, *names(20)]
    results, claims = of_datasets(datasets, ["m" * 50, "$\\alpha$"], answers=("val_loss",))
    view, table = drawn(results, claims)
    assert [level for _, level in view.layout.rows] == ["m" * 50, "$\\alpha$"]
    assert faults(table, view) == []


def test_another_factor_is_looked_at_where_no_ssl_method_varies() -> None:
    results, _ = of_datasets(names(7))
    cells_of = results.cells.rename(columns={"ssl": "decay"})
    factors = {"decay" if name == "ssl" else name: levels for name, levels in results.sweep.factors.items()}
    other = dataclasses.replace(
        results, cells=cells_of, sweep=dataclasses.replace(results.sweep, factors=factors, baseline={"decay": "none"})
    )
    view, table = drawn(other, claims_table(other))
    assert view.layout.factor == "decay"
    assert "study" not in moderators.caption(table, view, other)


def test_imported_runs_have_the_properties_of_datasets_of_their_names() -> None:
    results, _ = of_datasets(names(6))
    by_name = {checksum.removeprefix("sum-"): properties for checksum, properties in results.properties.items()}
    theirs = dataclasses.replace(
        results, cells=results.cells.drop(columns=["data_checksum", "seed"]), properties=by_name,
        sweep=dataclasses.replace(results.sweep, source="theirs.csv"),
    )  # fmt: skip
    theirs = dataclasses.replace(theirs, cells=theirs.cells.assign(run_kind=None))
    _, table = drawn(theirs, claims_table(theirs))
    assert estimate(table, "probe_svm", "train_series")["rho"] == pytest.approx(-1)
    nothing = dataclasses.replace(theirs, properties={})
    assert "a launch on the same names" in why_nothing(nothing, "moderators")


def test_properties_come_from_the_store_and_are_named_where_they_lack(tmp_path: Path) -> None:
    store = write_sweep(StoreWriter(root=tmp_path / "store"), datasets=3, methods=["none", "byol"])
    before = read_results(store, "fixture")
    claims = claims_table(before)
    assert moderators.views(before, claims) == []
    assert why_nothing(before, "moderators") == (
        "moderators: the store lacks properties of the data of sweep fixture (`ncvq launch fixture` measures them)"
    )
    for place, name in enumerate(["Data0", "Data1"]):
        write_properties(store, f"sum-{name}", name, dict.fromkeys(PROPERTIES, float(place)) | {"distinctness": None})
    results = read_results(store, "fixture")
    view, table = drawn(results, claims)
    assert view.layout.datasets == ("Data0", "Data1")
    assert "Without properties in the store: Data2." in moderators.caption(table, view, results)
    assert estimate(table, "val_loss", "distinctness")["reason"] == "fewer than two datasets"
    path = properties_path(store, "sum-Data0")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dataset": "other"}))
    assert set(read_results(store, "fixture").properties) == {"sum-Data1"}
