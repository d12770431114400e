"""The share of variance of each factor: pages, words, and what cannot be said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from reports.figures import importance
from reports.figures.contract import View
from reports.figures.style import style_named, styled
from reports.read_store import Results
from reports.statistics.shares import NOISE
from tests.reports.claims.sweeps import results_of
from tests.reports.figures.readable import faults_of
from tests.reports.statistics.examples import Example, cells, ssl_sweep

NO_CLAIMS = pd.DataFrame()
Change = Callable[[pd.DataFrame], pd.DataFrame]


def of_design(design: Example, change: Change = lambda rows: rows, **sweep: object) -> Results:
    """The second level of the first factor has a higher probe and loss; nothing else does anything."""
    rows = cells(design)
    first = next(name for name in design.factors if name != "dataset")
    noise = np.random.default_rng(3).normal(size=(2, len(rows)))
    effect = (rows[first] == design.factors[first][1]).astype(float)
    rows = rows.assign(
        probe_svm=effect + rows["seed"].astype(float) + 0.1 * noise[0], val_loss=np.exp(effect + 0.1 * noise[1]),
        recon_time=np.exp(noise[0]),
    )  # fmt: skip
    return results_of(change(rows), design, **{"answers": ("val_loss", "probe_svm"), **sweep})


def drawn(results: Results) -> tuple[View, pd.DataFrame]:
    (view,) = importance.views(results, NO_CLAIMS)
    return view, importance.table(results, NO_CLAIMS, view)


def faults(table: pd.DataFrame, view: View) -> list[str]:
    """What makes a page hard to read, drawn as for the page of a report."""
    with styled(style_named("page")):
        return faults_of(importance.draw(table, view))


def means(table: pd.DataFrame, metric: str = "probe_svm") -> Mapping[str, float]:
    rows = table[table["dataset"].isna() & (table["metric"] == metric)]
    return {str(name): float(share) for name, share in zip(rows["source"], rows["share"], strict=True)}


def test_the_factor_that_matters_stands_first_and_is_named() -> None:
    results = of_design(ssl_sweep(datasets=3))
    view, table = drawn(results)
    assert view.metrics == ("val_loss", "probe_svm")  # recon_time is not answered for
    assert view.layout.sources[0] == "ssl"
    assert view.layout.sources[-1] == NOISE
    assert means(table)["ssl"] > 0.9
    assert set(table["dataset"].dropna()) == {"data0", "data1", "data2"}
    assert faults(table, view) == []
    words = importance.caption(table, view, results)
    assert "probe_svm: ssl 9" in words
    assert "beyond the noise (3 datasets, 4 seeds at least)" in words
    assert "probe_svm: ssl 9" in importance.alt_text(table, view)


def test_one_factor_has_its_share_and_the_noise() -> None:
    design = Example(factors={"dataset": ["data"], "variant": ["a", "b"], "seed": ["0", "1", "2"]})
    results = of_design(design)
    view, table = drawn(results)
    assert view.layout.sources == ("variant", NOISE)
    assert faults(table, view) == []


def test_what_does_nothing_is_not_called_important() -> None:
    def without_effect(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(probe_svm=np.random.default_rng(8).normal(size=len(rows)))

    results = of_design(ssl_sweep(datasets=3), without_effect, answers=("probe_svm",))
    view, table = drawn(results)
    assert "probe_svm: nothing beyond the noise" in importance.caption(table, view, results)


def test_left_out_datasets_are_named_as_they_are() -> None:
    names = ["$x^2$ & <b>_%#", "数据" * 20, "\\frac{1}{0}"]
    design = Example(factors={**ssl_sweep().factors, "dataset": ["data0", *names]})

    def lost(rows: pd.DataFrame) -> pd.DataFrame:
        return rows[~(rows["dataset"].isin(names) & (rows["ssl"] == "vibcreg"))]

    results = of_design(design, lost)
    view, table = drawn(results)
    said = f"Left out of val_loss: {names[0]}, {names[1]} and {names[2]} (not every combination of levels)."
    assert said in importance.caption(table, view, results)
    assert faults(table, view) == []


def test_a_metric_without_spread_or_of_another_meaning_says_why() -> None:
    results = of_design(ssl_sweep(), lambda rows: rows.assign(val_loss=2.0, ssl_loss=1.0),
                        answers=("val_loss", "ssl_loss", "probe_svm"))  # fmt: skip
    view, table = drawn(results)
    words = importance.caption(table, view, results)
    assert "val_loss: cannot be said (no spread)." in words
    assert "ssl_loss: cannot be said (does not mean the same across ssl and augmentations)." in words
    assert faults(table, view) == []


def test_sweeps_of_which_nothing_can_be_said_have_no_such_figure() -> None:
    assert importance.views(of_design(ssl_sweep(seeds=1)), NO_CLAIMS) == []
    assert importance.views(of_design(ssl_sweep(), lambda rows: rows.assign(status="failed")), NO_CLAIMS) == []
    assert importance.views(of_design(ssl_sweep(), answers=("cas",)), NO_CLAIMS) == []


def test_many_sources_go_on_in_the_appendix_and_many_metrics_beside_each_other() -> None:
    names = {f"factor{place}": ["0", "1"] for place in range(9)}
    results = of_design(
        Example(factors={"dataset": ["data"], **names, "seed": ["0", "1"]}),
        lambda rows: rows.assign(probe_knn=0.5, probe_linear=1.0, recon_timefreq=2.0),
        answers=("val_loss", "probe_svm", "probe_knn", "probe_linear", "recon_timefreq"),
    )
    views = importance.views(results, NO_CLAIMS)
    assert [view.appendix for view in views] == [False, False, True, True]
    sources = [name for view in views[::2] for name in view.layout.sources]
    assert len(sources) == len(set(sources)) == 9 + 36 + 2
    assert views[0].layout.sources[0] == "factor0"
    assert faults(importance.table(results, NO_CLAIMS, views[0]), views[0]) == []
