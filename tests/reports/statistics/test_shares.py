"""Functional ANOVA: invented functions have the shares that arithmetic gives them, and noise gives none."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from reports.statistics.shares import NO_FACTOR, NO_SPREAD, NOISE, NOT_GRID, ONE_SEED, TOO_MANY, shares
from reports.statistics.specification import Options
from tests.reports.statistics.examples import PROBE, Example, cells, ssl_sweep

DESIGN = ssl_sweep(datasets=2, seeds=8)


def shares_of(rows: pd.DataFrame, design: Example = DESIGN) -> pd.DataFrame:
    """The mean over datasets, by source."""
    table = shares(rows, design, PROBE, Options())
    return table[table["dataset"].isna()].set_index("source")


def rows_with(noise: float, weight: float = 0.0) -> pd.DataFrame:
    rows = cells(DESIGN)
    generator = np.random.default_rng(4)
    method = rows["ssl"].map({"none": 0.0, "barlowtwins": 1.0, "vibcreg": 2.0})
    seed = rows["seed"].astype(float)
    own = weight * rows["aug_recon_weight"].map({"0.05": -1.0, "0.2": 1.0}).fillna(0.0)
    return rows.assign(probe_svm=method + seed + own + noise * generator.normal(size=len(rows)))


def test_without_noise_one_factor_explains_all_that_differs_inside_blocks() -> None:
    found = shares_of(rows_with(0.0))["share"]
    assert found["ssl"] == pytest.approx(1)
    assert found.drop("ssl").abs().max() < 1e-9


def test_a_weight_that_matters_with_ssl_alone_has_a_share_of_its_own_and_one_with_ssl() -> None:
    found = shares_of(rows_with(0.0, weight=0.6))["share"]
    total = 2 / 3 + 0.36 * 2 / 3
    assert found["aug_recon_weight"] == pytest.approx((0.4**2) / total)
    assert found["ssl × aug_recon_weight"] == pytest.approx((0.36 * 2 / 3 - 0.4**2) / total)
    assert found.sum() == pytest.approx(1)


def test_noise_alone_gives_no_factor_a_share_and_brings_one_beyond_its_limit_in_one_case_of_twenty() -> None:
    design = ssl_sweep(datasets=60, seeds=3)
    rows = cells(design)
    table = shares(rows.assign(probe_svm=np.random.default_rng(0).normal(size=len(rows))), design, PROBE, Options())
    factors = table[table["source"] != NOISE]
    single = factors.dropna(subset=["dataset"])
    beyond = (single["share"] > single["limit"]).groupby(single["dataset"]).any()
    assert beyond.mean() <= 0.1
    overall = factors[factors["dataset"].isna()]
    assert overall["share"].abs().max() < 0.015
    assert (overall["share"] < overall["limit"]).all()
    assert (overall["limit"] < 0.08).all()


FACTORS = {"one": ["a", "b", "c"], "two": ["d", "e"], "three": ["f", "g"]}


def residual(columns: list[np.ndarray], y: np.ndarray) -> float:
    """The sum of squares that least squares leave."""
    matrix = np.concatenate(columns, axis=1)
    return float(((y - matrix @ np.linalg.lstsq(matrix, y, rcond=None)[0]) ** 2).sum())


def test_shares_are_epsilon_squared_of_nested_models_by_least_squares() -> None:
    design = Example(factors={"dataset": ["data"], **FACTORS, "seed": ["0", "1", "2"]})
    rows = cells(design)
    generator = np.random.default_rng(1)
    effect = rows["one"].map({"a": 0.0, "b": 1.0, "c": 3.0}) * rows["two"].map({"d": 1.0, "e": -0.5})
    y = (effect + 4 * rows["seed"].astype(float) + generator.normal(size=len(rows))).to_numpy()
    found = shares_of(rows.assign(probe_svm=y), design)["share"]

    def dummies(*names: str) -> np.ndarray:
        text = rows[list(names)].agg("/".join, axis=1)
        return pd.get_dummies(text).to_numpy(dtype=float)

    block = dummies("seed")
    error = residual([block, dummies(*FACTORS)], y)
    error_mean = error / ((len(rows) // 3 - 1) * 2)
    total = residual([block], y)
    for name, levels in FACTORS.items():
        squares = total - residual([block, dummies(name)], y)
        assert found[name] == pytest.approx((squares - (len(levels) - 1) * error_mean) / total), name
    for a, b in (("one", "two"), ("one", "three"), ("two", "three")):
        apart = [block, dummies(a), dummies(b)]
        squares = residual(apart, y) - residual([*apart, dummies(a, b)], y)
        df = (len(FACTORS[a]) - 1) * (len(FACTORS[b]) - 1)
        assert found[f"{a} × {b}"] == pytest.approx((squares - df * error_mean) / total)
    assert found.sum() == pytest.approx(1)


def test_datasets_of_which_nothing_can_be_said_are_named_beside_the_others() -> None:
    rows = rows_with(0.1)
    lost = (rows["dataset"] == "data1") & (rows["ssl"] == "vibcreg") & (rows["augmentations"] == "warp")
    table = shares(rows[~lost], DESIGN, PROBE, Options())
    (left_out,) = table[table["reason"].notna()].to_dict("records")
    assert (left_out["dataset"], left_out["reason"]) == ("data1", NOT_GRID)
    assert set(table.loc[table["source"].notna(), "dataset"].dropna()) == {"data0"}
    assert set(table["n_datasets"]) == {1}


def test_seeds_that_lack_a_setting_are_left_out() -> None:
    rows = rows_with(0.1)
    lost = (rows["seed"] == "3") & (rows["ssl"] == "none")
    assert set(shares_of(rows[~lost])["n_seeds"]) == {7}


def test_reasons() -> None:
    rows = rows_with(0.1)
    lost = rows[~((rows["ssl"] == "vibcreg") & (rows["augmentations"] == "warp"))]
    assert set(shares(lost, DESIGN, PROBE, Options())["reason"]) == {NOT_GRID}
    assert set(shares(rows[rows["seed"] == "0"], DESIGN, PROBE, Options())["reason"]) == {ONE_SEED}
    assert set(shares(rows.assign(probe_svm=0.5), DESIGN, PROBE, Options())["reason"]) == {NO_SPREAD}
    assert set(shares(rows.iloc[:0], DESIGN, PROBE, Options())["reason"]) == {NOT_GRID}
    alone = Example(factors={"dataset": ["data0"], "seed": ["0", "1"]})
    assert set(shares(cells(alone).assign(probe_svm=1.0), alone, PROBE, Options())["reason"]) == {NO_FACTOR}
    many = Example(factors={"dataset": ["a"], **{f"factor{place}": list("01") for place in range(11)}, "seed": ["0"]})
    row = pd.DataFrame([dict(zip(many.factors, each, strict=True)) for each in product("a", *["0"] * 12)])
    done = row.assign(trial_id="0", status="done", probe_svm=1.0)
    assert set(shares(done, many, PROBE, Options())["reason"]) == {TOO_MANY}
