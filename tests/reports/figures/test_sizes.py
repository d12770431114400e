"""Every size of sweep gives figures that can be read: no page too large, no letter cut, no labels on each other."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports.colours import KNOWN_LOOKS, looks_of
from reports.figures.contract import results_of
from reports.figures.facets import PAGE_HEIGHT, PAGE_WIDTH
from reports.figures.names import inches
from reports.figures.registry import REGISTRY
from reports.figures.style import style_named, styled
from reports.read_store import Results
from tests.reports.figures.grids import figures_of, results_of_grid
from tests.reports.figures.readable import faults_of

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

LONG = [f"augmentation_{letter * 60}{place}" for place, letter in enumerate("abcdefghijkl")]
CJK = [f"数据增强方法{letter * 6}" for letter in "甲乙丙丁戊己庚辛壬癸子丑"]
METHODS = ["none", *(f"method_{letter * 70}" for letter in "abcdefghijk")]
SHAPES: dict[str, dict[str, Any]] = {
    "one trial": {"factors": {"dataset": ["FordA"], "ssl": ["none"], "seed": [0]}},
    "one epoch": {"factors": {"dataset": ["FordA"], "ssl": ["none", "byol"], "augmentations": ["warp", "slice"],
                              "seed": [0, 1]}, "epochs": 1},
    "long names": {"factors": {"dataset": ["D" * 80, "$E_1$"], "ssl": ["none", "byol"], "augmentations": LONG,
                               "seed": [0, 1]}},
    "CJK": {"factors": {"dataset": ["数据集" * 8], "ssl": ["none", "byol"], "augmentations": CJK,
                        "aug_recon_weight": [0.1, 0.2], "seed": [0]}},
    "twelve long methods": {"factors": {"dataset": ["A"], "ssl": METHODS,
                                        "aug_recon_weight": [0.1, 0.2], "seed": [0, 1]}},
    "twenty levels": {"factors": {"dataset": ["A"], "variant": [f"variant{place}" for place in range(20)],
                                  "seed": [0, 1]}},
    "five factors": {"factors": {"dataset": ["A", "B"], "ssl": ["none", "byol"], "ssl_weight": [0.01, 1.0],
                                 "tokenizer": ["stft", "patch"], "projector_width": [256, 4096], "seed": [0]}},
    "embeddings": {"factors": {"dataset": ["FordA", "SonyAIBORobotSurface1"], "ssl": ["none", "barlowtwins"],
                               "token_embedding": ["learned", "codebook_init", "codebook_frozen", "codebook_finetuned"],
                               "seed": [0, 1]}, "baseline": {"ssl": "none", "token_embedding": "learned"}},
    "no dataset": {"factors": {"learning_rate": [0.0001, 0.001], "seed": [0, 1]}},
}  # fmt: skip
EXTREME = {"CJK", "twelve long methods", "twenty levels", "embeddings"}
FIGURES = [name for name in REGISTRY if name != "effects"]


@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=pytest.mark.slow if shape in EXTREME else ()) for shape in SHAPES]
)
def test_every_figure_can_be_read(tmp_path: Path, shape: str) -> None:
    results = results_of_grid(tmp_path, **SHAPES[shape])
    faults = {}
    with styled(style_named("page")):
        for name in FIGURES:
            pages = figures_of(results, name)
            for view, table, shown in {page[0].name: page for page in (*pages[:1], *pages[-1:])}.values():
                faults[view.name] = faults_of(REGISTRY[name].draw(table, view))
                words = REGISTRY[name].caption(table, view, shown) + REGISTRY[name].alt_text(table, view)
                assert "nan" not in words, view.name
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """30 datasets × 6 methods × 5 sets × 5 weights."""
    factors: dict[str, list[Any]] = {
        "dataset": [f"Dataset{place:02d}" for place in range(30)],
        "ssl": ["none", "barlowtwins", "vibcreg", "vicreg", "byol", "simsiam"],
        "augmentations": ["warp", "slice", "gauss", "flip", "slope"],
        "aug_recon_weight": [0.05, 0.1, 0.15, 0.2, 0.4],
        "seed": [0],
    }
    return results_of_grid(tmp_path_factory.mktemp("large"), factors, epochs=1)


def test_a_large_sweep_is_a_few_maps_and_an_appendix(large: Results) -> None:
    views = [view for name in FIGURES for view in REGISTRY[name].views(large, pd.DataFrame())]
    assert len({view.name for view in views}) == len(views)
    report = [view for view in views if not view.appendix]
    assert len(report) <= 30
    weights = [view for view in report if view.figure == "weight"]
    assert weights
    assert all(len(view.layout.datasets) == 30 for view in weights)


@pytest.mark.parametrize("name", FIGURES)
def test_its_first_pages_can_be_read(large: Results, name: str) -> None:
    views = REGISTRY[name].views(large, pd.DataFrame())
    with styled(style_named("page")):
        for view in views[:1]:
            table = REGISTRY[name].table(results_of(view, large), pd.DataFrame(), view).reset_index(drop=True)
            assert faults_of(REGISTRY[name].draw(table, view)) == []


def test_twenty_levels_are_told_apart_by_colour_and_marker() -> None:
    looks = looks_of([f"variant{place}" for place in range(20)])
    for one, other in combinations([*looks.values(), *KNOWN_LOOKS.values()], 2):
        assert (one.colour, one.marker) != (other.colour, other.marker) or one is other or one in KNOWN_LOOKS.values()


def test_the_width_of_names_is_that_of_their_letters() -> None:
    assert inches("WWWW") > inches("iiii")
    assert inches("ab", 16.0) == pytest.approx(2 * inches("ab"))
    assert inches("short\nmuch longer") == inches("much longer")
    assert inches("数") > inches("W")
    assert PAGE_WIDTH == 12
    assert PAGE_HEIGHT == 9
