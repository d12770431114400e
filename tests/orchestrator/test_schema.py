"""The schemas are written out: what they hold is what the core measures, and it changes with the version alone."""

import dataclasses
import hashlib
import typing

import pyarrow as pa
import pytest

from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.metrics import METRICS as TABLE
from ncvq_core.settings import value_type
from ncvq_core.stages.prior.run import PRIOR_METRICS
from ncvq_core.stages.prior.trainer import Stage2Trainer
from ncvq_core.stages.registry import KINDS
from ncvq_core.stages.samples.run import SAMPLE_METRICS
from ncvq_core.stages.tokenizer.run import EVALUATED as EVALUATED_IN_CORE
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from orchestrator.store.schema import (
    HISTORY_TABLE,
    METRICS,
    SCHEMA_VERSION,
    SETTINGS,
    TRIALS,
    conform,
    table,
)
from orchestrator.store.stages import OWN_NAMES

FROZEN = {3: "e0b6689f7f1f"}
"""Digest of both schemas, by version; those of earlier versions stay."""


def digest() -> str:
    text = "\n".join(f"{field.name} {field.type}" for schema in (TRIALS, HISTORY_TABLE) for field in schema)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def test_a_changed_schema_is_another_version() -> None:
    assert FROZEN.get(SCHEMA_VERSION) == digest(), (
        "columns changed in orchestrator/store/schema.py: raise SCHEMA_VERSION there, let store/upgrade.py "
        f"bring older stores up to date, and add {SCHEMA_VERSION + 1}: {digest()!r} to FROZEN in {__file__}"
    )
    assert max(FROZEN) == SCHEMA_VERSION


def test_every_metric_of_the_core_has_a_column_and_no_other_is_there() -> None:
    assert (*EVALUATED_IN_CORE, *PRIOR_METRICS, *SAMPLE_METRICS) == METRICS
    assert {name.removesuffix("_seconds") for name in TRIALS.names if name.endswith("_seconds")} == set(OWN_NAMES)


def test_every_column_of_the_history_is_filled_and_no_other_is_there() -> None:
    along_the_way = {f"validation_{name}" for name in (*EVALUATED_IN_CORE, "prior_loss")}
    filled = {*Stage1Trainer.history_columns, *Stage2Trainer.history_columns, *along_the_way}
    assert set(HISTORY_TABLE.names) == filled | {"trial_id", "stage", "epoch"}


def test_stages_are_named_in_order_and_measured() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    for place, kind in enumerate(KINDS):
        assert set(kind.needs) <= set(names[:place]), f"{kind.name} needs a stage that comes after it"
    assert {metric.stage for metric in TABLE} <= set(names)


@pytest.mark.parametrize("part", [Stage1Config, Stage2Config, SamplingConfig])
def test_every_setting_has_a_column_of_its_type(part: type) -> None:
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    hints = typing.get_type_hints(part)
    for field in dataclasses.fields(part):
        structured = field.name in ("ssl", "augmentations", "band_augmentations")
        assert SETTINGS[field.name] == (pa.string() if structured else kinds[value_type(hints[field.name])[0]])


def test_there_is_no_column_of_a_setting_that_is_none() -> None:
    parts = (Stage1Config, Stage2Config, SamplingConfig)
    names = {field.name for part in parts for field in dataclasses.fields(part)}
    assert set(SETTINGS) == names | {"stages"}


def test_a_table_of_an_older_schema_gets_what_it_lacks() -> None:
    older = table([{"trial_id": "a", "val_loss": 1.5}], TRIALS).drop_columns(["stages", "fid"])
    row = conform(older, TRIALS, {"stages": 1}).to_pylist()[0]
    assert (row["trial_id"], row["val_loss"], row["stages"], row["fid"]) == ("a", 1.5, 1, None)
