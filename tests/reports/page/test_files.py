"""What can be seen of the page without a browser: its colours, its script, its sections."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import reports
from reports.figures.drawn import LEAST_PIXELS_AN_INCH, MOST_PIXELS_AN_INCH, DrawnFigure
from reports.page.figure_sections import SECTIONS, figure_sections
from reports.page.first_screen import mark
from reports.page.pictures import data_uris
from reports.page.words import moment
from tests.reports.page.contrast import contrast, parsed

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
    folder = awkward_page.parent / "figures"
    figures = [drawn(path.stem, "values", png=path.read_bytes()) for path in sorted(folder.glob("*.png"))]
    whole = {name: decoded(uri) for name, uri in data_uris(figures).items()}
    fewer = {name: decoded(uri) for name, uri in data_uris(figures, sum(map(len, whole.values())) - 1).items()}
    (other,) = [name for name in whole if fewer[name] != whole[name]]  # the largest that is smaller with loss
    assert len(fewer[other]) < len(whole[other])
    assert sum(map(len, map(decoded, data_uris(figures, 1).values()))) < sum(map(len, fewer.values()))
    with Image.open(io.BytesIO(fewer[other])) as shown, Image.open(folder / f"{other}.png") as file:
        difference = np.abs(np.asarray(shown.convert("RGB"), float) - np.asarray(file.convert("RGB"), float))
    assert difference.mean() < 3


def decoded(uri: str) -> bytes:
    return base64.b64decode(uri.removeprefix("data:image/webp;base64,"))


def drawn(name: str, section: str, family: str = "", png: bytes = b"") -> DrawnFigure:
    return DrawnFigure(name=name, heading=name, section=section, family=family, caption="", alt_text="", png=png,
                       table=pd.DataFrame())  # fmt: skip


def test_sections_of_figures_come_in_the_order_of_the_page_with_their_groups() -> None:
    figures = [drawn("new_1", "seed_by_seed"), drawn("b", "values", "Losses"), drawn("a", "values", "Probes"),
               drawn("c", "values", "Losses"), drawn("w", "weight")]  # fmt: skip
    sections = figure_sections(figures, {"effects": "No effect."}, {"values": ["Shared."]})
    assert list(sections) == ["effects", "weight", "values", "curves", "seed_by_seed"]
    assert [(heading, [figure.name for figure in group]) for heading, group in sections["values"].groups] == [
        ("Losses", ["b", "c"]), ("Probes", ["a"]),
    ]  # fmt: skip
    assert (sections["effects"].nothing, sections["values"].notes) == ("No effect.", ("Shared.",))
    assert sections["seed_by_seed"].title == "Seed by seed"
    assert list(itertools.chain(*(section.figures for section in sections.values()))) == [
        figures[4], figures[1], figures[3], figures[2], figures[0],
    ]  # fmt: skip


def test_sections_have_names_of_their_own() -> None:
    names = [section.name for section in SECTIONS]
    assert len(names) == len(set(names))
    assert not {"answers", "design", "claims", "means", "ranks", "provenance"} & set(names)


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
