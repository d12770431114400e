"""`--beside`: an imported sweep next to ours, by settings that both have, and in no number of ours."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from orchestrator.importing.csv_file import read_csv
from orchestrator.importing.keep import keep_imported
from orchestrator.importing.mapping import read_mapping
from reports import Output, ReportError, Sweep, write_report
from reports.figures import value
from reports.figures.redraw import redraw
from reports.figures.registry import REGISTRY
from reports.figures.write import rows_of
from reports.page.render import beside_section
from reports.read_store import read_results
from tests.reports.conftest import StoreWriter

MAPPING = """\
sweep: theirs
description: Their runs are not ours.
run: id
factors: {dataset: data, ssl: method, augmentations: views}
metrics: {probe_svm: acc, fid: FID}
"""
RUNS = """\
id,data,method,views,acc,FID
a1,Alpha,none,,0.50,4
a2,Alpha,none,,0.56,9
a3,Alpha,barlowtwins,raw_warp,0.70,1
a4,Alpha,barlowtwins,raw_warp,0.73,
a5,Alpha,barlowtwins,raw_warp,0.71,
b1,Beta,none,,0.60,
c1,Alpha,barlowtwins,flip,0.99,
d1,Gamma,none,,0.99,
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ours: two datasets, two sets of views, two weights, three seeds."""
    tmp_path = tmp_path_factory.mktemp("beside")
    writer = StoreWriter(root=tmp_path / "store", name="ours")
    weights: list[float | None] = [0.1, 0.5]
    writer.factors = {
        "dataset": ["Alpha", "Beta"], "ssl": ["none", "barlowtwins"], "augmentations": ["warp", "slice"],
        "aug_recon_weight": weights, "seed": [0, 1, 2],
    }  # fmt: skip
    settings: list[tuple[str, str | None, float | None]] = [("none", None, None)]
    settings += [("barlowtwins", views, weight) for views in ("warp", "slice") for weight in weights]
    for dataset in ("Alpha", "Beta"):
        for seed in range(3):
            for place, (ssl, views, weight) in enumerate(settings):
                levels = {"dataset": dataset, "ssl": ssl, "augmentations": views, "aug_recon_weight": weight}
                value = 0.5 + 0.02 * seed**2 + 0.05 * place
                raw = {"augmentations": f"raw_{views}" if views else None}
                writer.add_done({**levels, "seed": seed}, probe_svm=value, fid=4.0 + seed, recon_time=1.0, **raw)
    (tmp_path / "runs.csv").write_text(RUNS)
    (tmp_path / "map.yaml").write_text(MAPPING)
    root = writer.finish()
    keep_imported(read_csv(tmp_path / "runs.csv"), read_mapping(str(tmp_path / "map.yaml")), root)
    return root


def test_the_difference_is_that_of_welch(store: Path) -> None:
    table = Sweep(store, "ours", beside="theirs").beside()
    row = table[(table["metric"] == "probe_svm") & (table["ssl"] == "none") & (table["dataset"] == "Alpha")].iloc[0]
    welch = stats.ttest_ind([0.5, 0.52, 0.58], [0.50, 0.56], equal_var=False)
    assert row["z"] == pytest.approx(welch.statistic, rel=1e-12)
    assert (row["n"], row["n_theirs"]) == (3, 2)
    assert row["difference"] == pytest.approx(0.5 + 0.1 / 3 - 0.53)


def test_settings_are_matched_by_what_they_are_and_not_by_their_names(store: Path) -> None:
    """`warp` is what our sweep file calls raw_warp; a weight that theirs do not name stands beside the same runs."""
    table = Sweep(store, "ours", beside="theirs").beside().query("metric == 'probe_svm'")
    found = table[["dataset", "ssl", "augmentations", "aug_recon_weight"]].fillna("–").to_numpy().tolist()
    assert found == [
        ["Alpha", "none", "–", "–"], ["Alpha", "barlowtwins", "warp", "0.1"], ["Alpha", "barlowtwins", "warp", "0.5"],
        ["Beta", "none", "–", "–"],
    ]  # fmt: skip
    assert table["n_theirs"].tolist() == [2, 3, 3, 1]
    assert table["z"].isna().tolist() == [False, False, False, True]  # one run has no spread


def test_a_weight_that_both_name_is_matched(store: Path, tmp_path: Path) -> None:
    mapping = MAPPING.replace("views}", "views, aug_recon_weight: {value: 0.5}}").replace("theirs", "weighted")
    (tmp_path / "runs.csv").write_text(RUNS)
    (tmp_path / "map.yaml").write_text(mapping)
    keep_imported(read_csv(tmp_path / "runs.csv"), read_mapping(str(tmp_path / "map.yaml")), store)
    table = Sweep(store, "ours", beside="weighted").beside().query("metric == 'probe_svm' and dataset == 'Alpha'")
    assert table["aug_recon_weight"].fillna("–").tolist() == ["–", "0.5"]


def test_no_number_of_ours_is_made_of_theirs(store: Path) -> None:
    """All numbers are made of cells and history, and those are the same without another sweep beside."""
    alone, both = read_results(store, "ours"), read_results(store, "ours", beside="theirs")
    pd.testing.assert_frame_equal(alone.cells, both.cells)
    pd.testing.assert_frame_equal(alone.history, both.history)
    pd.testing.assert_frame_equal(Sweep(store, "ours").means(), Sweep(store, "ours", beside="theirs").means())
    assert Sweep(store, "ours").beside().empty


def test_what_is_not_there_is_told_with_the_way_to_it(store: Path) -> None:
    with pytest.raises(
        ReportError, match=r"--beside other: .* \(it has theirs.*\); .*`ncvq import csv FILE --mapping FILE"
    ):
        read_results(store, "ours", beside="other")
    with pytest.raises(ReportError, match=r"--beside ours: the store .* has no imported sweep of that name"):
        read_results(store, "ours", beside="ours")


def test_counts_of_what_agrees(store: Path) -> None:
    section = beside_section(read_results(store, "ours", beside="theirs"))
    assert section is not None
    assert section["near"]["heads"] == ["Alpha", "Beta", "all"]
    rows = {row["metric"]: row["cells"] for row in section["near"]["rows"]}
    assert rows == {"probe_svm": ["1 of 3", "–", "1 of 3"], "fid": ["1 of 1", "–", "1 of 1"]}
    assert "Their runs are not ours." in section["explained"]


def test_marks_are_means_on_the_scale_of_the_figure(store: Path) -> None:
    """FID is compared by ratios, so that a mark is the mean of logarithms; 4 and 9 have 6."""
    results = read_results(store, "ours", beside="theirs")
    nothing = pd.DataFrame()  # the values of a sweep need no comparisons
    view = next(view for view in value.views(results, nothing) if view.name == "value_samples")
    shown, table = rows_of(REGISTRY["value"], view, results, nothing)
    theirs = table[(table["mark"] == "other") & (table["track"] == "fid") & (table["series"] == "none")]
    assert theirs["value"].unique() == pytest.approx([6.0])
    assert theirs["whose"].unique().tolist() == ["theirs"]
    caption = value.caption(table, view, shown)
    assert "Hollow: means of the imported runs of theirs, unpaired, of the same settings." in caption
    assert "(3 seeds)" in caption
    figure = value.draw(table, view)
    labels = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert labels[-1] == "theirs (imported)"
    hollow = [line for axes in figure.axes for line in axes.lines if line.get_markerfacecolor() == "none"]
    drawn = sum(len(line.get_xdata()) for line in hollow)
    assert drawn == (table["mark"] == "other").sum() > 0


@pytest.mark.whole
def test_the_page_and_its_tables(store: Path) -> None:
    page = write_report(store, "ours", beside="theirs", output=Output(formats=("png",)))
    assert page.parent.name == "ours-beside-theirs"
    text = page.read_text(encoding="utf-8")
    assert '<h2 id="beside">Beside theirs</h2>' in text
    assert "imported from runs.csv and not run by ncvq" in text
    names = sorted(path.name for path in (page.parent / "tables").glob("beside*"))
    assert names == ["beside.csv", "beside.md", "beside.tex", "beside_values.csv"]
    first = (page.parent / "tables" / "beside.csv").read_text(encoding="utf-8").splitlines()[0]
    assert all(redraw(path)[1] is None for path in (page.parent / "figures").glob("value*.json"))
    assert first == "metric,dataset,ssl,augmentations,aug_recon_weight,ours,theirs,difference [standard errors]"
