"""Makes the report of a sweep: figures, tables and the page."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from orchestrator.store.memory import seldom_collected
from reports.beside import beside_table
from reports.claims.answers import answers
from reports.claims.belief import beliefs_table
from reports.claims.markdown import markdown
from reports.claims.rows import as_json
from reports.claims.table import claims_table, gains_table
from reports.coverage import coverage_table
from reports.errors import ReportError
from reports.figures.effects import why_none
from reports.figures.write import DrawnFigures, Output, write_figures
from reports.metrics import metrics_with_data
from reports.page import render_appendix, render_page
from reports.provenance import provenance_table, provenance_warnings
from reports.read_store import Results, read_results
from reports.statistics.specification import Options
from reports.strings import plain_strings
from reports.tables.beside_paper import beside_paper
from reports.tables.means import summary_table
from reports.tables.means_paper import means_tables
from reports.tables.ranks import rank_tests_table, rankings
from reports.tables.ranks_paper import ranks_paper
from reports.tables.suggestions import suggestions_table
from reports.tables.write import write_tables


@plain_strings
@seldom_collected()
def write_report(
    store: Path, sweep: str, out: Path | None = None, options: Options | None = None, output: Output | None = None,
    beside: str | None = None,
) -> Path:  # fmt: skip
    """Write the report of a sweep, from whatever the store holds of it now.

    Args:
        store: the local folder of the store.
        sweep: the name of a sweep that was launched into it.
        out: the folder to write to; by default that of report_folder. It gets index.html (complete in itself),
            report.md (the answers), claims.json (every comparison), figures/*.png, *.pdf and *.json (manifests), and
            tables/*.csv, among them the rows behind each figure, and tables for a paper (*.tex, *.md, *.csv); and
            appendix.html where an appendix is asked for.
        options: what may be compared with what.
        output: formats and style of the figures, and whether the appendix is drawn.
        beside: the name of an imported sweep whose values are put beside.

    Returns:
        The path of index.html.

    Raises:
        ReportError: the store or the sweep does not exist, it has fewer seeds, a file of the store cannot be read, or
            the folder cannot be written to.
    """
    results = read_results(store, sweep, options, beside)
    folder = out if out is not None else report_folder(store, sweep, options or Options(), beside)
    with _written_to(folder):
        return _write_all(results, folder, output or Output())


@plain_strings
@seldom_collected()
def write_one_figure(
    store: Path, sweep: str, only: str, out: Path | None = None, options: Options | None = None,
    output: Output | None = None, beside: str | None = None,
) -> list[Path]:  # fmt: skip
    """Draw the figures of one name, without the page.

    Args:
        store: as for write_report.
        sweep: as for write_report.
        only: a name of the registry of figures (`effects`), or of one figure (`value_val_loss`).
        out: as for write_report.
        options: what may be compared with what.
        output: formats and style; with the appendix, the pages of that, too.
        beside: as for write_report.

    Returns:
        The pictures, the manifest last of each; its table is where a report has it.

    Raises:
        ReportError: as for write_report; and where no figure has that name, or it has nothing to draw.
    """
    results = read_results(store, sweep, options, beside)
    folder = out if out is not None else report_folder(store, sweep, options or Options(), beside)
    with _written_to(folder):
        figures = write_figures(results, claims_table(results), folder, only, output)
    return [folder / file for figure in figures.drawn for file in figure.files]


def report_folder(store: Path, sweep: str, options: Options, beside: str | None = None) -> Path:
    """Where a report is written: `reports/SWEEP` in the store, beside it what the reader chose to look at otherwise."""
    chosen = [f"seeds-{options.seeds}"] if options.seeds else []
    chosen += [name for name in ("partial", "pool") if getattr(options, name)]
    chosen += [f"beside-{beside}"] if beside else []
    return store / "reports" / "-".join([sweep, *chosen])


@contextmanager
def _written_to(folder: Path) -> Iterator[None]:
    try:
        for name in ("figures", "tables"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ReportError(f"the report cannot be written to {folder}: {error}; choose another folder") from error


def _write_all(results: Results, folder: Path, output: Output) -> Path:
    metrics = metrics_with_data(results.done)
    summary = summary_table(results, metrics)
    _write_table(summary, folder, "summary")
    _write_table(coverage_table(results), folder, "coverage")
    _write_table(provenance_table(results.cells), folder, "provenance")
    claims, gains = claims_table(results), gains_table(results)
    beliefs = beliefs_table(results)
    found = answers(results, claims, beliefs)
    ranked = rankings(results, claims)
    paper = [*means_tables(results, metrics, summary), *ranks_paper(results, ranked), *beside_paper(results)]
    write_tables(paper, folder / "tables")
    _write_table(rank_tests_table(ranked), folder, "rank_tests")
    _write_table(claims, folder, "claims")
    _write_table(gains, folder, "gains")
    if not beliefs.empty:
        _write_table(beliefs, folder, "beliefs")
    if results.search is not None:
        _write_table(suggestions_table(results.search), folder, "suggestions")
    (folder / "tables" / "beside_values.csv").unlink(missing_ok=True)  # of an earlier report
    if results.beside is not None:
        _write_table(beside_table(results), folder, "beside_values")
    _write_text(folder / "report.md", markdown(results, found, provenance_warnings(results)))
    _write_text(folder / "claims.json", json.dumps(as_json(results, claims, beliefs), indent=1))
    figures = write_figures(results, claims, folder, output=output)
    made_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    _write_appendix(results, figures, folder, made_at)
    page = render_page(
        results,
        answers=found,
        claims=claims,
        gains=gains,
        metrics=metrics,
        summary=summary,
        ranks=ranked,
        figures=figures,
        no_effects=why_none(results, claims),
        made_at=made_at,
    )
    return _write_text(folder / "index.html", page)


def _write_appendix(results: Results, figures: DrawnFigures, folder: Path, made_at: str) -> None:
    """The figures of the appendix as a page of their own; one of an earlier report does not stay."""
    path = folder / "appendix.html"
    if any(figure.appendix for figure in figures.drawn):
        _write_text(path, render_appendix(results, figures, made_at))
    else:
        path.unlink(missing_ok=True)


def _write_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    table.to_csv(folder / "tables" / f"{name}.csv", index=False)


def _write_text(path: Path, text: str) -> Path:
    """Write a file in one step, so that nobody opens half a page."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
    path.chmod(0o644)
    return path
