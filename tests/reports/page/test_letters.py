"""The letters inside figures, at the size that the page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from matplotlib.text import Text

from reports.claims.table import claims_table
from reports.figures.contract import results_of
from reports.figures.drawn import LEAST_PIXELS_AN_INCH
from reports.figures.registry import REGISTRY
from reports.figures.style import style_named, styled
from reports.read_store import read_results
from tests.reports.page.stores import write_awkward, write_many

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

POINTS_AN_INCH = 72
SMALLEST = 9.0


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize(
    "kind", [pytest.param("awkward", marks=pytest.mark.thorough), pytest.param("many", marks=pytest.mark.slow)]
)
def test_no_letter_of_a_figure_is_small(writer: StoreWriter, name: str, kind: str) -> None:
    metrics = ("val_loss", "probe_svm")
    store = (write_awkward(writer) if kind == "awkward"
             else write_many(writer, datasets=5, methods=4, sets=3, metrics=metrics))  # fmt: skip
    results = read_results(store, "fixture")
    claims = claims_table(results)
    module = REGISTRY[name]
    with styled(style_named("page")):
        for view in module.views(results, claims):
            table = module.table(results_of(view, results), claims, view).reset_index(drop=True)
            if table.empty:
                continue
            figure = module.draw(table, view)
            figure.draw_without_rendering()
            texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
            sizes = {text.get_text(): text.get_fontsize() / POINTS_AN_INCH * LEAST_PIXELS_AN_INCH for text in texts}
            assert {text: size for text, size in sizes.items() if size < SMALLEST} == {}
