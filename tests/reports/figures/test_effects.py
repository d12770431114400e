"""The table behind the forest plot: what is claimed, nothing more, placed on pages that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from reports.claims.anchors import anchors, slug
from reports.claims.table import claims_table
from reports.figures import effects
from reports.figures.contract import SECTIONS
from reports.figures.effects_pages import PAGE_HEIGHT, axis_limits, pages, strip_height
from reports.figures.effects_words import decimal_places, number
from reports.figures.names import shortened
from reports.figures.style import style_named, styled
from tests.reports.figures.sweeps import effects_of, write_sweep

if TYPE_CHECKING:
    from tests.reports.conftest import StoreWriter

pytestmark = pytest.mark.whole

NAN = float("nan")


def test_each_claim_of_an_answered_metric_has_one_row(writer: StoreWriter) -> None:
    _, claims, [(view, table)] = effects_of(write_sweep(writer))
    answered = claims[claims["metric"].isin(["val_loss", "probe_svm"])].assign(anchor=lambda rows: anchors(claims))
    both = table.merge(answered, on="anchor", suffixes=("", "_claimed"), validate="one_to_one")
    assert len(both) == len(table) == len(answered) == 2 * 2 * 4
    for name in ("effect", "effect_low", "effect_high", "verdict", "n_blocks", "family_size", "p_adjusted"):
        pd.testing.assert_series_equal(both[name], both[f"{name}_claimed"], check_names=False)
    assert view.name == "effects"
    assert view.metrics == ("val_loss", "probe_svm")


def test_what_holds_over_datasets_comes_first_and_units_follow_the_metric(writer: StoreWriter) -> None:
    _, _, [(_, table)] = effects_of(write_sweep(writer))
    first = table[(table["level"] == "barlowtwins") & (table["metric"] == "val_loss")]
    assert first["scope"].tolist() == ["these 2 datasets", "datasets like these", "Data0", "Data1"]
    assert first["place"].tolist() == [1, 2, 3, 4]
    assert set(first["unit"]) == {"%"}
    assert first[["margin_low", "margin_high"]].iloc[0].tolist() == pytest.approx([100 / 1.05 - 100, 5.0])
    accuracy = table[table["metric"] == "probe_svm"]
    assert set(accuracy["unit"]) == {"-"}
    assert accuracy[["margin_low", "margin_high"]].iloc[0].tolist() == pytest.approx([-0.02, 0.02])
    assert accuracy["place"].tolist() == [1, 2, 3, 4, 6, 7, 8, 9]  # a heading between the levels


def test_words_are_those_of_the_claims(writer: StoreWriter) -> None:
    results, _, [(view, table)] = effects_of(write_sweep(writer, datasets=6))
    told = table.set_index("anchor")["verdict_words"]
    assert told["effect-ssl-val_loss-barlowtwins-these-datasets"] == "better"
    assert told["effect-ssl-probe_svm-barlowtwins-these-datasets"] == "equivalent"
    row = table.set_index("anchor").loc["effect-ssl-val_loss-barlowtwins-these-datasets"]
    assert row["effect_words"] == f"−{-row['effect']:.1f} [−{-row['effect_low']:.1f}, −{-row['effect_high']:.1f}]"
    assert row["blocks_words"] == "24"
    words = effects.caption(table, view, results)
    assert "ssl: val_loss 14 + 2, probe_svm 14 + 2." in words
    assert "val_loss 5 %, probe_svm 0.02" in words
    assert "not adjusted" in SECTIONS[view.section].lead
    assert "better" in effects.alt_text(table, view)


def test_anchors_are_stable_unique_and_without_spaces() -> None:
    claims = pd.DataFrame({
        "factor": "aug_recon_weight", "metric": "val_loss", "level": ["0.2", "0.2", "0.2", "a b", "a-b", "中文 $x$"],
        "question": ["these datasets", "datasets like these", *["these datasets"] * 4],
        "dataset": pd.Series([None, None, "FordA", None, None, None], dtype="str"),
    })  # fmt: skip
    found = anchors(claims).tolist()
    assert found[:3] == [
        "effect-aug_recon_weight-val_loss-0.2-these-datasets",
        "effect-aug_recon_weight-val_loss-0.2-datasets-like-these",
        "effect-aug_recon_weight-val_loss-0.2-FordA",
    ]
    assert found[3:5] == [
        "effect-aug_recon_weight-val_loss-a-b-these-datasets", "effect-aug_recon_weight-val_loss-a-b-these-datasets-2"
    ]  # fmt: skip
    assert found[5] == "effect-aug_recon_weight-val_loss-中文-x-these-datasets"
    assert slug("../a/b") == "..-a-b"


@pytest.mark.parametrize(("datasets", "levels"), [(2, 3), (13, 6), (30, 5), (130, 2)])
def test_pages_hold_every_row_once_and_fit(datasets: int, levels: int) -> None:
    names = [*(f"Data{place}" for place in range(datasets)), None, None]
    rows = [
        {"factor": factor, "metric": metric, "level": f"level{level}", "dataset": name,
         "question": "datasets like these" if place == datasets + 1 else "these datasets"}
        for factor in ("ssl", "augmentations")
        for metric in ("val_loss", "probe_svm", "fid")
        for level in range(levels)
        for place, name in enumerate(names)
    ]  # fmt: skip
    claims = pd.DataFrame(rows).astype("str").assign(dataset=pd.Series([row["dataset"] for row in rows], dtype="str"))
    laid_out = pages(claims, ["val_loss", "probe_svm", "fid", "cas"])
    shown = [
        (factor, metric, level, row)
        for page in laid_out
        for factor, metrics, parts in page.strips
        for metric in metrics
        for level, first, behind in parts
        for row in range(first, behind)
    ]
    assert len(shown) == len(set(shown)) == len(claims)
    for page in laid_out:
        assert sum(strip_height(parts) for _, _, parts in page.strips) <= PAGE_HEIGHT <= 9


@pytest.mark.thorough
def test_many_datasets_make_pages_of_at_most_twelve_by_nine_inches(writer: StoreWriter) -> None:
    _, _, found = effects_of(write_sweep(writer, datasets=40, seeds=2))
    assert [view.name for view, _ in found] == ["effects_1", "effects_2", "effects_3"]
    assert sum(len(table) for _, table in found) == 2 * 2 * 42
    view, table = found[0]
    with styled(style_named("page")):
        figure = effects.draw(table, view)
    assert figure.get_figwidth() <= 12
    assert figure.get_figheight() <= 9
    assert min(text.get_fontsize() for axes in figure.axes for text in axes.texts) >= 7


def test_axes_keep_effects_and_cut_what_reaches_far_beyond() -> None:
    columns = {"effect": [1.0, -2.0, 3.0], "effect_low": [-50.0, -3.0, 2.0], "effect_high": [52.0, 0.0, 4.0]}
    effects_seen = pd.DataFrame(columns)
    low, high = axis_limits(effects_seen, (-4.8, 5.0))
    assert -25 < low < -5
    assert 5 < high < 25
    far = effects_seen.assign(effect=[1.0, -2.0, 900.0])
    assert axis_limits(far, (-4.8, 5.0))[1] < 100
    nothing = pd.DataFrame({"effect": [NAN], "effect_low": [NAN], "effect_high": [NAN]})
    low, high = axis_limits(nothing, (NAN, NAN))
    assert low < 0 < high
    constant = pd.DataFrame({"effect": [0.0], "effect_low": [NAN], "effect_high": [NAN]})
    assert axis_limits(constant, (-0.02, 0.02)) == pytest.approx((-0.02 * 1.3 * 1.08, 0.02 * 1.3 * 1.08))
    endless = pd.DataFrame({"effect": [np.inf, 1.0], "effect_low": [NAN, 0.0], "effect_high": [np.inf, 2.0]})
    assert np.isfinite(axis_limits(endless, (NAN, NAN))).all()


def test_numbers_have_the_digits_that_tell_effects_apart() -> None:
    assert decimal_places((-20.0, 40.0), 5.0) == 1
    assert decimal_places((-0.3, 0.4), 0.02) == 3
    assert decimal_places((-20.0, 400.0), 5.0) == 0
    assert [number(value, 1) for value in (1.25, -0.01, 0.0, -12.34, NAN)] == ["+1.2", "0.0", "0.0", "−12.3", "?"]
    assert number(float("inf"), 1) == "+>10⁶"


def test_a_metric_that_means_something_else_is_not_drawn(writer: StoreWriter) -> None:
    writer.factors = {"dataset": ["Alpha"], "tokenizer": ["stft", "wavelet"], "seed": [0, 1, 2, 3]}
    writer.baseline = {}
    for tokenizer in ("stft", "wavelet"):
        for seed in range(4):
            accuracy = 0.9 + 0.01 * seed + 0.001 * (tokenizer == "stft")
            levels = {"dataset": "Alpha", "tokenizer": tokenizer, "seed": seed}
            writer.add(levels, {"val_loss": 1.0 + seed, "probe_svm": accuracy})
    results, _, [(view, table)] = effects_of(writer.finish())
    losses = table[table["metric"] == "val_loss"]
    assert set(losses["verdict"]) == {"cannot be said"}
    with styled(style_named("page")):
        texts = [text.get_text() for axes in effects.draw(table, view).axes for text in axes.texts]
    (said,) = (text for text in texts if "does not mean the same" in text)
    assert "tokenizer" in said
    assert "recon_time" in said
    assert "nothing is compared" in effects.caption(table, view, results)


def test_a_page_says_why_it_has_no_effects(writer: StoreWriter) -> None:
    results, claims, found = effects_of(write_sweep(writer, methods=["none"]))
    assert found == []
    assert "nothing but dataset and seed varies" in effects.why_none(results, claims)


def test_long_names_are_shortened_and_stay_apart() -> None:
    long = ["a" * 40 + tail + "z" * 39 for tail in ("1", "2")]
    short = shortened([*long, "short", "中文" * 20], 25)
    assert short["short"] == "short"
    assert len(set(short.values())) == 4
    assert all(len(name) <= 25 for name in short.values())
    assert short["中文" * 20] == "中文中文中文…中文中文中文"


def test_claims_are_not_computed_by_the_figure(writer: StoreWriter) -> None:
    results, claims, [(view, _)] = effects_of(write_sweep(writer))
    other = claims.assign(verdict="undecided", reason="not shown")
    assert set(effects.table(results, other, view)["verdict_words"]) == {"undecided", "undecided*"}
    assert set(claims_table(results)["verdict"]) != {"undecided"}
