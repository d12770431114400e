"""Makes the report of a sweep: figures, tables and the page."""

from __future__ import annotations

import io
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from ncvq_core.metrics import Metric
from reports.captions import history_alt_text, history_caption, value_alt_text, value_caption
from reports.claims.answers import answers
from reports.claims.belief import beliefs_table
from reports.claims.markdown import markdown
from reports.claims.rows import as_json
from reports.claims.table import claims_table, gains_table
from reports.coverage import coverage_table
from reports.errors import ReportError
from reports.history_figure import CURVES, Curve, draw_history, history_table
from reports.metrics import metrics_with_data
from reports.page import DrawnFigure, render_page
from reports.prior_figure import draw_prior, prior_alt_text, prior_caption, prior_tables
from reports.provenance import provenance_table, provenance_warnings
from reports.read_store import Results, read_results
from reports.stages import is_compared, of_stage
from reports.statistics.specification import Options
from reports.summary_table import summary_table
from reports.value_figure import draw_values, value_table

DOTS_PER_INCH = 160


def write_report(store: Path, sweep: str, out: Path | None = None, options: Options | None = None) -> Path:
    """Write the report of a sweep, from whatever the store holds of it now.

    Args:
        store: the local folder of the store.
        sweep: the name of a sweep that was launched into it.
        out: the folder to write to; by default `reports/SWEEP` in the store. It gets index.html (complete in itself),
            report.md (the answers), claims.json (every comparison), figures/*.png and *.pdf, and tables/*.csv, among
            them the rows behind each figure.
        options: what may be compared with what.

    Returns:
        The path of index.html.

    Raises:
        ReportError: the store or the sweep does not exist, it has fewer seeds, a file of the store cannot be read, or
            the folder cannot be written to.
    """
    results = read_results(store, sweep, options.seeds if options else None)
    folder = out if out is not None else store / "reports" / sweep
    try:
        for name in ("figures", "tables"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return _write_all(results, folder, options or Options())
    except OSError as error:
        raise ReportError(f"the report cannot be written to {folder}: {error}; choose another folder") from error


def _write_all(results: Results, folder: Path, options: Options) -> Path:
    metrics = metrics_with_data(results.done)
    summary = summary_table(results, metrics, options)
    _write_table(summary, folder, "summary")
    _write_table(coverage_table(results), folder, "coverage")
    _write_table(provenance_table(results.cells), folder, "provenance")
    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans", "axes.formatter.useoffset": False}):
        compared = [metric for metric in metrics if is_compared(results, metric.stage)]
        value_figures = [_value_figure(of_stage(results, metric.stage), metric, folder) for metric in compared]
        history_figures = [_history_figure(of_stage(results, curve.stage), curve, folder) for curve in CURVES]
        prior_figures = _prior_figures(results, folder)
    claims, gains = claims_table(results, options), gains_table(results, options)
    beliefs = beliefs_table(results, options)
    found = answers(results, claims, beliefs)
    _write_table(claims, folder, "claims")
    _write_table(gains, folder, "gains")
    if not beliefs.empty:
        _write_table(beliefs, folder, "beliefs")
    _write_text(folder / "report.md", markdown(results, found, provenance_warnings(results)))
    _write_text(folder / "claims.json", json.dumps(as_json(results, claims, beliefs), indent=1))
    page = render_page(
        results,
        answers=found,
        claims=claims,
        gains=gains,
        metrics=metrics,
        summary=summary,
        value_figures=value_figures,
        history_figures=[figure for figure in history_figures if figure] + prior_figures,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    return _write_text(folder / "index.html", page)


def _value_figure(results: Results, metric: Metric, folder: Path) -> DrawnFigure:
    table = value_table(results, metric)
    name = f"value_{metric.name}"
    _write_table(table, folder, name)
    return DrawnFigure(
        name=name,
        heading=metric.label,
        family=metric.family,
        caption=value_caption(table, metric, results),
        alt_text=value_alt_text(table, metric),
        png=_save_figure(draw_values(table, metric, results.sweep), folder, name),
    )


def _history_figure(results: Results, curve: Curve, folder: Path) -> DrawnFigure | None:
    """The figure of a curve; None where no trial has one."""
    table = history_table(results, curve)
    if table.empty:
        return None
    name = f"history_{curve.name}"
    _write_table(table, folder, name)
    return DrawnFigure(
        name=name,
        heading=curve.label,
        family=curve.stage,
        caption=history_caption(table, curve, results),
        alt_text=history_alt_text(table, curve),
        png=_save_figure(draw_history(table, curve, results.sweep), folder, name),
    )


def _prior_figures(results: Results, folder: Path) -> list[DrawnFigure]:
    """A figure of each dataset; none where the sweep does not vary the token embedding or nothing is done."""
    figures = []
    for dataset, table in prior_tables(results).items():
        name = f"prior_{dataset}".rstrip("_")
        _write_table(table, folder, name)
        figures.append(
            DrawnFigure(
                name=name,
                heading=f"Token embeddings {dataset}".strip(),
                family="stage2",
                caption=prior_caption(table, results),
                alt_text=prior_alt_text(table),
                png=_save_figure(draw_prior(table, results.sweep), folder, name),
            )
        )
    return figures


def _save_figure(figure: Figure, folder: Path, name: str) -> bytes:
    """Save as PDF and PNG; returns the PNG."""
    figure.savefig(folder / "figures" / f"{name}.pdf")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DOTS_PER_INCH)
    (folder / "figures" / f"{name}.png").write_bytes(png.getvalue())
    return png.getvalue()


def _write_table(table: pd.DataFrame, folder: Path, name: str) -> None:
    table.to_csv(folder / "tables" / f"{name}.csv", index=False)


def _write_text(path: Path, text: str) -> Path:
    """Write a file in one step, so that nobody opens half a page."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
    path.chmod(0o644)
    return path
