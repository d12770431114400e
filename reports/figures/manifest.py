"""The manifest of a figure: where its numbers come from, what was left out, and all that draws it again."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
from typing import Any

import pandas as pd

from ncvq_core.metrics import as_records, metric_names
from orchestrator.store.status import Status
from reports.errors import ReportError
from reports.figures.contract import View
from reports.figures.curve_list import curve_named
from reports.figures.facets import Facets, is_in_some_panel
from reports.figures.lines import trials_of
from reports.figures.registry import figure_module
from reports.figures.style import Style
from reports.figures.table_file import column_types, digest
from reports.levels import DATASET
from reports.metrics import finite_values
from reports.read_store import Results, Sweep
from reports.statistics.specification import Options

VERSION = 2
PACKAGES = ("ncvq", "matplotlib", "seaborn", "pandas", "numpy", "scipy", "statsmodels")
TEST = {
    "procedure": "paired differences inside dataset and seed; these datasets: t over the datasets' variances, with "
    "Satterthwaite's degrees of freedom; datasets like these: t over the datasets' means; unpaired trials: Welch",
    "level": 0.05,
    "adjusted": "Holm inside each family",
    "intervals": "95 %, not adjusted",
}
NO_TEST = {"procedure": "none: nothing is tested in this figure", "intervals": "95 % t-interval of a mean, where drawn"}


def make_manifest(
    *,
    table: pd.DataFrame,
    view: View,
    results: Results,
    style: Style,
    csv: str,
    png: bytes,
    caption: str,
) -> dict[str, Any]:
    """All about one figure, as JSON can hold it.

    Args:
        table: the rows that it draws.
        view: what else it draws.
        results: what results_of makes.
        style: how it looks.
        csv: the table as it was written to `../tables/NAME.csv`.
        png: the picture as it was written.
        caption: what stands under it.
    """
    return {
        "manifest": VERSION,
        "name": view.name,
        "view": dataclasses.asdict(view),
        "caption": caption,
        "store": _store(results),
        "trials": _trials(table, view, results),
        "excluded": _excluded(table, view, results),
        "test": _test(table, view, results.options),
        "further_metrics": as_records(name for name in view.metrics if name not in metric_names()),
        "versions": versions(),
        "style": dataclasses.asdict(style),
        "table": {"file": f"../tables/{view.name}.csv", "columns": column_types(table), "sha256": digest(csv.encode())},
        "png": {"sha256": digest(png)},
    }


def versions() -> dict[str, str]:
    """The version of each package that a figure depends on, and of Python."""
    return {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def view_from(document: dict[str, Any]) -> View:
    """The view of a manifest.

    Raises:
        ReportError: no figure of this version of ncvq has such a view.
    """
    try:
        held = dict(document["view"])
        layout_of = figure_module(held["figure"]).LAYOUT
        sweep = Sweep(**{**held.pop("sweep"), "answers": tuple(document["view"]["sweep"]["answers"])})
        layout = held.pop("layout")
        made = None if layout is None else layout_of(**{name: _frozen(value) for name, value in layout.items()})
        return View(**{name: _frozen(value) for name, value in held.items()}, sweep=sweep, layout=made)
    except (KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"the manifest is not one of this version of ncvq ({error!r}): draw the report again"
        ) from error


def _frozen(value: Any) -> Any:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def _store(results: Results) -> dict[str, Any]:
    """What identifies the trials inside whatever store they are read from."""
    cells = sorted(results.cells["trial_id"])
    return {
        "sweep": f"sweeps/{results.sweep.name}",
        "launched_at": results.sweep.launched_at,
        "cells": len(cells),
        "cells_sha256": digest("\n".join(cells).encode()),
    }


def _trials(table: pd.DataFrame, view: View, results: Results) -> list[str]:
    """The trials whose numbers are drawn: done ones of the page with a value of a metric, or of a curve, of it."""
    found = set(table["trial_id"].dropna()) if "trial_id" in table else set()
    shown = _of_page(results.done, view.layout)
    for name in view.metrics:
        found |= set(shown.loc[finite_values(shown, name).notna(), "trial_id"])
    for name in view.curves:
        found |= set(shown["trial_id"]) & set(trials_of(results, curve_named(name))["trial_id"])
    return sorted(found)


def _of_page(rows: pd.DataFrame, layout: Any) -> pd.DataFrame:
    """The rows that stand in some panel of a page, and in a dataset that it has; all where it has neither.

    A panel may also be about a factor as such, as in a map of effects: then all rows stand in it.
    """
    if not isinstance(layout, Facets):
        return rows
    if layout.datasets:
        rows = rows[rows[DATASET].isin(layout.datasets)]
    of_levels = all(factor in rows for key in layout.panels for factor, _ in key)
    return rows[is_in_some_panel(rows, layout.panels)] if of_levels else rows


def _excluded(table: pd.DataFrame, view: View, results: Results) -> dict[str, Any]:
    """What is not in the figure and why: cells without a result, trials without a value, blocks that were dropped."""
    cells = results.cells[results.cells["status"] != Status.DONE]
    told = [
        status if pd.isna(error) else f"{status}: {str(error).splitlines()[0]}" if error else status
        for status, error in zip(cells["status"], cells["error"], strict=True)
    ]
    without = {name: finite_values(results.done, name).isna() for name in view.metrics}
    return {
        "cells": dict(zip(cells["trial_id"], told, strict=True)),
        "without_value": {name: sorted(results.done.loc[absent, "trial_id"]) for name, absent in without.items()},
        "blocks": _noted(table, "dropped"),
        "datasets": _noted(table, "datasets_left_out"),
    }


def _noted(table: pd.DataFrame, column: str) -> dict[str, str]:
    if column not in table:
        return {}
    rows = table.dropna(subset=[column])
    return dict(zip(rows["anchor"], rows[column], strict=True))


def _test(table: pd.DataFrame, view: View, options: Options) -> dict[str, Any]:
    if view.test:
        return {**TEST, "procedure": view.test, "options": dataclasses.asdict(options)}
    if "family_size" not in table:
        return NO_TEST
    families = table.groupby(["metric", "factor", "question"], sort=False)["family_size"].first().reset_index()
    chosen = dataclasses.asdict(options)
    return {**TEST, "options": chosen, "families": families.rename(columns={"family_size": "tests"}).to_dict("records")}
