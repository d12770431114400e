"""The page as Chromium shows it: nothing asked of the network, nothing cut, small or pale, on a phone or a desk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports.figures.drawn import LEAST_PIXELS_AN_INCH
from tests.reports.page.browser import Browser
from tests.reports.page.contrast import contrast, parsed
from tests.reports.page.stores import SCRIPT

PHONE, DESK = 390, 1280
SMALLEST = 9.0

EACH_TEXT = """
(() => {
  document.querySelectorAll("details").forEach((details) => (details.open = true));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  const behind = (element) => {
    for (let above = element; above; above = above.parentElement) {
      const colour = getComputedStyle(above).backgroundColor;
      if (colour !== "rgba(0, 0, 0, 0)") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || element.closest("script, style") || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const boxes = [...range.getClientRects()], style = getComputedStyle(element);
    found.push({
      text: text.slice(0, 60), size: parseFloat(style.fontSize), colour: style.color, behind: behind(element),
      left: Math.min(...boxes.map((box) => box.left)), right: Math.max(...boxes.map((box) => box.right)),
      scrolls: Boolean(element.closest(".wide, nav ul")),
    });
  }
  return found;
})()
"""
CUT = """
[...document.querySelectorAll("body *")].filter((element) => {
  const { overflowX, overflowY } = getComputedStyle(element);
  return (overflowX === "hidden" && element.scrollWidth > element.clientWidth)
    || (overflowY === "hidden" && element.scrollHeight > element.clientHeight);
}).map((element) => element.outerHTML.slice(0, 80))
"""


@pytest.fixture(params=[PHONE, DESK])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_asked_of_the_network_and_nothing_complained_of(
    browser: Browser, awkward_page: Path, width: int, scheme: str
) -> None:
    browser.open(awkward_page, width=width, scheme=scheme)
    browser.run("document.querySelectorAll('.sort').forEach(button => button.click())")
    assert browser.requests() == []
    assert browser.complaints() == []


def test_the_browser_tells_of_what_the_page_must_not_do(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text('<img src="missing.png"><script>console.log(1); unknown()</script>')
    browser.open(tmp_path / "bad.html", width=DESK)
    assert [address.rsplit("/", 1)[1] for address in browser.requests()] == ["missing.png"]
    assert "unknown is not defined" in str(browser.complaints())


@pytest.mark.parametrize("script", [True, False])
def test_the_page_never_scrolls_sideways(browser: Browser, awkward_page: Path, width: int, script: bool) -> None:
    browser.open(awkward_page, width=width, script=script)
    assert browser.run("[innerWidth, document.documentElement.scrollWidth]") == [width, width]


def test_no_text_is_cut_or_small(browser: Browser, awkward_page: Path, width: int) -> None:
    browser.open(awkward_page, width=width)
    texts = browser.run(EACH_TEXT)
    assert len(texts) > 200
    assert [text for text in texts if text["size"] < SMALLEST] == []
    outside = [text for text in texts if not text["scrolls"] and (text["left"] < 0 or text["right"] > width + 0.5)]
    assert outside == []
    assert browser.run(CUT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(browser: Browser, awkward_page: Path, scheme: str) -> None:
    browser.open(awkward_page, width=DESK, scheme=scheme)
    pairs = {(text["colour"], text["behind"]): text["text"] for text in browser.run(EACH_TEXT)}
    assert len(pairs) > 5
    pale = {text: ratio for pair, text in pairs.items() if (ratio := contrast(*map(parsed, pair))) < 4.5}
    assert pale == {}
    assert (sum(parsed(browser.run("getComputedStyle(document.body).backgroundColor"))) < 200) == (scheme == "dark")


def test_figures_keep_their_size_and_say_where_they_go_on(browser: Browser, awkward_page: Path, width: int) -> None:
    browser.open(awkward_page, width=width)
    shown: list[dict[str, Any]] = browser.run("""
      [...document.querySelectorAll("figure")].map((figure) => ({
        width: figure.querySelector("img").clientWidth, pixels: figure.querySelector("img").naturalWidth,
        box: figure.querySelector(".wide").clientWidth,
        card: getComputedStyle(figure.querySelector(".card")).backgroundColor,
        hint: figure.querySelector(".hint").checkVisibility(), height: figure.querySelector("img").clientHeight,
        tall: figure.querySelector("img").naturalHeight}))""")
    assert shown
    for figure in shown:
        assert figure["width"] >= int(figure["pixels"] / 160 * LEAST_PIXELS_AN_INCH)
        assert figure["width"] / figure["height"] == pytest.approx(figure["pixels"] / figure["tall"], rel=0.01)
        assert figure["hint"] == (figure["width"] > figure["box"])
        assert figure["card"] == "rgb(255, 255, 255)"
    assert all(figure["hint"] for figure in shown) == (width == PHONE)


def test_hints_stand_without_a_script_too(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=PHONE, script=False)
    hints = "[...document.querySelectorAll('figure .hint')].every(hint => hint.checkVisibility())"
    assert browser.run(hints)
    browser.resize(DESK)
    assert not browser.run(hints)


def test_names_are_text_and_never_markup(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=DESK)
    assert browser.run("document.title") == "fixture: report of the sweep"
    assert browser.run("document.scripts.length") == 1
    assert SCRIPT in browser.run("document.body.textContent")
    assert browser.run("[...document.querySelectorAll('b')].some(bold => bold.textContent === 'bold')") is False


def test_the_first_screen_answers(browser: Browser, awkward_page: Path, width: int) -> None:
    browser.open(awkward_page, width=width, height=844)
    for part in ("h1", ".question", ".counts", ".verdicts li", ".warning"):
        bottom = browser.run(f"document.querySelector({part!r}).getBoundingClientRect().bottom")
        assert bottom < 844, part


def test_a_link_opens_what_is_closed(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=DESK)
    browser.run("document.querySelectorAll('details').forEach(details => details.open = false)")
    browser.run("document.querySelector('a.verdict').click()")
    row = browser.run("""new Promise(done => setTimeout(() => {
      const box = document.getElementById(decodeURIComponent(location.hash.slice(1))).getBoundingClientRect();
      done([box.top, box.height]) }, 300))""")
    assert row[1] > 0
    assert 0 <= row[0] < 900
