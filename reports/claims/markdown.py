"""The answers as Markdown: what `report.md` holds and the terminal shows."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orchestrator.store.status import Status
from reports.claims.answers import Answer, in_short, measured_at
from reports.claims.scope import scope
from reports.read_store import Results
from reports.search import best_words

_MARKUP = re.compile(r"[\\`*<>|$~]|^[#+>-]|\](?=[(\[:])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""What Markdown may take for markup: an underscore inside a word is none, nor a bracket without a link."""
_ENTITY = re.compile(r"&(?=#?\w+;)")
"""What begins an entity, as in `&lt;`."""


def lead(results: Results) -> list[str]:
    """What the answers rest on: how many cells are done, and how long the trainings were."""
    done, cells = int((results.cells["status"] == Status.DONE).sum()), len(results.cells)
    some = f"{done} of {cells} trials are done: only complete blocks count (`--partial`: the pairs that all have)."
    if results.search is not None:
        some = f"{done} of {cells} trials are done."
    return [words for words in (some if done < cells else "", measured_at(results)) if words]


def markdown(results: Results, found: Sequence[Answer], warnings: Sequence[str]) -> str:
    """The answers of a sweep as a Markdown document; text of users is never markup."""
    lines = [f"# {escaped(results.sweep.name)}", "", escaped(results.sweep.description), ""]
    lines += [f"{escaped(words)}\n" for words in scope(results.sweep)]
    lines += [f"- {escaped(words)}." for words in in_short(found)] or [escaped(nothing_compared(results))]
    lines += ["", *[escaped(words) for words in lead(results)]]
    for answer in found:
        lines += ["", f"## {escaped(answer.factor)}: {escaped(answer.metric.name)}", ""]
        lines += [f"{answer.metric.label}, {escaped(answer.reference)}.", ""]
        lines += [f"- {escaped(claim.text)}" for claim in answer.claims]
        lines += [f"- {escaped(answer.by_dataset)}"] if answer.by_dataset else []
        lines += [f"- {escaped(claim.text)}" for claim in answer.beliefs]
    if warnings:
        lines += ["", "## Read the numbers with care", "", *(f"- {escaped(words)}" for words in warnings)]
    return "\n".join(lines) + "\n"


def nothing_compared(results: Results) -> str:
    """Why there are no answers."""
    if results.search is None:
        return "Nothing can be compared yet: no factor has two levels with results."
    return f"{best_words(results.search)} Suggestions are not compared: each was drawn by what came before."


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _MARKUP.sub(r"\\\g<0>", _ENTITY.sub("&amp;", text))
