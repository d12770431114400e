"""Sorting of tables by their heads, in the browser."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.reports.page.browser import Browser

SCRIPT = (Path(__file__).parents[3] / "reports" / "templates" / "page.js").read_text(encoding="utf-8")
SECONDS = 3.0

COLUMNS = {
    "signed": (["+3.0 %", "−6.1 %", "", "−0.05 %", "0 %"], ["−6.1 %", "−0.05 %", "0 %", "+3.0 %", ""]),
    "mean and deviation": (
        ["0.912 ± 0.013 (4)", "–", "1.2e-05 ± 3.0e-06 (4)", "−0.5 ± 0 (3)", "0.0913 (1)"],
        ["−0.5 ± 0 (3)", "1.2e-05 ± 3.0e-06 (4)", "0.0913 (1)", "0.912 ± 0.013 (4)", "–"],
    ),
    "p": (["0.001", "<0.001", "-", "0.0499", "< 0.0001"], ["< 0.0001", "<0.001", "0.001", "0.0499", "-"]),
    "interval": (["[−6.1, +3.0] %", "[+2, +27] %", "[−10, ∞] %"], ["[−10, ∞] %", "[−6.1, +3.0] %", "[+2, +27] %"]),
    "infinite": (["∞", "3", "−∞", "—"], ["−∞", "3", "∞", "—"]),
    "share": (["6/8", "10/8", "0/8"], ["0/8", "6/8", "10/8"]),
    "text": (["Data10", "data9", "Éclair", "data10b", "-"], ["data9", "Data10", "data10b", "Éclair", "-"]),
    "text and numbers": (["50words", "7", "Adiac"], ["7", "50words", "Adiac"]),
    "script": (["乙", "甲", "Alpha"], None),
}


def open_table(browser: Browser, folder: Path, rows: Sequence[Sequence[str]], heads: Sequence[str]) -> None:
    """Open a page with one table and the script of the page."""
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    table = f'<table class="sortable"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    path = folder / "table.html"
    page = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><body>{table}<script>{SCRIPT}</script></body></html>'
    path.write_text(page, encoding="utf-8")
    browser.open(path, width=800)


def column(browser: Browser, place: int = 0) -> list[str]:
    return list(browser.run(f"[...document.querySelectorAll('tbody tr')].map(row => row.cells[{place}].textContent)"))


def click(browser: Browser, place: int = 0) -> str:
    """Click a head; its order then."""
    browser.run(f"document.querySelectorAll('.sort')[{place}].click()")
    return str(browser.run(f"document.querySelectorAll('th')[{place}].getAttribute('aria-sort')"))


@pytest.mark.parametrize("name", COLUMNS)
def test_each_kind_of_value_has_its_order_with_nothing_last(browser: Browser, tmp_path: Path, name: str) -> None:
    given, upwards = COLUMNS[name]
    open_table(browser, tmp_path, [[cell] for cell in given], [name])
    assert click(browser) == "ascending"
    ascending = column(browser)
    assert upwards is None or ascending == upwards
    nothing = [cell for cell in ascending if cell in ("", "-", "–", "—")]
    assert click(browser) == "descending"
    assert column(browser) == [*reversed([cell for cell in ascending if cell not in nothing]), *nothing]
    assert click(browser) == "none"
    assert column(browser) == given


def test_rows_that_are_equal_keep_their_order(browser: Browser, tmp_path: Path) -> None:
    rows = [["b", "1"], ["a", "2"], ["b", "3"], ["a", "4"], ["a", "1"]]
    open_table(browser, tmp_path, rows, ["name", "number"])
    click(browser, 1)
    click(browser, 0)
    assert list(zip(column(browser, 0), column(browser, 1), strict=True)) == [
        ("a", "1"), ("a", "2"), ("a", "4"), ("b", "1"), ("b", "3"),
    ]  # fmt: skip
    orders = "[...document.querySelectorAll('th')].map(head => head.getAttribute('aria-sort'))"
    assert browser.run(orders) == ["ascending", "none"]
    click(browser, 0)
    assert column(browser, 1) == ["1", "3", "1", "2", "4"]


def test_the_keyboard_sorts(browser: Browser, tmp_path: Path) -> None:
    open_table(browser, tmp_path, [["2"], ["10"], ["1"]], ["number"])
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "sort"
    browser.press("Enter")
    assert column(browser) == ["1", "2", "10"]
    browser.press(" ")
    assert column(browser) == ["10", "2", "1"]


def test_a_cell_may_say_what_it_is_sorted_by(browser: Browser, tmp_path: Path) -> None:
    open_table(browser, tmp_path, [["2 h"], ["3 min"]], ["time"])
    browser.run("document.querySelectorAll('td').forEach((cell, place) => cell.dataset.sort = [7200, 180][place])")
    click(browser)
    assert column(browser) == ["3 min", "2 h"]


def test_a_thousand_rows_are_sorted_at_once(browser: Browser, tmp_path: Path) -> None:
    rows = [[f"Data{row * 7919 % 1000}", *(f"{row * place % 97 / 97:.4f} ± 0.1 (4)" for place in range(9))]
            for row in range(1000)]  # fmt: skip
    open_table(browser, tmp_path, rows, [f"column {place}" for place in range(10)])
    seconds = browser.run("""(() => { const began = performance.now();
      document.querySelectorAll('.sort').forEach(button => { button.click(); document.body.offsetHeight });
      return (performance.now() - began) / 1000 })()""")
    assert seconds < SECONDS * 10  # ten sorts
    click(browser, 0)
    assert column(browser) == [f"Data{place}" for place in range(1000)]


def test_tables_of_a_page_can_be_sorted_and_those_without_a_script_are_plain(
    browser: Browser, awkward_page: Path
) -> None:
    browser.open(awkward_page, width=1280)
    sortable = "[...document.querySelectorAll('table.sortable')].filter(table => table.tBodies[0].rows.length > 1)"
    counts = browser.run(f"{sortable}.map(t => [t.tHead.rows[0].cells.length, t.querySelectorAll('.sort').length])")
    assert counts
    assert all(heads == buttons for heads, buttons in counts)
    means = "document.querySelector('#means ~ .box table')"
    browser.run(f"{means}.querySelectorAll('.sort')[2].click()")
    values = browser.run(f"[...{means}.tBodies[0].rows].map(row => row.cells[2].dataset.sort)")
    assert [float(value) for value in values] == sorted(float(value) for value in values)
    browser.open(awkward_page, width=1280, script=False)
    assert browser.run("document.querySelectorAll('button').length") == 0
    assert browser.run(f"{means}.rows.length") == len(values) + 1
