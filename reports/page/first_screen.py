"""What stands first: of which trials the page is, and what they answer in a few words, each with its mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reports.claims.answers import Answer, Said, in_brief
from reports.claims.wording import listed
from reports.coverage import status_counts
from reports.page.words import moment
from reports.provenance import provenance_warnings
from reports.read_store import Results, Sweep

MARKS = {
    "better": "●", "supported": "●", "worse": "✖", "contradicted": "✖", "equivalent": "■", "identical": "◆",
    "same difference": "◆", "higher": "▶", "lower": "◀", "undecided": "○", "cannot be said": "–",
}  # fmt: skip
"""By the beginning of a verdict; the markers of the figure of effects."""
MOST_ANSWERS, MOST_WARNINGS, MOST_LEVEL_LETTERS = 8, 2, 48


def first_screen(results: Results, found: Sequence[Answer], made_at: str) -> dict[str, Any]:
    """The first screen, for the template."""
    sweep = results.sweep
    shown, others = _shown(in_brief(found))
    warnings = provenance_warnings(results)
    return {
        "made_at": made_at,
        "launched_at": moment(sweep.launched_at),
        "came": "Imported" if sweep.source else "Launched",
        "counts": status_counts(results.cells),
        "total": len(results.cells),
        "design": design(sweep),
        "answers": [{**asdict(each), "mark": mark(each.verdict)} for each in shown],
        "more_answers": [{**asdict(each), "mark": mark(each.verdict)} for each in others],
        "more_verdicts": listed(
            [f"{count} {verdict}" for verdict, count in Counter(each.verdict for each in others).items()]
        ),
        "warnings": warnings[:MOST_WARNINGS],
        "more_warnings": warnings[MOST_WARNINGS:],
    }


def _shown(said: Sequence[Said]) -> tuple[list[Said], list[Said]]:
    """Those for the first screen, and the others: what is not of one comparison alone is always among the first."""
    single = [each for each in said if each.anchor]
    about_several = [each for each in said if not each.anchor]
    room = max(1, MOST_ANSWERS - len(about_several))
    return single[:room] + about_several, single[room:]


def mark(verdict: str) -> str:
    """The mark of a verdict, so that it is told without colour."""
    return next(symbol for word, symbol in MARKS.items() if verdict.startswith(word))


def design(sweep: Sweep) -> list[tuple[str, str]]:
    """Each factor with its levels, or with their number where they are many."""
    facts = []
    for factor, levels in sweep.factors.items():
        names = ", ".join(levels)
        facts.append((factor, names if len(names) <= MOST_LEVEL_LETTERS else f"{len(levels)} levels"))
    return facts
