"""Token embeddings: the prior's loss by epoch, paired, and what its samples are worth beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from ncvq_core.metrics import metrics_by_name
from reports import write_report
from reports.figures import curves, token_embedding, value
from reports.figures.lines import DIFFERENCE, VALUE
from reports.figures.points import LINE, MEAN, SEED
from reports.judges import mixed_networks
from reports.provenance import provenance_warnings
from reports.read_store import Results, read_results
from reports.tables.means import summary_table
from tests.reports.figures.grids import figures_of, results_of_grid

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

EMBEDDINGS = ["learned", "codebook_init", "codebook_frozen"]
FID, RECON = (metrics_by_name()[name] for name in ("fid", "recon_time"))
NETWORKS = {"Alpha": "Alpha.ckpt 1a2b3c4d", "Beta": "trained 5e6f7a8b"}


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
def results(embeddings: StoreWriter) -> Results:
    for levels in cells():
        add(embeddings, levels)
    return read_results(embeddings.finish(), "fixture")


def test_loss_is_paired_with_the_baseline_at_each_epoch(results: Results) -> None:
    ((_, table, _),) = figures_of(results, "token_embedding")
    assert list(dict.fromkeys(table["track"])) == [VALUE, DIFFERENCE, "fid", "is_mean"]
    values = table[(table["track"] == VALUE) & (table["panel"] == 0) & (table["epoch"] == 2)].set_index("series")
    assert values.loc["codebook_init", ["n", "low", "value", "high"]].tolist() == [2, 2.0, 2.25, 2.5]
    differences = table[(table["track"] == DIFFERENCE) & (table["panel"] == 0) & (table["epoch"] == 2)]
    assert set(differences["series"]) == {"codebook_init", "codebook_frozen"}
    row = differences.set_index("series").loc["codebook_frozen"]
    interval = ttest_rel(np.log([5.0, 6.0]), np.log([3.0, 4.0])).confidence_interval()
    expected = 100 * np.expm1([np.log([5 / 3, 6 / 4]).mean(), interval.low, interval.high])
    assert row[["value", "low", "high"]].tolist() == pytest.approx(expected.tolist())


def test_samples_stand_beside_with_their_seeds(results: Results) -> None:
    ((_, table, _),) = figures_of(results, "token_embedding")
    fid = table[(table["track"] == "fid") & (table["panel"] == 0) & (table["series"] == "codebook_init")]
    assert fid.loc[fid["mark"] == SEED, "value"].tolist() == [11.0, 12.0]
    assert fid.loc[fid["mark"] == MEAN, "value"].tolist() == pytest.approx([np.sqrt(11 * 12)])
    assert set(table.loc[table["mark"] == LINE, "series"]) == {"learned"}


def test_a_row_a_dataset_and_method_and_the_baseline_as_a_line(results: Results) -> None:
    ((view, table, shown),) = figures_of(results, "token_embedding")
    figure = token_embedding.draw(table, view)
    assert len(figure.axes) == 4 * 4
    rows = [figure.axes[start : start + 4] for start in range(0, 16, 4)]
    assert [row[0].get_title() for row in rows] == [
        f"{dataset}\nssl={ssl}" for dataset in NETWORKS for ssl in ("none", "barlowtwins")
    ]
    for loss, difference, fid, score in rows:
        assert len(loss.lines) == 3
        assert len(difference.lines) == 2 + 1  # and no difference
        for axes in (fid, score):
            assert [line.get_linestyle() for line in axes.lines].count("--") == 1
    assert [axes.get_xlabel() for axes in rows[-1]] == ["epoch", "epoch", "token_embedding", "token_embedding"]
    assert all(float(tick).is_integer() for tick in rows[-1][0].get_xticks())
    words = token_embedding.caption(table, view, shown)
    assert "difference from token_embedding learned (2 seeds)" in words
    assert "Network that judges: Alpha: Alpha.ckpt 1a2b3c4d, Beta: trained 5e6f7a8b." in words
    assert "share their training" not in words


def test_embeddings_that_share_their_training_are_named(tmp_path: Path) -> None:
    sweep = {"ssl": ["none"], "token_embedding": ["learned", "codebook_init", "codebook_finetuned"], "seed": [0]}
    baseline = {"token_embedding": "learned"}
    ((view, table, shown),) = figures_of(results_of_grid(tmp_path, sweep, baseline=baseline), "token_embedding")
    words = token_embedding.caption(table, view, shown)
    assert "codebook_finetuned and codebook_init share their training, so that their curves are one." in words
    assert "(1 seed)" in words


def test_curves_of_stage_2_have_a_colour_an_embedding(results: Results) -> None:
    (page,) = [page for page in figures_of(results, "curves") if page[0].subject == "validation_prior_loss"]
    view, table, _ = page
    assert set(table["series"]) == set(EMBEDDINGS)
    figure = curves.draw(table, view)
    assert [len({line.get_color() for line in axes.lines}) for axes in figure.axes[::2]] == [3] * 4


def test_values_stand_against_the_embedding_and_are_coloured_by_method(results: Results) -> None:
    (page,) = [page for page in figures_of(results, "value") if "fid" in page[0].metrics]
    view, table, _ = page
    assert set(table["place"].dropna()) == set(EMBEDDINGS)
    assert set(table["series"]) == {"none", "barlowtwins"}
    assert value.draw(table, view).get_figheight() > 1.7 * 2 + 0.8  # upright labels do not shrink the panels


def test_nothing_is_averaged_but_seeds(tmp_path: Path) -> None:
    sweep: dict[str, list[Any]] = {
        "dataset": ["Alpha", "Beta"], "ssl": ["none", "byol"], "augmentations": ["warp", "slice"],
        "token_embedding": EMBEDDINGS, "seed": [0, 1],
    }  # fmt: skip
    results = results_of_grid(tmp_path, sweep, baseline={"ssl": "none", "token_embedding": "learned"})
    for _, table, _ in figures_of(results, "token_embedding"):
        kept = table[table["mark"] != SEED]
        assert set(kept["n"]) == {2}
        assert not kept.duplicated(["panel", "track", "series", "place", "epoch", "mark"]).any()


def test_without_that_factor_there_is_no_such_figure(full_store: Path) -> None:
    assert figures_of(read_results(full_store, "fixture"), "token_embedding") == []


def test_judgements_of_two_networks_are_not_pooled(embeddings: StoreWriter) -> None:
    for levels in cells():
        other = levels["dataset"] == "Beta" and levels["seed"] == 1
        add(embeddings, levels, recon_time=1.0, **({"fcn": "trained 00000000"} if other else {}))
    results = read_results(embeddings.finish(), "fixture")
    assert mixed_networks(results.done) == {"Beta": ["trained 5e6f7a8b", "trained 00000000"]}
    for name in ("token_embedding", "value"):
        judged = [table[table["track"] == "fid"] for _, table, _ in figures_of(results, name)]
        seeds = pd.concat(judged).query("mark == 'seed'")
        assert set(seeds["dataset"]) == {"Alpha"}
    summary = summary_table(results, [FID, RECON])
    assert set(summary.loc[summary["metric"] == "fid", "dataset"]) == {"Alpha"}
    assert set(summary.loc[summary["metric"] == "recon_time", "dataset"]) == {"Alpha", "Beta"}
    (warning,) = provenance_warnings(results)
    assert warning.startswith("Beta: several networks judged the samples (trained 5e6f7a8b, trained 00000000), so")


@pytest.mark.thorough
def test_the_page_has_it_and_names_the_networks(embeddings: StoreWriter) -> None:
    for levels in cells():
        add(embeddings, levels)
    page = write_report(embeddings.finish(), "fixture")
    assert {path.stem for path in (page.parent / "figures").glob("token_*.png")} == {"token_embedding"}
    table = pd.read_csv(page.parent / "tables" / "token_embedding.csv")
    assert set(table["dataset"]) == set(NETWORKS)
    assert "Network that judges: Alpha: Alpha.ckpt 1a2b3c4d, Beta: trained 5e6f7a8b." in page.read_text()
