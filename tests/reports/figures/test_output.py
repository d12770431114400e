"""Formats, styles, the appendix, and how many figures a report has."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from reports import ReportError, write_one_figure
from reports.figures.style import FORMATS, STYLES
from reports.figures.write import MOST, Output, write_figures
from reports.read_store import read_results
from tests.reports.figures.grids import results_of_grid
from tests.reports.figures.sweeps import write_sweep

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

STARTS = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


@pytest.mark.parametrize("formats", [("svg",), ("png", "pdf"), ("png", "pdf", "svg")])
def test_each_format_is_written_and_no_other(writer: StoreWriter, tmp_path: Path, formats: tuple[str, ...]) -> None:
    store = write_sweep(writer, datasets=1, seeds=2)
    every = Output(formats=FORMATS)
    write_one_figure(store, "fixture", "coverage", tmp_path / "out", output=every)
    paths = write_one_figure(store, "fixture", "coverage", tmp_path / "out", output=Output(formats=formats))
    assert [path.suffix[1:] for path in paths] == [*formats, "json"]
    written = {path.suffix[1:] for path in (tmp_path / "out" / "figures").iterdir()}
    assert written == {*formats, "json"}
    for path in paths[:-1]:
        assert path.read_bytes().startswith(STARTS[path.suffix[1:]])


def test_files_are_the_same_each_time(writer: StoreWriter, tmp_path: Path) -> None:
    store = write_sweep(writer, datasets=1, seeds=2)
    first, second = (
        [
            path.read_bytes()
            for path in write_one_figure(store, "fixture", "cost", tmp_path / name, output=Output(formats=FORMATS))
        ]
        for name in ("one", "two")
    )
    assert first == second


def test_text_of_an_svg_is_text(writer: StoreWriter, tmp_path: Path) -> None:
    store = write_sweep(writer, datasets=["MyDataset"], seeds=2)
    (svg, _) = write_one_figure(store, "fixture", "coverage", tmp_path, output=Output(formats=("svg",)))
    assert ">MyDataset<" in svg.read_text(encoding="utf-8")


def test_a_pdf_embeds_outlines_and_no_tables_of_layout(writer: StoreWriter, tmp_path: Path) -> None:
    store = write_sweep(writer, datasets=1, seeds=2)
    (path, _) = write_one_figure(store, "fixture", "coverage", tmp_path, output=Output(formats=("pdf",)))
    streams = re.findall(rb"stream\n(.*?)\nendstream", path.read_bytes(), re.DOTALL)
    contents = [zlib.decompress(stream) for stream in streams]
    fonts = [content for content in contents if content.startswith(b"\x00\x01\x00\x00")]
    assert fonts
    for font in fonts:
        count = int.from_bytes(font[4:6], "big")
        tables = {font[place : place + 4] for place in range(12, 12 + 16 * count, 16)}
        assert tables >= {b"glyf", b"hmtx"}
        assert not tables & {b"GSUB", b"GPOS", b"GDEF"}


def test_styles_differ(writer: StoreWriter, tmp_path: Path) -> None:
    store = write_sweep(writer, datasets=1, seeds=2)
    pictures = {
        style: write_one_figure(
            store, "fixture", "cost", tmp_path / style, output=Output(formats=("png",), style=style)
        )[0]
        for style in STYLES
    }
    assert set(pictures) == {"page", "paper", "slides"}
    assert len({path.read_bytes() for path in pictures.values()}) == 3
    widths = {style: int.from_bytes(path.read_bytes()[16:20], "big") for style, path in pictures.items()}
    assert widths["paper"] > widths["slides"] > widths["page"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"formats": ("png", "tiff")}, r"no format is called 'tiff': png, pdf, svg"),
        ({"formats": ()}, r"no format is named: png, pdf, svg"),
        ({"style": "wall"}, r"no style is called 'wall': page, paper, slides"),
    ],
)
def test_what_is_not_known_is_one_line(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ReportError, match=words) as told:
        Output(**options)
    assert "\n" not in str(told.value)


def test_an_unknown_figure_is_one_line_with_the_nearest_first(writer: StoreWriter) -> None:
    with pytest.raises(ReportError, match=r"no figure of this sweep is called 'wieght': weight, ") as told:
        write_one_figure(write_sweep(writer, datasets=1, seeds=2), "fixture", "wieght")
    assert "\n" not in str(told.value)


@pytest.mark.thorough
def test_the_appendix_is_counted_and_drawn_when_asked_for(writer: StoreWriter, tmp_path: Path) -> None:
    store = write_sweep(writer, datasets=1, seeds=2)
    results, none = read_results(store, "fixture"), pd.DataFrame()
    (tmp_path / "figures").mkdir()
    (tmp_path / "tables").mkdir()
    png = ("png",)
    usual = write_figures(results, none, tmp_path, output=Output(formats=png))
    whole = write_figures(results, none, tmp_path, output=Output(formats=png, appendix=True))
    assert not any(figure.appendix for figure in usual.drawn)
    assert whole.not_drawn == 0
    assert len(whole.drawn) == len(usual.drawn) + usual.not_drawn
    assert [figure.name for figure in whole.drawn if not figure.appendix] == [figure.name for figure in usual.drawn]


def test_a_report_has_at_most_thirty_figures_and_says_how_many_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is lowered, because thirty figures take long to draw."""
    monkeypatch.setattr("reports.figures.write.MOST", 2)
    results = results_of_grid(tmp_path / "store", {"dataset": ["A"], "ssl": ["none", "byol"], "seed": [0]}, epochs=1)
    (tmp_path / "figures").mkdir()
    (tmp_path / "tables").mkdir()
    found = write_figures(results, pd.DataFrame(), tmp_path, output=Output(formats=("png",)))
    assert MOST == 30
    assert len(found.drawn) == 2
    assert found.not_drawn >= 2
    assert len(list((tmp_path / "figures").glob("*.png"))) == 2
