"""Functional ANOVA: invented functions have the shares that arithmetic gives them, and noise gives none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reports.statistics.shares import NOISE, NOT_GRID, ONE_SEED, SEEDS, shares
from reports.statistics.specification import Options
from tests.reports.statistics.examples import PROBE, cells, ssl_sweep

DESIGN = ssl_sweep(datasets=2, seeds=8)


def shares_of(rows: pd.DataFrame) -> pd.Series:
    table = shares(rows, DESIGN, PROBE, Options())
    return table[table["dataset"].isna()].set_index("source")["share"]


def rows_with(noise: float, weight: float = 0.0) -> pd.DataFrame:
    rows = cells(DESIGN)
    generator = np.random.default_rng(4)
    method = rows["ssl"].map({"none": 0.0, "barlowtwins": 1.0, "vibcreg": 2.0})
    seed = rows["seed"].astype(float)
    own = weight * rows["aug_recon_weight"].map({"0.05": -1.0, "0.2": 1.0}).fillna(0.0)
    return rows.assign(probe_svm=method + seed + own + noise * generator.normal(size=len(rows)))


def test_without_noise_the_shares_are_those_of_arithmetic() -> None:
    found = shares_of(rows_with(0.0))
    seeds = np.var(np.arange(8))
    assert found["ssl"] == pytest.approx((2 / 3) / (2 / 3 + seeds))
    assert found[SEEDS] == pytest.approx(seeds / (2 / 3 + seeds))
    assert found.drop(["ssl", SEEDS]).abs().max() < 1e-9
    assert found.sum() == pytest.approx(1)


def test_a_weight_that_matters_with_ssl_alone_has_a_share_of_its_own_and_one_with_ssl() -> None:
    found = shares_of(rows_with(0.0, weight=0.6))
    total = 2 / 3 + 0.36 * 2 / 3 + np.var(np.arange(8))
    assert found["aug_recon_weight"] == pytest.approx((0.4**2) / total)
    assert found["ssl × aug_recon_weight"] == pytest.approx((0.36 * 2 / 3 - 0.4**2) / total)


def test_noise_alone_gives_no_factor_a_share() -> None:
    rows = rows_with(0.0)
    draws = []
    for draw in range(20):
        noise = np.random.default_rng(draw).normal(size=len(rows))
        draws.append(shares_of(rows.assign(probe_svm=noise)).drop([NOISE, SEEDS]))
    assert pd.DataFrame(draws).mean().abs().max() < 0.01


def test_reasons() -> None:
    rows = rows_with(0.1)
    lost = rows[~((rows["ssl"] == "vibcreg") & (rows["augmentations"] == "warp"))]
    assert set(shares(lost, DESIGN, PROBE, Options())["reason"]) == {NOT_GRID}
    assert set(shares(rows[rows["seed"] == "0"], DESIGN, PROBE, Options())["reason"]) == {ONE_SEED}
