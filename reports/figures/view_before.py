"""The figure of augmented views without a sweep: before anything is trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from orchestrator.store.examples import Example
from reports.errors import ReportError
from reports.figures import views
from reports.figures.contract import EXAMPLES, View
from reports.figures.style import PAGE, render, style_named
from reports.read_store import Sweep


def write_views(dataset: str, examples: Mapping[str, Iterable[Example]], out: Path) -> Path:
    """Draw series of each class and their spectrograms beside augmented views.

    Args:
        dataset: its name.
        examples: by set of augmentations, what stage 1 keeps.
        out: PNG to write.

    Returns:
        The PNG.

    Raises:
        ReportError: there are too many sets for a page, or the file cannot be written.
    """
    if len(examples) > views.MOST_SETS:
        raise ReportError(f"{len(examples)} sets: a page has room for {views.MOST_SETS}")
    if out.suffix != ".png":
        raise ReportError(f"{out}: the picture is a PNG; name it {out.with_suffix('.png')}")
    layout = views.layout_of(list(examples))
    frames = {name: pd.DataFrame([each._asdict() for each in rows]) for name, rows in examples.items()}
    sweep = Sweep(name=dataset, description="", launched_at="", factors={}, baseline={})
    view = View(
        figure="views", name="views", heading=dataset, section=EXAMPLES, dataset=dataset, sweep=sweep, layout=layout
    )  # fmt: skip
    pictures, _ = render(views, views.view_rows(frames, layout.views), view, style_named(PAGE))
    try:
        out.write_bytes(pictures["png"])
    except OSError as error:
        raise ReportError(f"{out}: cannot be written ({error.strerror})") from error
    return out
