"""Decisions at a look, on small sweeps whose numbers are invented for the tests."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reports.racing.bounds import ONE_SIDED, TWO_SIDED, planned_looks, thresholds
from reports.racing.evidence import log_two_sided
from reports.racing.look import Rows, key_of, still_open, take_look
from reports.statistics.compare import estimate
from reports.statistics.effects import THESE
from tests.reports.statistics.examples import LOSS, cells, only, random_trials, ssl_sweep, two_levels, with_values

LOOKS = planned_looks(8)


def look_at(trials: pd.DataFrame, design: object, factor: str, before: Rows, seeds: int) -> pd.DataFrame:
    first = trials[trials["seed"].isin([str(seed) for seed in range(seeds)])]
    return take_look([estimate(first, design, LOSS, factor)], before, LOOKS, seeds)  # type: ignore[arg-type]


def test_only_these_datasets_are_raced_and_each_comparison_is_there_once() -> None:
    look = look_at(random_trials(ssl_sweep(datasets=2, seeds=8)), ssl_sweep(datasets=2, seeds=8), "ssl", {}, 4)
    assert len(look) == 2 * 3
    assert sorted(look["dataset"].fillna("all").unique()) == ["all", "data0", "data1"]
    assert len({key_of(row) for row in look.to_dict("records")}) == 6


def test_verdicts_are_those_of_the_bounds() -> None:
    """Each p against the bound of the first look, worked out here."""
    design = ssl_sweep(datasets=2, seeds=8)
    look = look_at(random_trials(design), design, "aug_recon_weight", {}, 5)
    limits = thresholds(LOOKS, 3, TWO_SIDED)[1], thresholds(LOOKS, 3, ONE_SIDED)[1]
    for kind, limit in zip(("p", "p_equivalence"), limits, strict=True):
        p = sorted(look[kind])
        steps = [value <= limit[2 - place] for place, value in enumerate(p)]
        called = steps.index(False) if False in steps else 3
        words = look.sort_values(kind)["verdict"].tolist()
        shown = [("equivalent" in word) if kind == "p_equivalence" else word.split()[0] in ("better", "worse")
                 for word in words]  # fmt: skip
        assert shown == [True] * called + [False] * (3 - called)


def test_what_is_decided_is_not_looked_at_again_and_stays_in_its_family() -> None:
    design = two_levels(datasets=2, seeds=8)
    trials = with_values(
        cells(design), "val_loss",
        lambda row: (1 + 0.1 * int(row.seed)) * (2.0 if row.variant == "b" and row.dataset == "data0" else 1.0)
        * (1 + 0.03 * ((3 * int(row.seed)) % 5 - 2) * (row.variant == "b")),
    )  # fmt: skip
    first = look_at(trials, design, "variant", {}, 4)
    assert only(first, dataset="data0")["verdict"] == "worse"
    assert "data1" in set(still_open(first)["dataset"])
    before = {key_of(row): row for row in first.to_dict("records")}
    decided = [row for row in before.values() if row["verdict"] == "worse"]
    second = look_at(trials, design, "variant", before, 5)
    assert "data0" not in set(second["dataset"])
    shares = 3 - len(decided)
    assert second["p_limit"].max() >= thresholds(LOOKS, 3, TWO_SIDED)[1, shares - 1] - 1e-15


def test_no_spread_ends_a_comparison() -> None:
    design = two_levels(datasets=1, seeds=8)
    look = look_at(with_values(cells(design), "val_loss", lambda row: 1.0 + int(row.seed)), design, "variant", {}, 4)
    assert look["verdict"].tolist() == ["identical"]
    assert still_open(look).empty


def test_seeds_that_are_not_there_leave_it_open() -> None:
    design = two_levels(datasets=1, seeds=8)
    trials = random_trials(design).assign(status="missing")
    look = look_at(trials, design, "variant", {}, 4)
    assert len(still_open(look)) == len(look) == 1


def test_a_look_before_the_first_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        look_at(random_trials(two_levels(seeds=9)), two_levels(seeds=9), "variant", {}, 3)


def test_a_look_beyond_the_plan_is_judged_by_e_values() -> None:
    """Rule 13: 20 decides in a family of one, 40 in one of two."""
    design = two_levels(datasets=1, seeds=9)
    trials = with_values(
        cells(design), "val_loss",
        lambda row: (1 + 0.1 * int(row.seed)) * (1 + (0.3 + 0.03 * (int(row.seed) % 3)) * (row.variant == "b")),
    )  # fmt: skip
    row = look_at(trials, design, "variant", {}, 9).iloc[0]
    found = only(estimate(trials, design, LOSS, "variant"), dataset="data0", question=THESE)
    e = np.exp(log_two_sided(found["estimate"] / found["se"], found["df"], found["n_blocks"]))
    assert e > 20
    assert (row["verdict"], row["p_limit"]) == ("worse", 0.05)
    assert row["p"] == pytest.approx(1 / e)
    assert look_at(random_trials(ssl_sweep(datasets=1, seeds=9)), ssl_sweep(datasets=1, seeds=9), "ssl", {}, 9)[
        "p_limit"
    ].tolist() == [0.025, 0.025]


def test_what_has_no_new_block_is_as_it_was() -> None:
    """Bounds of later looks may be wider: the same blocks are not judged by them."""
    design = two_levels(datasets=2, seeds=8)
    trials = random_trials(design)
    first = look_at(trials, design, "variant", {}, 4)
    before = {key_of(row): row for row in first.to_dict("records")}
    trials["status"] = trials["status"].mask((trials["dataset"] == "data0") & (trials["seed"] == "4"), "missing")
    second = look_at(trials, design, "variant", before, 5)
    same = only(second, dataset="data0")
    assert same.equals(only(first, dataset="data0"))
    assert only(second, dataset="data1")["seeds"] == 5
