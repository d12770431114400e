"""What stands first on a page."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from reports.claims.answers import answers, in_brief, in_short
from reports.claims.table import claims_table
from reports.page.first_screen import MOST_ANSWERS, first_screen
from reports.read_store import Results, read_results
from tests.reports.page.stores import write_many

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter


def screen_of(results: Results) -> dict[str, Any]:
    return first_screen(results, answers(results, claims_table(results)), "2026-01-01 00:00 UTC")


@pytest.fixture
def few(writer: StoreWriter) -> Results:
    store = write_many(writer, datasets=5, methods=3, sets=1, metrics=("val_loss", "probe_svm"))
    return read_results(store, "fixture")


def test_each_verdict_has_its_evidence_and_what_is_said_of_other_datasets(few: Results) -> None:
    found = answers(few, claims_table(few))
    first, *_ = in_brief(found)
    assert (first.verdict, first.text.partition(":")[0]) == ("better", "ssl, on these 5 datasets")
    for words in ("95 % interval [−", "adjusted p ", "20 blocks on 5 datasets", "; on datasets like these: "):
        assert words in first.evidence
    assert first.anchor == found[0].claims[0].anchor
    assert in_short(found) == [said.text for said in in_brief(found)]


def test_a_few_answers_are_all_shown(few: Results) -> None:
    screen = screen_of(few)
    assert [said["mark"] for said in screen["answers"]] == ["●", "●", "✖", "✖"]
    assert screen["more_answers"] == []
    assert ("seed", "0, 1, 2, 3") in screen["design"]


def test_many_answers_are_counted_and_what_is_open_is_still_shown(writer: StoreWriter) -> None:
    store = write_many(writer, datasets=5, methods=14, sets=2, open_every=37, metrics=("val_loss", "probe_svm"))
    screen = screen_of(read_results(store, "fixture"))
    shown, others = screen["answers"], screen["more_answers"]
    assert len(shown) == MOST_ANSWERS
    assert shown[-1]["text"].startswith("Undecided: ")
    assert all(said["anchor"] for said in [*shown[:-1], *others])
    counted = Counter(said["verdict"] for said in others)
    told = re.findall(r"(\d+) ([a-z ]+?)(?:,| and (?=\d)|$)", screen["more_verdicts"])
    assert {verdict: int(count) for count, verdict in told} == counted
    assert ("ssl", "14 levels") in screen["design"]
