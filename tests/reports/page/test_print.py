"""The page on paper: A4, light, nothing wider than the sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reports.page.browser import Browser

SHEET = (round((297 - 20) / 25.4 * 96), round((210 - 20) / 25.4 * 96))
"""What the margins leave of a sheet on its side, in CSS pixels."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_a4_and_has_all_pages(browser: Browser, awkward_page: Path, scheme: str) -> None:
    browser.open(awkward_page, width=1280, scheme=scheme)
    printed = browser.print()
    sheets = re.findall(rb"/MediaBox ?\[([\d. ]+)\]", printed)
    assert 5 <= len(sheets) <= 40
    for sheet in sheets:
        left, bottom, right, top = map(float, sheet.split())
        assert (right - left, top - bottom) == pytest.approx((841.9, 595.3), abs=1)


def test_paper_is_light_whatever_the_screen_is(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=1280)
    seen = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    browser.prefer("light", "print")
    light = browser.run(seen)
    browser.prefer("dark", "print")
    assert browser.run(seen) == light
    browser.prefer("dark", "screen")
    assert browser.run(seen) != light


def test_nothing_is_wider_than_the_sheet_nor_higher(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=SHEET[0], height=SHEET[1])
    browser.prefer("light", "print")
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)")
    wide = browser.run(f"""[...document.querySelectorAll("body *")].filter(element => element.checkVisibility()
      && element.getBoundingClientRect().right > {SHEET[0]} + 1).map(element => element.outerHTML.slice(0, 90))""")
    assert wide == []
    high = browser.run("[...document.querySelectorAll('figure img')].map(img => img.clientHeight)")
    assert max(high) < 0.8 * SHEET[1]
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_heads_of_tables_can_be_repeated_on_each_sheet(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=1280)
    browser.prefer("light", "print")
    assert browser.run("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
    heads = browser.run("[...document.querySelectorAll('.sort')].map(button => getComputedStyle(button).display)")
    assert set(heads) == {"contents"}  # Chromium prints a button once, and leaves the heads that follow empty


def test_what_belongs_to_the_answers_is_opened_for_paper_and_closed_again(browser: Browser, awkward_page: Path) -> None:
    browser.open(awkward_page, width=1280)
    is_open = "[...document.querySelectorAll('details.printed')].map(details => details.open)"
    assert set(browser.run(is_open)) == {False}
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert set(browser.run(is_open)) == {True}
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert set(browser.run(is_open)) == {False}
