"""Figures of series, codes and spectra: what is drawn is what the store keeps, of the first trials, and can be read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from ncvq_core.stft import STFT
from orchestrator.store import StageRecord, Store
from orchestrator.store.examples import Example, Shown
from reports import ReportError, write_one_figure
from reports.figures.contract import results_of
from reports.figures.manifest import view_from
from reports.figures.nothing import why_nothing
from reports.figures.registry import REGISTRY
from reports.figures.spectra import AUGMENTED, DIFFERENCE, GENERATED
from reports.figures.spectrogram import spectrogram
from reports.figures.style import style_named, styled
from reports.figures.table_file import column_types, read_table, table_text
from reports.read_store import Results, read_results
from tests.orchestrator.tables import writing
from tests.reports.figures.grids import figures_of, write_grid
from tests.reports.figures.readable import faults_of

pytestmark = pytest.mark.whole

NAMES = ("spectra", "samples", "separation", "views")
LENGTH = 32
FACTORS: dict[str, list[Any]] = {
    "dataset": ["A", "B", "C"], "ssl": ["none", "byol", "vicreg"], "augmentations": ["warp", "slice"], "seed": [0, 1],
}  # fmt: skip


def series_of(place: float) -> np.ndarray:
    return np.sin(np.arange(LENGTH) * (0.2 + 0.1 * place))


def stage1_examples(levels: dict[str, Any], classes: list[str]) -> Iterator[Example]:
    for place, label in enumerate(classes):
        yield Example(Shown.REAL, series_of(place), label=label)
        for number in range(2) if levels["ssl"] != "none" else ():
            yield Example(Shown.VIEW, series_of(place)[::-1] * (1 + number), label=label, number=number)
    yield Example(Shown.CODE_AXES, np.array([0.6, 0.25]))
    for place in range(40):
        yield Example(Shown.CODE, np.array([place % 2, place / 40]), label=classes[place % len(classes)], score=0.5)
    yield from spectra_of(levels, [Shown.REAL_SPECTRUM, Shown.AUGMENTED_SPECTRUM])


def spectra_of(levels: dict[str, Any], kinds: list[Shown]) -> Iterator[Example]:
    """Augmented TRAIN is 3 dB above TRAIN, samples 1 dB, a seed another one."""
    for what in kinds:
        if what != Shown.AUGMENTED_SPECTRUM or levels["ssl"] != "none":
            above = {Shown.REAL_SPECTRUM: 0.0, Shown.AUGMENTED_SPECTRUM: 3.0}.get(what, 1.0 + levels["seed"])
            yield Example(what, np.linspace(0, -30, LENGTH // 2 + 1) + above)


def sample_examples(levels: dict[str, Any], classes: list[str]) -> Iterator[Example]:
    for place, label in enumerate(classes):
        yield Example(Shown.REAL, series_of(place), label=label)
        for number in (2 * place, 2 * place + 1):
            yield Example(Shown.GENERATED, series_of(place + 0.1), label=label, number=number)
            yield Example(Shown.NEIGHBOUR, series_of(place), label=classes[0], number=number, score=0.25)
    yield Example(Shown.NEAREST_GENERATED, np.array([0.1, 0.2, 0.9]))
    yield Example(Shown.NEAREST_REAL, np.array([0.3]))
    yield Example(Shown.FEATURE_AXES, np.array([0.7, 0.1]))
    for what in (Shown.REAL_FEATURE, Shown.GENERATED_FEATURE):
        for place in range(20):
            yield Example(what, np.array([place % 3, place]), label=classes[place % len(classes)])
    yield from spectra_of(levels, [Shown.REAL_SPECTRUM, Shown.AUGMENTED_SPECTRUM, Shown.GENERATED_SPECTRUM])


def write_store(
    root: Path, factors: dict[str, list[Any]] = FACTORS, classes: tuple[str, ...] = ("1", "2"), *, samples: bool = True
) -> Path:
    """A store with such examples of each trial."""
    places = iter(range(10_000))

    def ids(levels: dict[str, Any]) -> dict[str, Any]:
        place = next(places)
        own = {"ssl": "byol", "seed": 0, **levels}
        made: dict[str, Any] = {f"{place:012x}s": list(stage1_examples(own, list(classes)))}
        if samples:
            made[f"{place:012x}d"] = list(sample_examples(own, list(classes)))
        for stage_id, examples in made.items():
            kept[stage_id] = examples
        return {"stage1_id": f"{place:012x}s", "samples_id": f"{place:012x}d", "class_separation": 0.5}

    kept: dict[str, list[Example]] = {}
    write_grid(root, factors, epochs=1, change=ids)
    record = StageRecord(metrics={}, timings={}, provenance={}, history=[])
    for stage_id, examples in kept.items():
        Store(root).write_stage(stage_id, record, writing(b"weights"), examples)
    return root


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("examples") / "store")


@pytest.fixture(scope="module")
def results(store: Path) -> Results:
    return read_results(store, "fixture")


@pytest.mark.parametrize("name", NAMES)
def test_pages_can_be_read_and_name_their_trials(results: Results, name: str) -> None:
    pages = figures_of(results, name)
    assert pages
    assert len([view for view, _, _ in pages if not view.appendix]) == (1 if name == "spectra" else 2)
    with styled(style_named("page")):
        view, table, shown = pages[0]
        assert faults_of(REGISTRY[name].draw(table, view)) == []
    words = REGISTRY[name].caption(table, view, shown) + REGISTRY[name].alt_text(table, view)
    assert "nan" not in words
    if name != "spectra":
        assert view.dataset == "A"
        assert "seed=0" in words
        assert "seed=1" not in words


def test_separation_is_of_the_reference_beside_each_other_method(results: Results) -> None:
    pages = figures_of(results, "separation")
    assert [view.layout.levels for view, _, _ in pages[:2]] == [("none", "byol"), ("none", "vicreg")]
    assert [view.appendix for view, _, _ in pages] == [False, True, False, True, True, True]
    _, table, _ = pages[0]
    axes = table[table["kind"] == "axes"].set_index("level")
    assert axes["x"].tolist() == pytest.approx([0.6, 0.6])
    assert axes["score"].tolist() == [0.5, 0.5]
    assert (table["kind"] == "code").sum() == 80


def test_spectra_have_distances_over_seeds_and_where_they_lie(results: Results) -> None:
    ((view, table, shown),) = figures_of(results, "spectra")
    assert len(view.layout.panels) == 6
    lines = table[(table["panel"] == 0) & (table["track"] == DIFFERENCE) & (table["frequency"] == 3)]
    generated = lines[(lines["role"] == GENERATED) & (lines["series"] == "byol")].iloc[0]
    assert generated[["low", "value", "high", "n", "distance"]].tolist() == pytest.approx([1, 1.5, 2, 2, 1.5])
    assert generated["from_augmented"] == pytest.approx(1.5)
    assert lines.loc[lines["role"] == AUGMENTED, "distance"].tolist() == pytest.approx([3.0])
    words = REGISTRY["spectra"].caption(table, view, shown)
    assert "augmented TRAIN 3.0 dB from TRAIN" in words
    assert "samples of none 1.5 dB from TRAIN" in words


def test_samples_have_their_neighbours_and_say_whose_class_they_are(results: Results) -> None:
    view, table, shown = figures_of(results, "samples")[0]
    figure = REGISTRY["samples"].draw(table, view)
    texts = [text.get_text() for axes in figure.subfigs[0].axes for text in axes.texts]
    assert texts[0] == "distance 0.25"
    assert texts[-1] == "distance 0.25, of class 1"  # of samples of class 2
    words = REGISTRY["samples"].caption(table, view, shown)
    assert "0.20 for samples of none, 0.20 for samples of byol, 0.30 for TEST" in words


def test_views_show_each_set_beside_the_series(results: Results) -> None:
    view, table, _ = figures_of(results, "views")[0]
    assert view.layout.sets == ("warp", "slice")
    assert sorted(set(table["column"])) == [0, 1, 2, 3, 4]
    own = table[(table["label"] == "1") & (table["column"] == 2)]["value"].to_numpy()
    assert own == pytest.approx(2 * series_of(0)[::-1], abs=1e-5)


def test_the_spectrogram_is_what_the_tokenizer_sees() -> None:
    for length in (31, 32):
        series = np.random.default_rng(0).normal(size=length)
        real, imaginary = STFT(length)(torch.from_numpy(series).float()[None, None])[0].double().numpy()
        assert spectrogram(series) == pytest.approx(real**2 + imaginary**2, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_their_manifests_and_tables_are_read_as_they_were_written(results: Results, name: str) -> None:
    """So that `ncvq redraw` draws the same."""
    view, table, _ = figures_of(results, name)[0]
    again = read_table(table_text(table), column_types(table))
    pd.testing.assert_frame_equal(again, table, check_dtype=False)
    document = {"view": json.loads(json.dumps(dataclasses.asdict(view)))}
    assert (view_from(document).layout, view_from(document).name) == (view.layout, view.name)


@pytest.mark.thorough
@pytest.mark.parametrize("factors", [
    {"dataset": ["D" * 60], "ssl": ["none"], "seed": [0]},
    {"learning_rate": [0.1, 0.2], "seed": [0]},
    {"dataset": ["A"], "ssl": ["byol"], "augmentations": [f"{letter * 70}" for letter in "abcde"], "seed": [0]},
], ids=["one trial", "no dataset", "long names"])  # fmt: skip
def test_any_sweep_has_pages_that_can_be_read(tmp_path: Path, factors: dict[str, list[Any]]) -> None:
    classes = tuple(f"class {place} of long names" for place in range(12))
    results = read_results(write_store(tmp_path, factors, classes), "fixture")
    for name in NAMES:
        with styled(style_named("page")):
            for view, table, shown in figures_of(results, name)[:1]:
                assert faults_of(REGISTRY[name].draw(table, view)) == []
                assert "nan" not in REGISTRY[name].caption(table, view, shown) + REGISTRY[name].alt_text(table, view)


def test_without_examples_each_figure_says_why(tmp_path: Path) -> None:
    factors: dict[str, list[Any]] = {"dataset": ["A"], "ssl": ["none"], "seed": [0]}
    old = write_grid(tmp_path / "old", factors, epochs=1)
    with pytest.raises(ReportError, match=r"^views: .*sweep fixture .*`ncvq report fixture --with-samples`"):
        write_one_figure(old, "fixture", "views", tmp_path / "out")
    results = read_results(old, "fixture")
    assert "--with-samples" in why_nothing(results, "spectra")
    assert "has samples (stages: 2)" in why_nothing(results, "samples")
    none = read_results(write_grid(tmp_path / "none", factors, change=lambda levels: {"status": "failed"}), "fixture")
    assert [REGISTRY[name].views(none, pd.DataFrame()) for name in NAMES] == [[], [], [], []]
    new = read_results(write_store(tmp_path / "new", factors, samples=False), "fixture")
    assert (
        why_nothing(new, "views") == "views: no trial of sweep fixture of which series are kept has an augmented view"
    )


def test_damage_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", {"dataset": ["A"], "ssl": ["none"], "seed": [0]})
    for path in store.rglob("examples.parquet"):
        path.write_bytes(path.read_bytes()[:-1])
    results = read_results(store, "fixture")
    (view,) = REGISTRY["separation"].views(results, pd.DataFrame())
    with pytest.raises(ReportError, match=r"examples\.parquet: damaged.*--with-samples"):
        REGISTRY["separation"].table(results_of(view, results), pd.DataFrame(), view)
