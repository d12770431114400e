"""Ranks, wins and losses as a table for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from reports.claims.wording import listed
from reports.read_store import Results
from reports.tables.captions import about
from reports.tables.paper import RANKS, Entry, PaperTable
from reports.tables.ranks import COUNTS, UNSAID, RankedLevel, Ranking

REFERENCE = "reference"
NOTHING = "–"
EXPLAINED = (
    "Average rank of each level over the datasets that have all of them (1 is the best), over common seeds; and on how "
    "many single datasets the level is shown to be better or worse than its reference, is equivalent to it (inside the "
    "margin, or identical), or neither is shown, by paired t-tests with Holm's adjustment inside each family. "
    "Tests of ranks take the datasets as a sample: they are about datasets like these."
)


def ranks_paper(results: Results, found: Sequence[Ranking]) -> list[PaperTable]:
    """The table `ranks`; none where nothing is ranked."""
    if not found:
        return []
    shown = shown_counts(found)
    tested: dict[str, list[str]] = {}
    for one in found:
        for words in one.words:
            tested.setdefault(words, []).append(f"{one.factor} by {one.metric.name}")
    said = [f"{listed(ones)}: {words}" for words, ones in tested.items()]
    rows = [(one, each) for one in found for each in one.levels]
    return [
        PaperTable(
            name=RANKS,
            sweep=results.sweep.name,
            caption=" ".join([EXPLAINED, *said, *about(results)]),
            corner=(("factor", "metric", "level"),),
            heads=(("rank", "datasets", *shown),),
            names=tuple((one.factor, one.metric.name, level_text(each)) for one, each in rows),
            entries=tuple(
                (Entry(text=rank_text(each)), Entry(text=str(one.datasets)), *_counts(each, shown))
                for one, each in rows
            ),
        )
    ]


def rank_text(level: RankedLevel) -> str:
    """The rank with two digits after the point."""
    return NOTHING if level.rank != level.rank else f"{level.rank:.2f}"


def level_text(level: RankedLevel) -> str:
    """The label, and whether it is the reference."""
    return f"{level.level} ({REFERENCE})" if level.is_reference else level.level


def shown_counts(found: Sequence[Ranking]) -> list[str]:
    """The kinds of counts to show: what cannot be said only where there is such a dataset."""
    unsaid = any(each.counts.get(UNSAID) for one in found for each in one.levels)
    return [name for name in COUNTS if name != UNSAID or unsaid]


def count_texts(level: RankedLevel, shown: Sequence[str]) -> list[str]:
    """The counts of a level; the reference has none."""
    return ["" if level.is_reference else str(level.counts[name]) for name in shown]


def _counts(level: RankedLevel, shown: Sequence[str]) -> list[Entry]:
    return [Entry(text=text) for text in count_texts(level, shown)]
