"""The map of effects, which a sweep of many datasets has: its rows, its manifest, and the same picture again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from reports import Output, write_one_figure
from reports.figures.redraw import redraw
from tests.reports.figures.sweeps import write_sweep

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

import pytest

pytestmark = pytest.mark.whole

METHODS = ["none", "barlowtwins", "vibcreg", "vicreg", "byol"]


@pytest.mark.thorough
def test_a_map_has_each_effect_and_a_manifest_with_its_trials(writer: StoreWriter, tmp_path: Path) -> None:
    names = [f"Data{place:02d}" for place in range(40)]
    store = write_sweep(writer, datasets=names, seeds=1, methods=METHODS, epochs=1)
    files = write_one_figure(store, "fixture", "effects_map", tmp_path / "out", output=Output(formats=("png",)))
    manifests = {path.stem: json.loads(path.read_text()) for path in files if path.suffix == ".json"}
    shown: dict[str, set[str]] = {}
    for name, manifest in manifests.items():
        metric = manifest["view"]["subject"]
        shown.setdefault(metric, set()).update(manifest["trials"])
        table = pd.read_csv(tmp_path / "out" / "tables" / f"{name}.csv")
        assert set(table["series"]) == set(METHODS[1:])
        assert set(table["dataset"]) == set(manifest["view"]["layout"]["datasets"])
        assert len(manifest["trials"]) == len(METHODS) * table["dataset"].nunique()
    assert set(shown) == {"val_loss", "probe_svm"}
    assert all(len(trials) == len(METHODS) * len(names) for trials in shown.values())
    picture, difference = redraw(files[-1], tmp_path / "again.png")
    assert difference is None
    assert picture.read_bytes() == files[-1].with_suffix(".png").read_bytes()
