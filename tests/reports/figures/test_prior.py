"""Stage 2 in a report: curves by token embedding, and networks that are never pooled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from ncvq_core.metrics import METRICS
from reports import write_report
from reports.figures import history, prior, value
from reports.figures.history import CURVES
from reports.judges import mixed_networks
from reports.panels import PANEL_HEIGHT
from reports.provenance import provenance_warnings
from reports.read_store import Results, read_results
from reports.tables.means import summary_table

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

EMBEDDINGS = ["learned", "codebook_init", "codebook_frozen"]
VALIDATION = next(curve for curve in CURVES if curve.column == "validation_prior_loss")
FID, RECON = (next(metric for metric in METRICS if metric.name == name) for name in ("fid", "recon_time"))
NETWORKS = {"Alpha": "Alpha.ckpt 1a2b3c4d", "Beta": "trained 5e6f7a8b"}


def prior_tables(results: Results) -> dict[str, pd.DataFrame]:
    found = {view.subject: prior.table(results, pd.DataFrame(), view) for view in prior.views(results, pd.DataFrame())}
    return {dataset: table for dataset, table in found.items() if len(table)}


def cells() -> list[dict[str, Any]]:
    return [
        {"dataset": dataset, "ssl": ssl, "token_embedding": embedding, "seed": seed}
        for dataset in NETWORKS
        for ssl in ("none", "barlowtwins")
        for embedding in EMBEDDINGS
        for seed in (0, 1)
    ]


def add(writer: StoreWriter, levels: dict[str, Any], **columns: object) -> str:
    """A done trial whose numbers follow a rule: the embedding's place in EMBEDDINGS, and the seed."""
    place = EMBEDDINGS.index(levels["token_embedding"])
    trial_id = writer.add(
        levels, {"fid": 10.0 + place + levels["seed"], "is_mean": 1.5, "fcn": NETWORKS[levels["dataset"]], **columns}
    )
    common = {"trial_id": trial_id, "loss": None, "ssl_loss": None}
    losses = [(3.0 + place + levels["seed"]) / epoch for epoch in (1, 2)]
    history = [{**common, "stage": "stage1", "epoch": 1, "loss": 1.0, "validation_prior_loss": None}]
    history += [
        {**common, "stage": "stage2", "epoch": epoch, "validation_prior_loss": loss, "prior_loss": loss}
        for epoch, loss in enumerate(losses, start=1)
    ]
    writer.write_rows("history", trial_id, history)
    return trial_id


@pytest.fixture
def embeddings(writer: StoreWriter) -> StoreWriter:
    writer.factors = {
        "dataset": list(NETWORKS), "ssl": ["none", "barlowtwins"], "token_embedding": EMBEDDINGS, "seed": [0, 1]
    }  # fmt: skip
    writer.baseline = {"ssl": "none", "token_embedding": "learned"}
    return writer


@pytest.fixture
def store(embeddings: StoreWriter) -> Path:
    for levels in cells():
        add(embeddings, levels)
    return embeddings.finish()


def test_curves_of_stage_2_have_a_colour_an_embedding(store: Path) -> None:
    results = read_results(store, "fixture")
    table = history.table(results, pd.DataFrame(), history.view_of(results, VALIDATION))
    assert set(table["method"]) == set(EMBEDDINGS)
    axes = history.draw(table, history.view_of(results, VALIDATION)).axes
    assert [pair.get_title() for pair in axes] == [
        "Alpha · none", "Alpha · barlowtwins", "Beta · none", "Beta · barlowtwins"
    ]  # fmt: skip
    assert [len({line.get_color() for line in pair.lines}) for pair in axes] == [3] * 4


def test_values_stand_against_the_embedding_and_are_coloured_by_method(store: Path) -> None:
    results = read_results(store, "fixture")
    table = value.table(results, pd.DataFrame(), value.view_of(results, FID))
    assert set(table["position"]) == set(EMBEDDINGS)
    assert set(table["method"]) == {"none", "barlowtwins"}
    figure = value.draw(table, value.view_of(results, FID))
    assert len(figure.axes) == 2
    assert figure.get_figheight() > PANEL_HEIGHT + 0.9 + 0.8  # upright labels do not shrink the panels


def test_the_table_of_the_embeddings(store: Path) -> None:
    tables = prior_tables(read_results(store, "fixture"))
    assert list(tables) == ["Alpha", "Beta"]
    table = tables["Alpha"]
    assert table["part"].value_counts().to_dict() == {"validation_prior_loss": 12, "fid": 12, "is_mean": 12}
    line = table[(table["part"] == "validation_prior_loss") & (table["ssl"] == "none") & (table["epoch"] == 2)]
    assert line.set_index("method")[["n", "low", "mean", "high"]].loc["codebook_init"].tolist() == [2, 2.0, 2.25, 2.5]
    fid = table[(table["part"] == "fid") & (table["ssl"] == "none") & (table["method"] == "codebook_init")]
    assert fid["value"].tolist() == [11.0, 12.0]
    assert set(fid["mean"]) == {11.5}


def test_the_figure_of_the_embeddings(store: Path) -> None:
    results = read_results(store, "fixture")
    table = prior_tables(results)["Alpha"]
    axes = prior.draw(table, prior.views(results, pd.DataFrame())[0]).axes
    assert len(axes) == 2 * 3
    assert [len(pair.lines) for pair in axes] == [3] * 6
    assert "Network that judges: Alpha.ckpt 1a2b3c4d (Alpha)." in prior.caption(
        table, prior.views(results, pd.DataFrame())[0], results
    )


def test_epochs_are_whole_and_named_once_and_wide_intervals_are_cut(store: Path) -> None:
    results = read_results(store, "fixture")
    table = prior_tables(results)["Alpha"]
    axes = prior.draw(table, prior.views(results, pd.DataFrame())[0]).axes
    assert [pair.get_xlabel() for pair in axes] == ["", "", "", "epoch", "", ""]
    assert all(float(tick).is_integer() for tick in axes[3].get_xticks())
    low, high = axes[4].get_ylim()  # FID lies from 10 to 13, its intervals of two seeds from 4.1 to 18.9
    assert 6 < low < 10
    assert 13 < high < 17
    assert "Intervals that reach far beyond all values are cut" in prior.caption(
        table, prior.views(results, pd.DataFrame())[0], results
    )


def test_without_that_factor_there_is_no_such_figure(full_store: Path) -> None:
    assert prior_tables(read_results(full_store, "fixture")) == {}


def test_the_page_has_them_and_names_the_networks(store: Path) -> None:
    page = write_report(store, "fixture")
    assert {path.stem for path in (page.parent / "figures").glob("prior_*.png")} == {"prior_Alpha", "prior_Beta"}
    table = pd.read_csv(page.parent / "tables" / "prior_Beta.csv")
    assert set(table["dataset"]) == {"Beta"}
    assert "Network that judges: Alpha: Alpha.ckpt 1a2b3c4d, Beta: trained 5e6f7a8b." in page.read_text()


def test_judgements_of_two_networks_are_not_pooled(embeddings: StoreWriter) -> None:
    for levels in cells():
        other = levels["dataset"] == "Beta" and levels["seed"] == 1
        add(embeddings, levels, recon_time=1.0, **({"fcn": "trained 00000000"} if other else {}))
    results = read_results(embeddings.finish(), "fixture")
    assert mixed_networks(results.done) == {"Beta": ["trained 5e6f7a8b", "trained 00000000"]}
    assert set(value.table(results, pd.DataFrame(), value.view_of(results, FID))["dataset"]) == {"Alpha"}
    summary = summary_table(results, [FID, RECON])
    assert set(summary.loc[summary["metric"] == "fid", "dataset"]) == {"Alpha"}
    assert set(summary.loc[summary["metric"] == "recon_time", "dataset"]) == {"Alpha", "Beta"}
    (warning,) = provenance_warnings(results)
    assert warning.startswith("Beta: several networks judged the samples (trained 5e6f7a8b, trained 00000000), so")
