"""Draws a figure again from its manifest and the table beside it, without the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ncvq_core.metrics import recall
from reports.errors import ReportError
from reports.figures.manifest import VERSION, versions, view_from
from reports.figures.registry import figure_module
from reports.figures.style import Style, render
from reports.figures.table_file import digest, read_table


def redraw(manifest: Path, out: Path | None = None) -> tuple[Path, str | None]:
    """Draw the picture of a manifest again.

    Args:
        manifest: the JSON file beside the picture; its table is read from where it says.
        out: the PNG to write; by default the picture beside the manifest.

    Returns:
        The PNG, and one line where its pixels are not those of the manifest.

    Raises:
        ReportError: the file is no manifest, or the table was changed since.
    """
    document = _read(manifest)
    file = manifest.parent / str(document["table"]["file"])
    content = file.read_bytes()
    if digest(content) != document["table"]["sha256"]:
        raise ReportError(f"{file.resolve()} was changed since {manifest.name} was written: draw the report again")
    try:
        recall(document.get("further_metrics", ()))
        view = view_from(document)
        table = read_table(content.decode(), document["table"]["columns"])
        png = render(figure_module(view.figure), table, view, Style(**document["style"]))[0]["png"]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        words = " ".join(str(error).split())
        raise ReportError(f"{manifest} is not as it was written ({words}): draw the report again") from error
    target = out or manifest.with_suffix(".png")
    target.write_bytes(png)
    return target, None if digest(png) == document["png"]["sha256"] else _difference(document["versions"])


def _read(manifest: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        for part in ("file", "sha256", "columns"):
            document["table"][part]
        document["view"], document["style"], document["png"]["sha256"], document["versions"]
        version = document["manifest"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{manifest} is not the manifest of a figure: give a file figures/NAME.json") from error
    if version != VERSION:
        raise ReportError(f"{manifest} is of another version of manifests ({version}, not {VERSION}): report again")
    return document


def _difference(recorded: dict[str, str]) -> str:
    here = versions()
    others = [f"{name} {recorded.get(name)}, here {here[name]}" for name in here if recorded.get(name) != here[name]]
    return f"the pixels are not the same as then: {'; '.join(others) or 'other fonts or another kind of machine'}"
