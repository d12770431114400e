"""One metric against another, block by block: correlations as scipy has them, and reasons where nothing can be said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from reports.figures import ssl_difficulty, transfer
from reports.figures.contract import FigureModule, View
from reports.figures.scatter import ESTIMATE, MEAN, POINT
from reports.read_store import Results
from reports.statistics.association import OPEN, OPPOSED, TOGETHER, UNSAID
from reports.statistics.effects import LIKE_THESE, SAME_DIFFERENCE, THESE
from tests.reports.claims.sweeps import results_of
from tests.reports.figures.readable import faults_of
from tests.reports.statistics.examples import Example, cells

NO_CLAIMS = pd.DataFrame()
SETS = ["warp", "slice", "gauss", "flip"]


def of_sets(
    sets: list[str], change: Callable[[pd.DataFrame], pd.DataFrame] | None = None, datasets: int = 4
) -> Results:
    """Some augmentation sets: an easy loss goes with a good probe, the probe with FID, nothing with CAS."""
    design = Example(
        factors={
            "dataset": [f"data{index}" for index in range(datasets)],
            "ssl": ["none", "barlowtwins"],
            "augmentations": sets,
            "seed": ["0", "1", "2", "3"],
        },
        baseline={"ssl": "none"},
    )
    rows = cells(design)
    generator = np.random.default_rng(2)
    hard = rows["augmentations"].map({name: float(place) for place, name in enumerate(SETS)}).fillna(1.5)
    noise = generator.normal(size=(5, len(rows)))
    block = rows["seed"].astype(float) + rows["dataset"].str.removeprefix("data").astype(float)
    rows = rows.assign(
        ssl_loss=(hard + 0.4 * noise[0] + 3 * block).where(rows["ssl"] != "none"),
        probe_svm=0.8 - 0.05 * hard + 0.02 * noise[1] - 0.1 * block,
        recon_time=np.exp(0.1 * noise[2] + block), fid=np.exp(hard + 0.3 * noise[3] - block), cas=noise[4],
        fcn="trained", stages=2,
    )  # fmt: skip
    return results_of(change(rows) if change else rows, design)


def drawn(module: FigureModule, results: Results) -> tuple[View, pd.DataFrame]:
    (view,) = module.views(results, NO_CLAIMS)
    return view, module.table(results, NO_CLAIMS, view)


def estimate(table: pd.DataFrame, x: str, y: str, question: str = THESE) -> dict[str, object]:
    rows = table[(table["kind"] == ESTIMATE) & (table["x_metric"] == x) & (table["y_metric"] == y)]
    (row,) = rows[rows["question"] == question].to_dict("records")
    return {str(name): value for name, value in row.items()}


def test_correlations_are_those_inside_blocks_and_claims_name_their_direction() -> None:
    results = of_sets(SETS)
    view, table = drawn(ssl_difficulty, results)
    own = results.cells[results.cells["ssl"] == "barlowtwins"]
    by_block = [
        (dataset, stats.spearmanr(rows["ssl_loss"], rows["probe_svm"]).statistic)
        for (dataset, _), rows in own.groupby(["dataset", "seed"])
    ]
    means = pd.DataFrame(by_block, columns=["dataset", "rho"]).groupby("dataset")["rho"].mean()
    these, like = (estimate(table, "ssl_loss", "probe_svm", question) for question in (THESE, LIKE_THESE))
    assert these["rho"] == pytest.approx(means.mean())
    assert like["p"] == pytest.approx(stats.ttest_1samp(means, 0).pvalue)
    assert (these["n_blocks"], these["n_datasets"], these["verdict"]) == (16, 4, OPPOSED)
    assert estimate(table, "ssl_loss", "fid")["verdict"] == TOGETHER
    assert estimate(table, "ssl_loss", "recon_time")["verdict"] == OPEN
    assert len(table[table["kind"] == POINT]) == 3 * 64
    easiest = table[(table["kind"] == MEAN) & (table["y_metric"] == "fid")].set_index("level")["x"].astype(float)
    assert easiest.idxmin() == "warp"
    assert faults_of(ssl_difficulty.draw(table, view)) == []
    words = ssl_difficulty.caption(table, view, results)
    assert "On these 4 datasets, probe_svm is lower where ssl_loss of barlowtwins is higher" in words
    assert "with a warning" in words
    assert "probe_svm ρ −0." in ssl_difficulty.alt_text(table, view)


def test_a_better_stage_1_and_its_samples() -> None:
    results = of_sets(SETS)
    view, table = drawn(transfer, results)
    assert estimate(table, "probe_svm", "fid")["verdict"] == OPPOSED
    assert estimate(table, "probe_svm", "cas")["verdict"] == OPEN
    assert "none" in set(table["level"].dropna())
    assert faults_of(transfer.draw(table, view)) == []


def test_two_settings_have_points_and_a_reason() -> None:
    results = of_sets(SETS[:2])
    view, table = drawn(ssl_difficulty, results)
    row = estimate(table, "ssl_loss", "probe_svm")
    assert (row["verdict"], row["reason"]) == (UNSAID, "fewer than 3 settings a block")
    assert (table["kind"] == POINT).any()
    assert view.appendix
    assert "nothing can be said" in ssl_difficulty.caption(table, view, results)


def test_incomplete_blocks_are_left_out_and_counted() -> None:
    def lose_one(rows: pd.DataFrame) -> pd.DataFrame:
        lost = (rows["dataset"] == "data1") & (rows["seed"] == "2") & (rows["augmentations"] == "gauss")
        return rows.assign(probe_svm=rows["probe_svm"].where(~lost))

    results = of_sets(SETS, lose_one)
    view, table = drawn(ssl_difficulty, results)
    row = estimate(table, "ssl_loss", "probe_svm")
    assert (row["n_blocks"], row["n_dropped"]) == (15, 1)
    assert "1 incomplete block" in ssl_difficulty.caption(table, view, results)


def test_no_spread_is_no_p() -> None:
    results = of_sets(SETS, lambda rows: rows.assign(probe_svm=-rows["ssl_loss"]), datasets=1)
    _, table = drawn(ssl_difficulty, results)
    assert estimate(table, "ssl_loss", "probe_svm")["verdict"] == SAME_DIFFERENCE
    assert estimate(table, "ssl_loss", "probe_svm")["rho"] == pytest.approx(-1)
    assert estimate(table, "ssl_loss", "probe_svm", LIKE_THESE)["reason"] == "one dataset"


def test_sweeps_without_such_a_question_have_no_such_figure() -> None:
    assert ssl_difficulty.views(of_sets(["warp"]), NO_CLAIMS) == []
    without = of_sets(SETS, lambda rows: rows.drop(columns=["fid", "cas"]))
    assert transfer.views(without, NO_CLAIMS) == []
