"""What can be seen of the page without a browser: its colours, its script, its sections."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import reports
from reports.figures.contract import EFFECTS, SECTIONS, VALUES, WEIGHTS
from reports.figures.drawn import LEAST_PIXELS_AN_INCH, MOST_PIXELS_AN_INCH, DrawnFigure
from reports.page.figure_sections import figure_sections
from reports.page.first_screen import mark
from reports.page.pictures import data_uris
from reports.page.words import moment
from tests.reports.page.busy import busy_picture
from tests.reports.page.contrast import contrast, parsed

pytestmark = pytest.mark.whole

TEMPLATES = Path(reports.__file__).parent / "templates"
STYLE = (TEMPLATES / "page.css").read_text(encoding="utf-8")
TEXTS = {"ink": ["paper", "panel", "good", "bad", "care", "done", "running", "failed", "diverged", "pruned", "missing"],
         "soft": ["paper", "panel"], "link": ["paper"]}  # fmt: skip
"""Colours of text, and what they stand on."""


def schemes() -> dict[str, dict[str, str]]:
    """The custom properties of both colour schemes."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    return {name: dict(re.findall(r"--([\w-]+): (#\w{6})", text)) for name, text in (("light", light), ("dark", dark))}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_text_stand_out(scheme: str) -> None:
    colours = schemes()[scheme]
    pairs = [(text, behind) for text, grounds in TEXTS.items() for behind in grounds]
    ratios = {pair: contrast(*(parsed(colours[name]) for name in pair)) for pair in pairs}
    assert min(ratios.values()) >= 4.5, ratios


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast(parsed("#ffffff"), parsed("#000000")) == pytest.approx(21)
    assert contrast(parsed("#777777"), parsed("rgb(255, 255, 255)")) == pytest.approx(4.48, abs=0.005)


def test_both_schemes_have_the_same_colours_and_no_other_is_used() -> None:
    light, dark = schemes().values()
    assert light.keys() == dark.keys()
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) - {"width", "least"} == light.keys()
    behind_figures = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-f]{3,6}\b", behind_figures) == ["#fff"]


def test_only_the_script_of_the_page_may_run(awkward_page: Path) -> None:
    text = awkward_page.read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text
    assert not re.search(r"<[^>]*\son\w+=", text)
    assert "eval(" not in script


def test_every_id_is_there_once_and_every_link_leads_to_one(awkward_page: Path) -> None:
    text = awkward_page.read_text(encoding="utf-8")
    found = re.findall(r'\sid="([^"]+)"', text)
    assert len(found) == len(set(found))
    assert {name for name in re.findall(r'href="#([^"]+)"', text)} <= set(found)


def test_a_figure_is_shown_with_the_same_pixels_in_fewer_bytes(awkward_page: Path) -> None:
    png = (awkward_page.parent / "figures" / "effects.png").read_bytes()
    figure = drawn("effects", "effects", png=png)
    data = decoded(data_uris([figure])["effects"])
    with Image.open(io.BytesIO(data)) as shown, Image.open(io.BytesIO(png)) as file:
        assert shown.format == "WEBP"
        assert np.array_equal(np.asarray(shown.convert("RGB")), np.asarray(file.convert("RGB")))
        inches = file.width / 160
    assert len(data) < len(png) / 2
    assert figure.least_width == pytest.approx(inches * LEAST_PIXELS_AN_INCH, abs=1)
    assert figure.width == pytest.approx(inches * MOST_PIXELS_AN_INCH, abs=1)


def test_where_figures_are_too_many_bytes_the_largest_are_kept_less_well(awkward_page: Path) -> None:
    pngs = {path.stem: path.read_bytes() for path in (awkward_page.parent / "figures").glob("*.png")}
    pngs["busy"] = busy_picture()
    figures = [drawn(name, VALUES, png=png) for name, png in pngs.items()]
    whole = {name: decoded(uri) for name, uri in data_uris(figures).items()}
    fewer = {name: decoded(uri) for name, uri in data_uris(figures, sum(map(len, whole.values())) - 1).items()}
    assert [name for name in whole if fewer[name] != whole[name]] == ["busy"]
    assert len(decoded(data_uris(figures, 1)["busy"])) < len(fewer["busy"]) < len(whole["busy"])
    with Image.open(io.BytesIO(fewer["busy"])) as shown, Image.open(io.BytesIO(pngs["busy"])) as file:
        difference = np.abs(np.asarray(shown.convert("RGB"), float) - np.asarray(file.convert("RGB"), float))
    assert difference.mean() < 3


def decoded(uri: str) -> bytes:
    return base64.b64decode(uri.removeprefix("data:image/webp;base64,"))


def drawn(name: str, section: str, png: bytes = b"") -> DrawnFigure:
    return DrawnFigure(name=name, heading=name, section=section, caption="", alt_text="", png=png,
                       table=pd.DataFrame())  # fmt: skip


def test_sections_of_figures_come_in_the_order_of_the_page() -> None:
    figures = [drawn("b", VALUES), drawn("a", VALUES), drawn("w", WEIGHTS)]
    sections = figure_sections(figures, {EFFECTS: "No effect."})
    assert list(sections) == [EFFECTS, WEIGHTS, VALUES]
    assert (sections[EFFECTS].figures, sections[EFFECTS].nothing) == ((), "No effect.")
    assert [figure.name for figure in sections[VALUES].figures] == ["b", "a"]
    assert (sections[VALUES].title, sections[VALUES].lead) == (SECTIONS[VALUES].title, SECTIONS[VALUES].lead)


def test_no_section_has_the_id_of_another_part_of_the_page() -> None:
    assert not {"answers", "design", "claims", "means", "ranks", "provenance"} & set(SECTIONS)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [("better and equivalent", "●"), ("worse", "✖"), ("cannot be said", "–"), ("same difference", "◆")],
)
def test_every_verdict_has_a_mark(verdict: str, expected: str) -> None:
    assert mark(verdict) == expected


def test_moments_are_to_the_minute() -> None:
    assert moment("2026-01-31T10:05:59+01:00") == "2026-01-31 09:05 UTC"
    assert moment("2026-01-31T09:05:59Z") == "2026-01-31 09:05 UTC"
    assert (moment(""), moment("yesterday")) == ("", "yesterday")
