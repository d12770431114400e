"""The store keeps what kind of data its datasets are: measured once, again where it is damaged."""

from pathlib import Path

import numpy as np
import pytest

from ncvq_core.data import Dataset
from orchestrator.launching.properties import NAMES, keep_properties
from orchestrator.store import Store, StoreError
from orchestrator.store.check import check, things_to_check
from orchestrator.store.datasets import properties_by_name, properties_path, read_properties, sound_properties
from orchestrator.store.repair import repair
from reports.figures.moderators_words import PROPERTIES


@pytest.fixture
def dataset() -> Dataset:
    series = np.random.default_rng(0).normal(size=(12, 1, 16))
    labels = np.repeat([0, 1], 6)
    return Dataset(
        name="$<Invented>", train=series, train_labels=labels, test=series, test_labels=labels, classes=("a", "b")
    )


@pytest.fixture
def store(tmp_path: Path, dataset: Dataset) -> Store:
    """With the properties of that dataset."""
    made = Store(tmp_path / "store", create=True)
    keep_properties(made, [dataset])
    return made


def test_they_are_measured_once(store: Store, dataset: Dataset) -> None:
    path = properties_path(store.path, dataset.checksum())
    written = path.stat().st_mtime_ns
    keep_properties(store, [dataset])
    assert path.stat().st_mtime_ns == written
    found = read_properties(store.path, dataset.checksum())
    assert found is not None
    assert found.keys() == NAMES
    assert (found["train_series"], found["classes"]) == (12, 2)
    assert read_properties(store.path, "0" * 16) is None
    assert properties_by_name(store.path) == {"$<Invented>": found}


def test_damaged_ones_are_found_count_as_missing_and_are_measured_again(store: Store, dataset: Dataset) -> None:
    path = properties_path(store.path, dataset.checksum())
    whole = path.read_bytes()
    assert check(store).is_sound
    assert path in things_to_check(store.path)
    for damage in (whole.replace(b"12", b"13"), whole[:40], b"", b"[]"):
        path.write_bytes(damage)
        (damaged,) = check(store).damaged
        assert damaged.path == path
        assert "the next launch measures it" in damaged.cost
        assert sound_properties(store.path, dataset.checksum()) is None
        assert properties_by_name(store.path) == {}
        with pytest.raises(StoreError, match=f"datasets/{path.name}: damaged"):
            read_properties(store.path, dataset.checksum())
        keep_properties(store, [dataset])
        assert path.read_bytes() == whole
    path.write_bytes(whole[:-9])
    repair(store, check(store))
    assert not path.exists()
    assert (store.path / "damaged" / "datasets" / path.name).exists()


def test_a_report_knows_all_that_a_launch_measures() -> None:
    assert set(PROPERTIES) == NAMES
