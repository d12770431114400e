"""What does not mean the same across a factor is not drawn beside each other, and the page says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ncvq_core.metrics import metrics_by_name
from reports.comparable import comparability_notes, factors_it_differs_across
from reports.read_store import read_results

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reports.conftest import StoreWriter

import pytest

pytestmark = pytest.mark.whole


def test_losses_of_different_views_are_not_drawn_together(reported: Path) -> None:
    results = read_results(reported, "fixture")
    assert factors_it_differs_across(results, metrics_by_name()["ssl_loss"]) == ["augmentations"]
    words = "ssl_loss is not drawn: it does not mean the same across augmentations. Look at probe_svm or probe_knn."
    assert comparability_notes(results) == [words]
    page = reported / "reports" / "fixture" / "index.html"
    assert words in page.read_text(encoding="utf-8")
    assert not (page.parent / "figures" / "value_ssl_loss.png").exists()


def test_a_loss_of_tokenizers_is_drawn_where_there_is_one(writer: StoreWriter, cells: list[dict[str, Any]]) -> None:
    writer.factors = {"ssl": ["none"], "tokenizer": ["stft", "wavelet"], "seed": [0]}
    for tokenizer in ("stft", "wavelet"):
        writer.add_done({**cells[0], "tokenizer": tokenizer}, val_loss=1.0)
    results = read_results(writer.finish(), "fixture")
    assert factors_it_differs_across(results, metrics_by_name()["val_loss"]) == ["tokenizer"]
    assert factors_it_differs_across(results, metrics_by_name()["recon_time"]) == []
    writer.factors["tokenizer"] = ["stft"]
    results = read_results(writer.finish(), "fixture")
    assert factors_it_differs_across(results, metrics_by_name()["val_loss"]) == []
