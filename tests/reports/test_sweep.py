"""A sweep from Python: frames, words, figures, errors, and the example of the docs."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from matplotlib.figure import Figure

from reports import Options, ReportError, Sweep, write_report
from reports.figures.registry import REGISTRY
from reports.statistics.compare import COLUMNS
from tests.reports.conftest import StoreWriter
from tests.reports.figures.sweeps import effects_of, write_sweep

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sweep(StoreWriter(root=tmp_path_factory.mktemp("sweep") / "store"))


@pytest.fixture(scope="module")
def sweep(store: Path) -> Sweep:
    """Shared: its frames are copies."""
    return Sweep(store, "fixture")


def test_trials_have_labels_metrics_and_every_cell(writer: StoreWriter) -> None:
    store = write_sweep(writer, change=lambda levels: None if levels["seed"] == 3 and levels["ssl"] == "none" else {})
    sweep = Sweep(str(store), "fixture")
    trials = sweep.trials
    assert list(trials)[:7] == ["trial_id", "status", "dataset", "ssl", "seed", "val_loss", "probe_svm"]
    assert trials["status"].value_counts().to_dict() == {"done": 22, "missing": 2}
    assert set(trials["ssl"]) == set(sweep.factors["ssl"])
    stored = pd.read_parquet(store / "trials").set_index("trial_id")["val_loss"]
    done = trials[trials["status"] == "done"].set_index("trial_id")["val_loss"]
    assert done.to_dict() == stored.to_dict()
    assert repr(sweep) == "<Sweep fixture: 22 done, 2 missing>"


def test_history_effects_means_and_ranks(sweep: Sweep) -> None:
    assert {"epoch", "loss", "dataset", "ssl", "seed"} <= set(sweep.history)
    assert len(sweep.history) == 2 * len(sweep.trials)
    effects = sweep.effects()
    assert list(effects) == list(COLUMNS)
    assert set(effects["level"]) == {"barlowtwins", "vibcreg"}
    means = sweep.means().set_index(["metric", "dataset", "ssl"])["mean"]
    trials = sweep.trials
    expected = trials.groupby(["dataset", "ssl"])["val_loss"].mean()
    assert means["val_loss"].to_dict() == pytest.approx(expected.to_dict())
    assert set(sweep.ranks()["metric"]) == {"val_loss", "probe_svm"}
    assert sweep.beliefs().empty


@pytest.mark.thorough
def test_the_answers_are_those_of_the_report(writer: StoreWriter) -> None:
    store = write_sweep(writer)
    answers = Sweep(store, "fixture").answers()
    assert answers == write_report(store, "fixture").with_name("report.md").read_text(encoding="utf-8")
    assert answers._repr_markdown_() == answers


def test_options_are_those_of_the_report(writer: StoreWriter) -> None:
    sweep = Sweep(write_sweep(writer), "fixture", Options(seeds=2))
    assert set(sweep.trials["seed"]) == {"0", "1"}
    assert sweep.effects()["n_seeds"].max() == 2


def test_frames_are_copies(sweep: Sweep) -> None:
    for make in (lambda: sweep.trials, lambda: sweep.history, sweep.effects):
        first = make()
        first.loc[:, "dataset"] = "changed"
        assert "changed" not in set(make()["dataset"].dropna())
    sweep.factors["ssl"].clear()
    assert sweep.factors["ssl"]


def test_a_figure_is_matplotlibs_and_shows_by_itself(sweep: Sweep) -> None:
    before = dict(matplotlib.rcParams)
    figure = sweep.figure("effects")
    assert isinstance(figure, Figure)
    png, about = figure._repr_png_()  # type: ignore[attr-defined]
    assert png.startswith(PNG)
    assert 300 < about["width"] < 1000
    assert dict(matplotlib.rcParams) == before


def test_users_text_stays_text_in_a_figure_that_is_saved_later(writer: StoreWriter, tmp_path: Path) -> None:
    store = write_sweep(writer, datasets=["A$_x^", "B\\frac{"], methods=["none", "$\\bad{"])
    figure = Sweep(store, "fixture").figure("effects")
    figure.savefig(tmp_path / "figure.png")
    figure.savefig(tmp_path / "figure.pdf")


def test_all_figures_of_a_name_show_with_their_captions(sweep: Sweep) -> None:
    figures = sweep.figures("value")
    assert len(figures) == len(figures.captions) >= 2
    shown = figures._repr_html_()
    pictures = re.findall(r'src="data:image/png;base64,(.*?)"', shown)
    assert len(pictures) == shown.count("<figcaption>") == len(figures)
    assert all(base64.b64decode(picture).startswith(PNG) for picture in pictures)
    assert figures[0] is not figures[1]
    assert len(figures[:1]) == len(figures[:1].captions) == 1
    assert isinstance(sweep.figure("value", page=2), Figure)


@pytest.mark.thorough
@pytest.mark.parametrize("name", list(REGISTRY))
def test_every_name_of_the_registry_draws_or_says_why_not(writer: StoreWriter, name: str) -> None:
    store = write_sweep(writer)
    results, claims, _ = effects_of(store)
    if REGISTRY[name].views(results, claims):
        assert isinstance(Sweep(store, "fixture").figure(name), Figure)
    else:
        with pytest.raises(ReportError, match=f"^{name}: .*sweep fixture ") as told:
            Sweep(store, "fixture").figure(name)
        assert " yet " not in str(told.value)  # all trials are done


def test_mistakes_are_one_line_that_lists_what_there_is(sweep: Sweep, store: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="no figure of this sweep is called 'efects': effects, "):
        sweep.figure("efects")
    for page in (0, 2, -1):
        with pytest.raises(ReportError, match=f"page {page} of effects: it has 1, counted from 1"):
            sweep.figure("effects", page=page)
    with pytest.raises(ReportError, match=r"no ncvq store here|no store"):
        Sweep(tmp_path / "nowhere", "fixture")
    with pytest.raises(ReportError, match="it holds: fixture"):
        Sweep(store, "fixtur")


@pytest.mark.thorough
def test_the_example_of_the_docs_runs(writer: StoreWriter, tmp_path: Path) -> None:
    writer.root, writer.name = tmp_path / "runs", "quickstart"
    write_sweep(writer)
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    code = f"{example}\nassert len(better)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "barlowtwins" in done.stdout
    assert (tmp_path / "effects.svg").stat().st_size > 1000
    named = set(re.findall(r"^\| `\.?(\w+)|, `\.(\w+)`", page, re.MULTILINE))
    assert all(hasattr(Sweep, name) for pair in named for name in pair if name and name != "Sweep")
