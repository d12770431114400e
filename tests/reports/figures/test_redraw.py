"""A manifest says where a figure comes from, and draws the same pixels again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports import ReportError, write_one_figure, write_report
from reports.figures.manifest import VERSION
from reports.figures.redraw import redraw
from reports.figures.table_file import column_types, read_table, table_text
from reports.figures.write import Output
from tests.reports.conftest import StoreWriter
from tests.reports.figures.grids import figures_of, results_of_grid
from tests.reports.figures.sweeps import write_sweep

pytestmark = pytest.mark.whole

SUBJECTS = ("validation_prior_loss", "reconstruction")
"""Of the pages that are looked at, beside those of one metric."""


def half(levels: dict[str, Any]) -> dict[str, Any] | None:
    if levels["ssl"] == "vibcreg" and levels["seed"] == 3:
        return {"status": "failed", "error": "OutOfMemoryError: invented\nmore", "val_loss": None, "probe_svm": None}
    return {"val_loss": float("nan")} if levels["ssl"] == "barlowtwins" and levels["seed"] == 2 else {}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with its report; shared, so only to be copied."""
    store = write_sweep(StoreWriter(root=tmp_path_factory.mktemp("reported") / "store"), change=half)
    write_report(store, "fixture")
    return store


@pytest.fixture
def store(reported: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(reported, tmp_path / "store"))


@pytest.fixture
def page(store: Path) -> Path:
    """The page of the copy."""
    return store / "reports" / "fixture" / "index.html"


def manifest_of(page: Path, name: str) -> tuple[Path, dict[str, Any]]:
    path = page.parent / "figures" / f"{name}.json"
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_every_figure_is_drawn_again_pixel_by_pixel(page: Path, tmp_path: Path) -> None:
    manifests = sorted((page.parent / "figures").glob("*.json"))
    assert [path.stem for path in manifests] == [
        "cost", "coverage", "curves_stage1_loss", "curves_stage1_ssl_loss", "effects", "importance",
        "value_reconstruction", "value_representation",
    ]  # fmt: skip
    for manifest in manifests:
        again, difference = redraw(manifest, tmp_path / "again.png")
        assert again.read_bytes() == manifest.with_suffix(".png").read_bytes(), manifest.name
        assert difference is None


def test_a_moved_report_is_drawn_again_without_its_store(store: Path, page: Path, tmp_path: Path) -> None:
    before = (page.parent / "figures" / "effects.png").read_bytes()
    moved = tmp_path / "elsewhere"
    page.parent.rename(moved)
    store.rename(tmp_path / "gone")
    (moved / "figures" / "effects.png").unlink()
    assert redraw(moved / "figures" / "effects.json") == (moved / "figures" / "effects.png", None)
    assert (moved / "figures" / "effects.png").read_bytes() == before


def test_a_manifest_names_trials_exclusions_test_and_versions(store: Path, page: Path) -> None:
    _, manifest = manifest_of(page, "effects")
    assert manifest["store"]["sweep"] == "sweeps/fixture"
    assert manifest["store"]["cells"] == 24
    failed = manifest["excluded"]["cells"]
    assert set(failed.values()) == {"failed: OutOfMemoryError: invented"}
    assert len(failed) == 2
    assert len(manifest["excluded"]["without_value"]["val_loss"]) == 2
    assert manifest["excluded"]["without_value"]["probe_svm"] == []
    assert len(manifest["trials"]) == 22
    assert not set(failed) & set(manifest["trials"])
    assert "Data0 seed 3" in manifest["excluded"]["blocks"]["effect-ssl-val_loss-vibcreg-these-datasets"]
    families = {(each["metric"], each["question"]): each["tests"] for each in manifest["test"]["families"]}
    assert families["val_loss", "these datasets"] == 6
    assert manifest["test"]["options"] == {"partial": False, "pool": False, "chosen_datasets": False, "seeds": None}
    assert families["val_loss", "datasets like these"] == 2
    assert {"ncvq", "matplotlib", "seaborn", "pandas", "numpy", "scipy", "statsmodels", "python"} == set(
        manifest["versions"]
    )
    assert str(store) not in json.dumps(manifest)
    _, curve = manifest_of(page, "curves_stage1_ssl_loss")
    assert len(curve["trials"]) == 14  # the baseline has no such loss
    assert curve["test"]["procedure"].startswith("none")


def test_a_changed_table_is_one_line(page: Path) -> None:
    table = page.parent / "tables" / "effects.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("undecided", "better"), encoding="utf-8")
    with pytest.raises(
        ReportError, match=r"was changed since effects\.json was written: draw the report again"
    ) as told:
        redraw(manifest_of(page, "effects")[0])
    assert "\n" not in str(told.value)


def test_other_versions_are_one_line_and_still_drawn(page: Path, tmp_path: Path) -> None:
    path, manifest = manifest_of(page, "effects")
    path.write_text(json.dumps(manifest | {"versions": manifest["versions"] | {"matplotlib": "1.0"}}))
    assert redraw(path, tmp_path / "same.png")[1] is None  # the pixels are the same all the same
    style = manifest["style"] | {"dots_per_inch": 80}
    path.write_text(json.dumps(manifest | {"style": style, "versions": manifest["versions"] | {"matplotlib": "1.0"}}))
    again, difference = redraw(path, tmp_path / "other.png")
    assert again.stat().st_size
    assert difference is not None
    assert difference.startswith("the pixels are not the same as then: matplotlib 1.0, here ")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"table": {}}', '{"view": 1, "table": {"file": "x"}}'])
def test_what_is_no_manifest_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(ReportError, match="is not the manifest of a figure"):
        redraw(tmp_path / "other.json")


def test_a_table_is_read_back_as_it_was() -> None:
    texts = {"level": ["0.20", "NA", "nan", '中文, "quoted"\nline'], "other": ["x", None, "y", "z"]}
    table = pd.DataFrame(texts, dtype="str").assign(
        value=[0.1 + 0.2, np.nan, np.inf, -1e-300], count=[1, 2, 3, 4], flag=[True, False, True, False]
    )
    again = read_table(table_text(table), column_types(table))
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def test_only_draws_one_figure(store: Path, tmp_path: Path) -> None:
    pictures = write_one_figure(store, "fixture", "value_reconstruction", tmp_path / "one")
    assert pictures == [
        tmp_path / "one" / "figures" / f"value_reconstruction.{kind}" for kind in ("png", "pdf", "json")
    ]
    assert {each.name for each in (tmp_path / "one").rglob("*") if each.is_file()} == {
        "value_reconstruction.png", "value_reconstruction.pdf", "value_reconstruction.json", "value_reconstruction.csv"
    }  # fmt: skip
    pictures = write_one_figure(store, "fixture", "value", tmp_path / "many", output=Output(formats=("png",)))
    assert [each.stem for each in pictures if each.suffix == ".png"] == ["value_reconstruction", "value_representation"]


@pytest.mark.thorough
def test_a_later_report_leaves_no_figure_of_an_earlier_one(store: Path, page: Path) -> None:
    names = {path.name for folder in ("figures", "tables") for path in (page.parent / folder).iterdir()}
    for path in (page.parent / "figures").glob("effects.*"):
        path.with_name(f"effects_2{path.suffix}").write_bytes(path.read_bytes())
    (page.parent / "tables" / "effects_2.csv").write_text("x\n")
    (page.parent / "figures" / "mine.png").write_bytes(b"")
    write_report(store, "fixture")
    after = {path.name for folder in ("figures", "tables") for path in (page.parent / folder).iterdir()}
    assert after == names | {"mine.png"}


def test_only_shows_the_same_verdicts_as_the_page(store: Path, page: Path, tmp_path: Path) -> None:
    write_one_figure(store, "fixture", "effects", tmp_path / "one")
    alone = (tmp_path / "one" / "tables" / "effects.csv").read_bytes()
    assert alone == (page.parent / "tables" / "effects.csv").read_bytes()


def test_only_names_what_there_is(store: Path) -> None:
    with pytest.raises(ReportError, match="no figure of this sweep is called 'efects': effects, ") as told:
        write_one_figure(store, "fixture", "efects")
    assert "\n" not in str(told.value)
    with pytest.raises(ReportError, match="token_embedding: sweep fixture has no levels of token_embedding"):
        write_one_figure(store, "fixture", "token_embedding")


@pytest.mark.parametrize(
    "change", [{"style": {"unknown": 1}}, {"style": "x"}, {"view": {}}, {"view": {"layout": None}}, {"view": None}]
)
def test_a_manifest_that_was_changed_by_hand_is_one_line(page: Path, change: dict[str, object]) -> None:
    path, manifest = manifest_of(page, "effects")
    path.write_text(json.dumps(manifest | change))
    with pytest.raises(ReportError) as told:
        redraw(path)
    assert "\n" not in str(told.value)


def test_a_manifest_of_another_version_is_one_line(page: Path) -> None:
    path, manifest = manifest_of(page, "effects")
    assert manifest["manifest"] == VERSION == 2
    path.write_text(json.dumps(manifest | {"manifest": 1}))
    with pytest.raises(ReportError, match=r"is of another version of manifests \(1, not 2\): report again"):
        redraw(path)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["weight", "curves", "token_embedding", "value"])
def test_a_page_names_the_trials_of_its_own_panels(tmp_path: Path, name: str) -> None:
    sweep: dict[str, list[Any]] = {
        "dataset": [f"Data{place}" for place in range(7)], "ssl": ["none", "byol"], "seed": [0],
        "augmentations": ["warp", "slice"] if name in ("curves", "value") else ["warp"],
    }  # fmt: skip
    sweep |= {"token_embedding": ["learned", "codebook_init"]} if name == "token_embedding" else {}
    sweep |= {"aug_recon_weight": [0.1, 0.2]} if name != "token_embedding" else {}
    results = results_of_grid(tmp_path / "store", sweep, epochs=1)
    folder = tmp_path / "store" / "reports" / "fixture"
    output = Output(formats=("png",), appendix=True)
    views = [view for view, _, _ in figures_of(results, name) if view.subject in ("val_loss", "recon_time", *SUBJECTS)]
    assert len(views) > 1
    for view in (views[0], views[-1]):
        write_one_figure(tmp_path / "store", "fixture", view.name, output=output)
        manifest = json.loads((folder / "figures" / f"{view.name}.json").read_text(encoding="utf-8"))
        levels = results.cells.set_index("trial_id").loc[manifest["trials"]]
        shown = (
            {dict(key)["dataset"] for key in view.layout.panels} if not view.layout.datasets else set(sweep["dataset"])
        )
        assert set(levels["dataset"]) == shown
        assert len(shown) < 7 or view.layout.datasets or len(views[0].layout.panels) >= 7
        if "ssl" in (names := {factor for key in view.layout.panels for factor, _ in key}):
            kept = {tuple(dict(key)[factor] for factor in ("dataset", "ssl")) for key in view.layout.panels}
            held = set(zip(levels["dataset"], levels["ssl"], strict=True))
            assert {pair for pair in held if pair[1] != "none"} <= kept, names
