"""How often the rules are right, by a short simulation; docs/statistics.md holds the long one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from docs.statistics import methods
from docs.statistics.draws import COMPONENTS, Noise, draw
from docs.statistics.make_table import tables, with_tables

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
REPLICATES = 6_000


def bounds(seeds: int) -> tuple[float, float]:
    return (0.93, 0.985) if seeds < 4 else (0.93, 0.97)


@pytest.mark.parametrize("seeds", [2, 4, 8])
@pytest.mark.parametrize("datasets", [1, 4, 13])
@pytest.mark.parametrize("noise", ["normal", "t3", "outliers"])
def test_intervals_hold_the_truth_as_often_as_they_say(datasets: int, seeds: int, noise: Noise) -> None:
    generator = np.random.default_rng([7, datasets, seeds])
    drawn = draw(COMPONENTS["fid"], generator, replicates=REPLICATES, datasets=datasets, seeds=seeds, noise=noise)
    low, high = bounds(seeds)
    assert low <= methods.covers_these(methods.rule_4(drawn), drawn).mean() <= high
    if datasets > 1:
        assert low <= methods.covers_all(methods.rule_5(drawn)).mean() <= high


@pytest.mark.parametrize("seeds", [2, 4, 8])
@pytest.mark.parametrize("datasets", [1, 4, 13])
def test_a_family_errs_in_at_most_6_percent(datasets: int, seeds: int) -> None:
    generator = np.random.default_rng([8, datasets, seeds])
    drawn = draw(
        COMPONENTS["fid"], generator, replicates=REPLICATES // 2, datasets=datasets, seeds=seeds, levels=6,
        effects=False,
    )  # fmt: skip
    assert methods.family_errs(drawn).mean() <= 0.06


def test_seeds_alone_do_not_answer_for_other_datasets() -> None:
    shares = []
    for seeds in (4, 8):
        drawn = draw(COMPONENTS["fid"], np.random.default_rng(9), replicates=REPLICATES, datasets=4, seeds=seeds)
        shares.append(1 - methods.covers_all(methods.rule_4(drawn)).mean())
    assert 0.3 < shares[0] < shares[1]


def test_the_page_holds_its_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "20,000 sweeps a figure" in page
    found = {"coverage": "here", "other cases": "there"}
    changed = with_tables(page, found)
    assert changed.count("here\n<!-- end of coverage -->") == 1
    assert with_tables(changed, found) == changed


def test_equal_seeds_give_equal_tables() -> None:
    assert tables(20) == tables(20)
