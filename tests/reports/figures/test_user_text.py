"""What users name is text, in every figure: never markup, never a traceback."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest
from matplotlib.text import Text

from reports import write_report
from reports.figures.registry import REGISTRY
from reports.figures.style import style_named, styled
from reports.figures.write import Output
from tests.reports.figures.sweeps import effects_of, write_sweep

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

NAMES = ["$a_b$", "$\\frac{1}", "100 %", "back\\slash", "<b>bold</b>", "数据增强", "n" * 80]


def test_names_are_drawn_as_they_are(writer: StoreWriter) -> None:
    store = write_sweep(writer, datasets=["$D_1$", "D<2>"], seeds=2, methods=["none", *NAMES])
    results, claims, _ = effects_of(store)
    seen: set[str] = set()
    with styled(style_named("page")):
        for module in REGISTRY.values():
            for view in module.views(results, claims):
                table = module.table(results, claims, view)
                if table.empty:
                    continue
                figure = module.draw(table, view)
                figure.draw_without_rendering()
                texts = [text for text in figure.findobj(Text) if text.get_text()]
                assert not any(text.get_parse_math() for text in texts)
                seen |= {part for text in texts for part in text.get_text().split("\n")}
    assert set(NAMES[:-1]) <= seen
    assert {"$D_1$", "D<2>"} <= seen


def test_the_page_and_the_files_of_such_names(writer: StoreWriter) -> None:
    store = write_sweep(writer, datasets=["$D_1$", "../D"], seeds=2, methods=["none", *NAMES])
    page = write_report(store, "fixture", output=Output(formats=("png",)))
    text = page.read_text(encoding="utf-8")
    assert "<b>bold</b>" not in text
    for name in NAMES:
        assert html.escape(name) in text
    written = {path.name for path in page.parent.iterdir()}
    assert written == {"claims.json", "figures", "index.html", "report.md", "tables"}


@pytest.mark.parametrize("name", ["value", "curves", "coverage", "cost"])
def test_long_names_make_no_page_larger_than_can_be_read(writer: StoreWriter, name: str) -> None:
    results, claims, _ = effects_of(write_sweep(writer, seeds=2, methods=["none", "m" * 80, "w" * 80]))
    module = REGISTRY[name]
    view = module.views(results, claims)[0]
    figure = module.draw(module.table(results, claims, view), view)
    assert figure.get_figwidth() <= 12
    assert figure.get_figheight() <= 9
