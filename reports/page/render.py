"""The page: what the templates get, and their rendering to one self-contained HTML text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any

import jinja2
import pandas as pd

from ncvq_core.metrics import Metric
from reports.claims.answers import Answer
from reports.claims.section import answers_section, claims_section, gains_section
from reports.claims.table import answered_metrics
from reports.comparable import comparability_notes
from reports.coverage import SYMBOLS
from reports.figures.contract import COST, COVERAGE, EFFECTS, EXAMPLES
from reports.figures.nothing import why_no_examples
from reports.figures.write import DrawnFigures
from reports.page.claims_shown import claims_shown
from reports.page.coverage_section import coverage_section
from reports.page.figure_sections import figure_sections
from reports.page.first_screen import first_screen, mark
from reports.page.means import means_section
from reports.page.pictures import data_uris
from reports.page.search_section import search_section
from reports.page.words import duration, memory
from reports.provenance import PER_DATASET, peak_memory_bytes, provenance_table, total_seconds
from reports.read_store import Results
from reports.relevance import sharing_notes
from reports.tables.beside_section import beside_section
from reports.tables.ranks import Ranking
from reports.tables.ranks_section import ranks_section


def render_page(
    results: Results,
    *,
    answers: Sequence[Answer],
    claims: pd.DataFrame,
    gains: pd.DataFrame,
    metrics: Sequence[Metric],
    summary: pd.DataFrame,
    ranks: Sequence[Ranking],
    figures: DrawnFigures,
    no_effects: str,
    made_at: str,
) -> str:
    """The HTML of the report; made_at is shown as it is, no_effects where there is no figure of effects."""
    in_report = [figure for figure in figures.drawn if not figure.appendix]
    sections = figure_sections(in_report, {EFFECTS: no_effects, EXAMPLES: _no_examples(results)})
    beside = {name: sections.pop(name, None) for name in (EFFECTS, COVERAGE, COST)}
    return _environment().get_template("page.html.j2").render(
        **_dress(),
        sweep=results.sweep,
        first=first_screen(results, answers, made_at),
        search=search_section(results),
        answers=answers_section(results, answers),
        beside=beside,
        pictures=data_uris(in_report),
        sections=list(sections.values()),
        notes=[*sharing_notes(results), *comparability_notes(results)],
        not_drawn=figures.not_drawn,
        has_appendix=len(in_report) < len(figures.drawn),
        claims=_claims(claims, answered_metrics(results)),
        gains=gains_section(gains),
        means=means_section(results, metrics, summary),
        ranks=ranks_section(ranks),
        other=beside_section(results),
        symbols=SYMBOLS,
        coverage=coverage_section(results),
        provenance=_provenance(results),
    )  # fmt: skip


def render_appendix(results: Results, figures: DrawnFigures, made_at: str) -> str:
    """The HTML of the figures of the appendix; made_at is shown as it is."""
    shown = [figure for figure in figures.drawn if figure.appendix]
    return _environment().get_template("appendix.html.j2").render(
        **_dress(),
        sweep=results.sweep,
        pictures=data_uris(shown),
        sections=list(figure_sections(shown, {}).values()),
        made_at=made_at,
    )  # fmt: skip


def _dress() -> dict[str, str]:
    """Style and script, with the digest by which the page allows that script alone."""
    script = _text("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"style": _text("page.css"), "script": script, "script_hash": digest}


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["mark"] = mark
    return environment


def _text(name: str) -> str:
    return (resources.files("reports") / "templates" / name).read_text(encoding="utf-8")


def _no_examples(results: Results) -> str:
    """Why there are no series, codes and spectra; of imported trials and of a search nobody expects any."""
    if results.done.empty or results.sweep.source or results.search is not None:
        return ""
    words = why_no_examples(results)
    return f"{words[0].upper()}{words[1:]}."


def _claims(claims: pd.DataFrame, answered: Sequence[str]) -> dict[str, Any]:
    shown, left_out = claims_shown(claims, answered)
    return {"groups": claims_section(shown, answered), "left_out": left_out}


def _provenance(results: Results) -> dict[str, Any]:
    """The rows of provenance in groups of a heading each, and the cost of it all."""
    groups: dict[str, list[dict[Any, Any]]] = {"": [], "Versions of packages": [], "By dataset": []}
    for row in provenance_table(results.cells).to_dict("records"):
        of_package, of_dataset = row["field"].startswith("package "), row["field"] in PER_DATASET.values()
        groups["Versions of packages" if of_package else "By dataset" if of_dataset else ""].append(row)
    return {
        "groups": {heading: rows for heading, rows in groups.items() if rows},
        "compute_time": duration(total_seconds(results)),
        "peak_memory": memory(peak_memory_bytes(results)),
    }
