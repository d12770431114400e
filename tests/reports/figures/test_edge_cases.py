"""What a sweep can look like: each gives a figure or a clear sentence, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports import write_report
from reports.figures.write import Output
from tests.reports.conftest import StoreWriter
from tests.reports.figures.sweeps import Change, write_sweep

pytestmark = pytest.mark.whole


def ends(status: str) -> Change:
    return lambda levels: {"status": status, "error": f"{status}: invented", "val_loss": None, "probe_svm": None}


def missing(levels: dict[str, Any]) -> None:
    return None


def half_missing(levels: dict[str, Any]) -> dict[str, Any] | None:
    return {} if levels["seed"] % 2 == 0 or levels["ssl"] == "none" else None


def no_numbers(levels: dict[str, Any]) -> dict[str, Any]:
    return {"val_loss": [float("nan"), float("inf"), -1.0, 1.0][levels["seed"]]}


def one_diverges(levels: dict[str, Any]) -> dict[str, Any]:
    lost = levels["ssl"] == "barlowtwins" and levels["seed"] < 2
    return {"status": "diverged", "val_loss": None, "probe_svm": None} if lost else {}


def two_judges(levels: dict[str, Any]) -> dict[str, Any]:
    return {"fid": 2.0 + levels["seed"], "cas": 0.8, "stages": 2, "fcn": f"trained {levels['seed'] % 2}"}


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "one trial": ({"datasets": 1, "seeds": 1, "methods": ["none"]}, "nothing but dataset and seed varies"),
    "one seed": ({"seeds": 1}, "one block has no spread to judge by"),
    "one dataset": ({"datasets": 1}, "one dataset says nothing about others"),
    "no baseline": ({"baseline": False}, "against"),
    "all failed": ({"change": ends("failed")}, "No effect to show yet: no trial is done."),
    "all diverged": ({"change": ends("diverged")}, "No effect to show yet: no trial is done."),
    "all missing": ({"change": missing}, "No effect to show yet: no trial is done."),
    "half missing": ({"change": half_missing}, "Incomplete and dropped: Data0 seed 1"),
    "constant": ({"change": lambda levels: {"val_loss": 1.0, "probe_svm": 1.0}}, "identical in all"),
    "no numbers": ({"change": no_numbers}, "not above 0"),
    "two judges": ({"change": two_judges}, "several networks judged the samples"),
    "one diverges": ({"change": one_diverges}, "barlowtwins"),
}
"""How the sweep is written, and words of its page."""
WITH_FIGURE = {
    "one seed",
    "one dataset",
    "no baseline",
    "half missing",
    "constant",
    "no numbers",
    "two judges",
    "one diverges",
}


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a case, made once."""

    @cache
    def made(case: str) -> Path:
        writer = StoreWriter(root=tmp_path_factory.mktemp("case") / "store")
        return write_report(write_sweep(writer, **CASES[case][0]), "fixture", output=Output(formats=("png",)))

    return made


@pytest.mark.parametrize(
    "case",
    [
        case if case in ("half missing", "all failed") else pytest.param(case, marks=pytest.mark.thorough)
        for case in CASES
    ],
)
def test_each_case_has_a_page_that_says_what_can_be_shown(page_of: Callable[[str], Path], case: str) -> None:
    page, words = page_of(case), CASES[case][1]
    text = re.sub(r'src="data:[^"]*"', "", page.read_text(encoding="utf-8"))
    assert words in text
    assert '<h3 id="effects">' in text
    assert (page.parent / "figures" / "effects.png").exists() == (case in WITH_FIGURE)
    assert ("No effect to show" in text) == (case not in WITH_FIGURE)
    assert "nan" not in re.findall(r"<figcaption>.*?</figcaption>", text, re.DOTALL)


def rows_of(page: Path) -> pd.DataFrame:
    return pd.read_csv(page.parent / "tables" / "effects.csv").set_index("anchor")


@pytest.mark.thorough
def test_a_level_that_diverges_is_counted_and_not_called_better(page_of: Callable[[str], Path]) -> None:
    table = rows_of(page_of("one diverges"))
    row = table.loc["effect-ssl-val_loss-barlowtwins-these-datasets"]
    assert row["n_diverged"] == 4
    assert row["n_diverged_reference"] == 0
    assert row["blocks_words"] == "4/8"
    assert not row["verdict"].startswith("better")


@pytest.mark.thorough
def test_what_cannot_be_said_has_a_reason_in_place_of_a_mark(page_of: Callable[[str], Path]) -> None:
    table = rows_of(page_of("one dataset"))
    row = table.loc["effect-ssl-val_loss-barlowtwins-datasets-like-these"]
    assert row["verdict"] == "cannot be said"
    assert row[["effect_words", "verdict_words"]].tolist() == ["-", "-"]
    assert row["reason_words"] == "cannot be said: one dataset says nothing about others"
    assert table.loc["effect-ssl-val_loss-barlowtwins-Data0", "scope"] == "Data0"
