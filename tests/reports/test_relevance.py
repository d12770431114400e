"""Metrics are not compared by factors that cannot change them, and runs that trials share count once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.metrics import METRICS, Metric
from reports import write_report
from reports.figures.write import Output
from reports.read_store import Results, read_results
from reports.relevance import WITHOUT_EFFECT, is_compared, of_stage, sharing_notes
from reports.tables.means import summary_table
from tests.reports.figures.grids import figures_of

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

RECON, PRIOR, FID = (
    next(metric for metric in METRICS if metric.name == name) for name in ("recon_time", "prior_loss", "fid")
)
EMBEDDINGS, SCALES, SEEDS = ["learned", "codebook_init"], [1.0, 2.0], [0, 1]


def seeds_of(results: Results, metric: Metric) -> pd.DataFrame:
    """The small points of a metric in the figure of values."""
    tables = [table[table["track"] == metric.name] for _, table, _ in figures_of(results, "value")]
    whole = pd.concat(tables)
    return whole[whole["mark"] == "seed"]


def results_of(writer: StoreWriter, methods: list[str], first: str = "done") -> Results:
    """Trials of which four each share a tokenizer, and two each a prior; the first one ends as given."""
    factors = {"dataset": ["Alpha"], "ssl": methods, "token_embedding": EMBEDDINGS, "guidance_scale": SCALES}
    writer.factors = {**factors, "seed": SEEDS}
    writer.baseline = {"ssl": "none", "token_embedding": "learned"}
    for ssl in methods:
        for seed in SEEDS:
            for embedding in EMBEDDINGS:
                for scale in SCALES:
                    writer.add(
                        {"dataset": "Alpha", "ssl": ssl, "token_embedding": embedding, "guidance_scale": scale,
                         "seed": seed},
                        {"recon_time": 1.0 + seed, "prior_loss": 2.0 + seed, "fid": scale + seed,
                         "status": "done" if writer.cells else first},
                    )  # fmt: skip
    return read_results(writer.finish(), "fixture")


def test_settings_of_later_stages_are_those_of_the_trainer() -> None:
    prior, sampling = ({field.name for field in dataclasses.fields(part)} for part in (Stage2Config, SamplingConfig))
    expected = {"stage1": prior | sampling | {"stages"}, "stage2": sampling, "samples": set()}
    assert expected == WITHOUT_EFFECT


def test_metrics_say_which_stage_they_measure() -> None:
    assert [metric.stage for metric in (RECON, PRIOR, FID)] == ["stage1", "stage2", "samples"]


@pytest.mark.parametrize("first", ["done", "failed"])
def test_a_run_that_trials_share_counts_once(writer: StoreWriter, first: str) -> None:
    results = results_of(writer, ["none", "byol"], first)
    stage1 = seeds_of(results, RECON)
    assert len(stage1) == 2 * len(SEEDS)
    assert set(stage1["place"]) == {"none", "byol"}
    assert len(seeds_of(results, PRIOR)) == 2 * 2 * len(SEEDS)
    assert len(seeds_of(results, FID)) == 2 * 4 * len(SEEDS) - (first == "failed")
    (loss,) = [table for view, table, _ in figures_of(results, "curves") if view.subject == "loss"]
    assert set(loss["n"]) == {len(SEEDS)}


def test_means_are_those_of_single_runs(writer: StoreWriter) -> None:
    summary = summary_table(results_of(writer, ["none", "byol"]), [RECON, PRIOR, FID])
    assert summary["metric"].value_counts().to_dict() == {"recon_time": 2, "prior_loss": 4, "fid": 8}
    assert set(summary["n"]) == {len(SEEDS)}
    recon = summary[summary["metric"] == "recon_time"]
    assert recon[["token_embedding", "guidance_scale"]].isna().all(axis=None)
    assert recon["sd"].tolist() == pytest.approx([0.5**0.5] * 2)


def test_without_anything_to_compare_there_is_no_figure(writer: StoreWriter) -> None:
    results = results_of(writer, ["none"])
    assert [is_compared(results, stage) for stage in ("stage1", "stage2", "samples")] == [False, True, True]
    assert [text.split(":")[0] for text in sharing_notes(results)] == [
        "token_embedding and guidance_scale cannot change stage 1",
        "guidance_scale cannot change the prior's training",
    ]
    page = write_report(writer.root, "fixture", output=Output(formats=("png",), appendix=True))
    names = {path.stem for path in (page.parent / "figures").glob("*.png")}
    assert names == {"value_prior", "value_samples", "curves_stage1_loss", "coverage", "cost"}
    text = page.read_text(encoding="utf-8")
    assert text.count("Nothing else varies") == 1
    assert "1.50 ± 0.71" in text
    assert set(pd.read_csv(page.parent / "tables" / "summary.csv")["metric"]) == {"recon_time", "prior_loss", "fid"}


def test_a_sweep_of_stage_1_is_left_as_it_is(full_store: Path) -> None:
    results = read_results(full_store, "fixture")
    assert of_stage(results, "stage1") is results
    assert sharing_notes(results) == []
