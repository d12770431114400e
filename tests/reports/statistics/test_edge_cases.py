"""Whatever a sweep lacks, there is a table that says what cannot be said. Warnings are errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from reports.statistics import COLUMNS, MetricSpec, Options, compare
from reports.statistics.blocks import make_blocks
from reports.statistics.effects import CANNOT_SAY
from reports.statistics.gain import gain_of_pairing
from reports.statistics.interaction import contrast, spread_of_effects
from reports.statistics.means import table_of_means
from reports.statistics.pairs import make_pairs
from reports.statistics.verdicts import UNDECIDED_BECAUSE
from tests.reports.statistics.examples import LOSS, PROBE, Example, only, random_trials, ssl_sweep

pytestmark = pytest.mark.whole

Change = Callable[[pd.DataFrame], pd.DataFrame]
JUDGED = MetricSpec(name="val_loss", scale="log", margin=0.1, direction="lower", judged=True)


def with_status(status: str, rows: Callable[[pd.DataFrame], object]) -> Change:
    def change(trials: pd.DataFrame) -> pd.DataFrame:
        changed = trials.copy()
        changed.loc[rows(trials), "status"] = status  # type: ignore[index]
        return changed

    return change


def with_value(value: object) -> Change:
    return lambda trials: trials.assign(val_loss=value, probe_svm=value)


CHANGES: dict[str, Change] = {
    "as it is": lambda trials: trials,
    "one trial": lambda trials: trials.iloc[[0]],
    "one trial of a level": lambda trials: trials.iloc[[7]],
    "no trial": lambda trials: trials.iloc[:0],
    "one seed": lambda trials: trials[trials["seed"] == "0"],
    "one dataset": lambda trials: trials[trials["dataset"] == "data0"],
    "no baseline": lambda trials: trials[trials["ssl"] != "none"],
    "baseline alone": lambda trials: trials[trials["ssl"] == "none"],
    "all failed": with_status("failed", lambda trials: trials.index),
    "all missing": with_status("missing", lambda trials: trials.index),
    "half missing": with_status("missing", lambda trials: trials.index[::2]),
    "all diverged": with_status("diverged", lambda trials: trials.index),
    "one level diverging": with_status("diverged", lambda trials: trials["ssl"] == "vibcreg"),
    "baseline diverging": with_status("diverged", lambda trials: trials["ssl"] == "none"),
    "no status": lambda trials: trials.assign(status=None),
    "constant": with_value(0.5),
    "zero": with_value(0.0),
    "negative": with_value(-1.0),
    "nothing": with_value(np.nan),
    "none": with_value(None),
    "text": with_value("oops"),
    "infinite": with_value(np.inf),
    "no metric": lambda trials: trials.drop(columns=["val_loss", "probe_svm"]),
    "one infinite": lambda trials: trials.assign(val_loss=trials["val_loss"].where(trials.index != 5, np.inf)),
    "huge": lambda trials: trials.assign(
        val_loss=trials["val_loss"] * 1e307, probe_svm=(trials["probe_svm"] - 0.8) * 8e309
    ),
    "opposite ends": lambda trials: trials.assign(probe_svm=np.where(trials["ssl"] == "none", -1.7e308, 1.7e308)),
    "tiny": lambda trials: trials.assign(val_loss=trials["val_loss"] * 1e-320, probe_svm=trials["probe_svm"] * 1e-320),
    "two judges": lambda trials: trials.assign(fcn=np.where(trials["ssl"] == "none", "net-a", "net-b")),
    "two judges by seed": lambda trials: trials.assign(fcn=np.where(trials["seed"] == "0", "net-a", "net-b")),
    "no provenance": lambda trials: trials[["dataset", "ssl", "augmentations", "aug_recon_weight", "seed", "status",
                                            "val_loss", "probe_svm"]],
    "no dataset": lambda trials: trials[trials["dataset"] == "data0"].drop(columns="dataset"),
    "no factor": lambda trials: trials.drop(columns="ssl"),
    "no seed": lambda trials: trials.drop(columns="seed"),
    "no seed, half missing": lambda trials: trials.drop(columns="seed").iloc[::2],
    "no seed, one trial": lambda trials: trials.drop(columns="seed").iloc[[0]],
    "no seed, constant": lambda trials: trials.drop(columns="seed").assign(val_loss=0.5, probe_svm=0.5),
    "no seed, all failed": lambda trials: trials.drop(columns="seed").assign(status="failed"),
    "no seed, two judges": lambda trials: trials.drop(columns="seed").assign(
        fcn=np.where(trials["ssl"] == "none", "net-a", "net-b")),
    "seeds as numbers": lambda trials: trials.assign(seed=trials["seed"].astype(float)),
    "a strange index": lambda trials: trials.set_index(pd.Index([7] * len(trials))),
    "everything twice": lambda trials: pd.concat([trials, trials]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "factor", "options"),
    [(LOSS, "ssl", None), (LOSS, "aug_recon_weight", Options(partial=True)), (PROBE, "ssl", Options(pool=True))],
)
@pytest.mark.parametrize("name", CHANGES)
def test_a_table_says_what_can_be_said_and_what_not(
    name: str, metric: MetricSpec, factor: str, options: Options | None
) -> None:
    design = ssl_sweep(datasets=2, seeds=3)
    table = compare(CHANGES[name](random_trials(design)), design, metric, factor, options)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == (2 if factor == "ssl" else 1) * 4
    assert table["verdict"].notna().all()
    assert set(table["reason"].dropna()) <= CANNOT_SAY.keys() | UNDECIDED_BECAUSE.keys()
    said = table["verdict"].isin(["cannot be said", "identical", "same difference"])
    assert (table["p"].isna() == said).all()
    assert table.loc[said, "reason"].notna().all()


@pytest.mark.parametrize("name", ["two judges", "two judges by seed", "no seed, two judges"])
def test_judgements_of_two_networks_are_not_mixed(name: str) -> None:
    design = ssl_sweep(datasets=2, seeds=3)
    trials = CHANGES[name](random_trials(design))
    row = only(compare(trials, design, JUDGED, "ssl"), level="vibcreg", dataset="data0")
    pooled = only(compare(trials, design, JUDGED, "ssl", Options(pool=True)), level="vibcreg", dataset="data0")
    assert pooled["p"] > 0
    if name == "two judges by seed":
        assert (row["n_blocks"], row["n_dropped"]) == (2, 1)
        assert row["dropped"] == "data0 seed 0: left apart: judge net-a instead of judge net-b"
    else:
        assert row["reason"] == "no complete block"


@pytest.mark.parametrize("name", CHANGES)
def test_the_other_tables_say_it_too(name: str) -> None:
    design = ssl_sweep(datasets=2, seeds=3)
    trials = CHANGES[name](random_trials(design))
    blocks = make_blocks(make_pairs(trials, design, LOSS, "ssl"))
    assert contrast(blocks, ["data0"], ["data1"])["question"].isin(["these datasets", "datasets like these"]).all()
    assert spread_of_effects(blocks)["n_datasets"].ge(1).all()
    assert len(gain_of_pairing(trials, design, LOSS, "ssl")) >= 1
    assert not table_of_means(trials, design, PROBE)["best"].any()


def test_all_failed_is_named() -> None:
    design = ssl_sweep(datasets=2, seeds=3)
    table = compare(CHANGES["all failed"](random_trials(design)), design, LOSS, "ssl")
    assert set(table["verdict"]) == {"cannot be said"}
    assert set(table["reason"]) == {"no complete block"}
    assert only(table, level="vibcreg", dataset="data0")["n_dropped"] == 3


def test_a_diverging_level_is_counted() -> None:
    design = ssl_sweep(datasets=2, seeds=3)
    table = compare(CHANGES["one level diverging"](random_trials(design)), design, LOSS, "ssl")
    row = only(table, level="vibcreg", question="these datasets", dataset=None)
    assert (row["n_diverged"], row["n_ended"], row["n_diverged_reference"]) == (6, 6, 0)
    assert row["reason"] == "no complete block"
    assert only(table, level="barlowtwins", dataset="data0")["n_diverged"] == 0


def test_identical_accuracies_are_identical() -> None:
    design = ssl_sweep(datasets=2, seeds=3)
    table = compare(CHANGES["constant"](random_trials(design)), design, PROBE, "ssl")
    like = table["question"] == "datasets like these"
    assert set(table.loc[~like, "verdict"]) == {"identical"}
    assert set(table.loc[like, "verdict"]) == {"identical"}


def test_a_factor_of_one_level_has_nothing_to_compare() -> None:
    design = Example(factors={"dataset": ["data0"], "ssl": ["none"], "seed": ["0"]})
    table = compare(random_trials(design), design, LOSS, "ssl")
    assert table.empty
    assert tuple(table.columns) == COLUMNS
    assert compare(random_trials(design), design, LOSS, "unknown").empty


def test_text_of_users_is_only_text() -> None:
    design = Example(factors={"dataset": ["$x", "<b>"], "variant": ["a\n$", "%s{}"], "seed": ["0", "1"]})
    table = compare(random_trials(design), design, LOSS, "variant")
    assert table["level"].unique().tolist() == ["%s{}"]
    assert table["dataset"].dropna().tolist() == ["$x", "<b>"]
