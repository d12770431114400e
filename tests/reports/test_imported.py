"""The report of runs that another tool made: unpaired effects, means and ranks, never of two kinds of run at once."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from orchestrator.importing.csv_file import read_csv
from orchestrator.importing.keep import keep_imported
from orchestrator.importing.mapping import read_mapping
from orchestrator.store import Store
from reports import Sweep, write_report
from tests.orchestrator.tables_of_runs import runs_text, write_runs


def imported(folder: Path, text: str | None = None) -> Path:
    table, rules = write_runs(folder, text)
    keep_imported(read_csv(table), read_mapping(str(rules)), folder / "store")
    return folder / "store"


def test_effects_are_those_of_welch_and_marked_unpaired(tmp_path: Path) -> None:
    sweep = Sweep(imported(tmp_path, runs_text(datasets=1)), "theirs")
    rows = pd.read_csv(tmp_path / "runs.csv").groupby("method")
    ours, theirs = (np.log(rows.get_group(name)["FID"].dropna()) for name in ("bt", "none"))
    welch = stats.ttest_ind(ours, theirs, equal_var=False)
    found = sweep.effects().query("metric == 'fid' and factor == 'ssl' and question == 'these datasets'").iloc[0]
    assert not found["paired"]
    assert found["p"] == pytest.approx(welch.pvalue, rel=1e-9)
    assert found[["low", "high"]].tolist() == pytest.approx(list(welch.confidence_interval(0.95)), rel=1e-9)
    assert (found["n_level"], found["n_reference"]) == (4, 4)
    assert "unpaired, 4 and 4 results" in sweep.answers()


def test_runs_of_another_kind_count_for_nothing(tmp_path: Path) -> None:
    """The other kind's runs are done too, but they did not measure this."""
    effects = Sweep(imported(tmp_path), "theirs").effects()
    ended = effects.query("factor == 'ssl' and dataset == 'D0'").set_index("metric")["n_ended"]
    assert ended.to_dict() == {"val_loss": 4, "probe_svm": 4, "fid": 4}


def test_a_report_is_never_of_both_own_and_imported_trials(tmp_path: Path) -> None:
    store = imported(tmp_path)
    ids = [cell["trial_id"] for cell in Store(store).read_sweep("theirs")["cells"]]
    row = {"trial_id": ids[0], "status": "done", "probe_svm": 99.0}
    Store(store).write_trial(row, [])
    assert Sweep(store, "theirs").trials["probe_svm"].max() < 1
    cells = [{"trial_id": each, "levels": {"ssl": None}} for each in ids[:2]]
    Store(store).write_sweep({"name": "ours", "factors": {"ssl": ["none"]}, "baseline": {}, "cells": cells})
    own = Sweep(store, "ours").trials
    assert own["status"].tolist() == ["done", "missing"]


def test_levels_that_are_equal_are_several_runs_without_a_factor_of_the_stage(tmp_path: Path) -> None:
    """Where a factor cannot change a stage, our trials share its run; theirs are runs of their own."""
    text = runs_text(datasets=1).replace("data,method,weight", "data,method,steps")
    mapping = (tmp_path / "map.yaml", "  aug_recon_weight: weight", "  prior_epochs: steps")
    table, rules = write_runs(tmp_path, text.replace(",0.10,", ",10,").replace("none,,", "none,20,"))
    rules.write_text(rules.read_text().replace(*mapping[1:]))
    keep_imported(read_csv(table), read_mapping(str(rules)), tmp_path / "store")
    found = Sweep(tmp_path / "store", "theirs").effects().query("metric == 'probe_svm' and factor == 'ssl'")
    assert set(found["n_level"]) == {4}


@pytest.mark.whole
def test_the_page_and_its_tables(tmp_path: Path) -> None:
    page = write_report(imported(tmp_path), "theirs")
    folder, text = page.parent, page.read_text(encoding="utf-8")
    assert "Imported from runs.csv, not run by ncvq" in text
    assert "Imported 20" in text
    summary = pd.read_csv(folder / "tables" / "summary.csv")
    fid = summary[(summary["metric"] == "fid") & (summary["dataset"] == "D1")].set_index("ssl")
    assert fid["n"].to_dict() == {"none": 4, "barlowtwins": 4}
    assert fid["best"].to_dict() == {"none": False, "barlowtwins": True}
    assert fid.loc["none", "mean"] == pytest.approx(8 * 1.015)
    caption = (folder / "tables" / "means_fid.md").read_text(encoding="utf-8").splitlines()[0]
    assert "over the runs of each setting (n = 4)" in caption
    assert "Welch's t-tests" in caption
    ranks = pd.read_csv(folder / "tables" / "rank_tests.csv")
    assert set(ranks["n_datasets"]) == {2}
    figure = json.loads((folder / "figures" / "effects.json").read_text(encoding="utf-8"))
    assert "unpaired, because the trials have no seeds" in figure["caption"]
    values = [
        json.loads(path.read_text(encoding="utf-8"))["caption"] for path in (folder / "figures").glob("value*.json")
    ]
    assert any("(4 runs)" in words for words in values)
