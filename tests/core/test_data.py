"""Reading datasets: those at hand, and a local archive."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ncvq_core.data import Dataset, Scaling, list_datasets, load_dataset, locate

Write = Callable[..., Path]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "UCRArchive_2018"


def rows(count: int, length: int = 16, seed: int = 0) -> list[list[Any]]:
    values = np.random.default_rng(seed).normal(size=(count, length)).round(4)
    return [[1 + index % 2, *row] for index, row in enumerate(values.tolist())]


BUNDLED = {
    "GunPoint": ((50, 1, 150), 150, 2),
    "ItalyPowerDemand": ((67, 1, 24), 1029, 2),
    "BasicMotions": ((40, 6, 100), 40, 4),
    "JapaneseVowels": ((270, 12, 29), 370, 9),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_datasets(name: str) -> None:
    dataset = load_dataset(name)
    shape, test_series, classes = BUNDLED[name]
    assert dataset.name == name
    assert dataset.train.shape == shape
    assert dataset.test.shape == (test_series, *shape[1:])
    assert (dataset.channels, dataset.length) == shape[1:]
    assert dataset.train.dtype == dataset.test.dtype == np.float32
    assert len(dataset.classes) == classes
    for labels, count in ((dataset.train_labels, shape[0]), (dataset.test_labels, test_series)):
        assert labels.shape == (count,)
        assert labels.dtype == np.int64
        assert set(labels.tolist()) == set(range(classes))
    assert locate(name).source == "bundled"


def test_gunpoint_holds_what_the_archive_says() -> None:
    dataset = load_dataset("GunPoint")
    assert dataset.classes == ("1", "2")
    assert np.bincount(dataset.train_labels).tolist() == [24, 26]
    assert np.bincount(dataset.test_labels).tolist() == [76, 74]
    assert dataset.notes == ()
    np.testing.assert_allclose(dataset.train.mean(axis=2), 0, atol=1e-4)  # the archive normalised each series


def test_series_of_unequal_length_are_padded_and_noted() -> None:
    dataset = load_dataset("JapaneseVowels")
    assert dataset.notes == ("series of length 7 to 29 padded at the end to 29 with the mean",)
    missing = np.isnan(dataset.train)
    assert missing.any()
    assert not missing[:, :, :7].any()
    assert (missing[:, :, 1:] >= missing[:, :, :-1]).all(), "missing values come at the end only"
    scaled = Scaling.of(dataset.train).apply(dataset.train)
    assert (scaled[missing] == 0).all()


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED.parent.name}/{SHARED.name} is not beside the repository")
@pytest.mark.parametrize(("name", "train", "test"), [("FordA", (3601, 500), 1320), ("ECG5000", (500, 140), 4500)])
def test_datasets_of_the_archive(name: str, train: tuple[int, int], test: int) -> None:
    dataset = load_dataset(name, SHARED)
    assert dataset.train.shape == (train[0], 1, train[1])
    assert dataset.test.shape == (test, 1, train[1])
    assert len(dataset.classes) == {"FordA": 2, "ECG5000": 5}[name]


def test_a_local_archive_round_trips(tmp_path: Path, write_tsv: Write) -> None:
    train, test = rows(6), rows(4, seed=1)
    write_tsv(tmp_path, "Mine", "TRAIN", train)
    write_tsv(tmp_path, "Mine", "TEST", test)
    dataset = load_dataset("Mine", tmp_path)
    for series, labels, written in (
        (dataset.train, dataset.train_labels, train),
        (dataset.test, dataset.test_labels, test),
    ):
        np.testing.assert_array_equal(series[:, 0], np.array([row[1:] for row in written], dtype=np.float32))
        assert [dataset.classes[label] for label in labels] == [str(row[0]) for row in written]
    assert dataset.notes == ()
    assert locate("Mine", tmp_path).source == "local"


def test_labels_are_sorted_by_value(tmp_path: Path, write_tsv: Write) -> None:
    train = [[label, *row[1:]] for label, row in zip([10, -1, 2, 10], rows(4), strict=True)]
    write_tsv(tmp_path, "Mine", "TRAIN", train)
    write_tsv(tmp_path, "Mine", "TEST", [[3, *rows(1)[0][1:]]])
    dataset = load_dataset("Mine", tmp_path)
    assert dataset.classes == ("-1", "2", "3", "10")
    assert dataset.train_labels.tolist() == [3, 0, 1, 3]
    assert dataset.test_labels.tolist() == [2]


def test_missing_values_are_replaced_by_the_mean_of_train_and_noted(tmp_path: Path, write_tsv: Write) -> None:
    train, test = rows(4), rows(3, seed=1)
    train[1][5] = test[0][3] = test[2][1] = "NaN"
    write_tsv(tmp_path, "Mine", "TRAIN", train)
    write_tsv(tmp_path, "Mine", "TEST", test)
    dataset = load_dataset("Mine", tmp_path)
    assert dataset.notes == ("3 missing values replaced by the mean of TRAIN",)
    assert np.argwhere(np.isnan(dataset.train)).tolist() == [[1, 0, 4]]
    present = np.array([value for row in train for value in row[1:] if value != "NaN"])
    scaling = Scaling.of(dataset.train)
    assert scaling.mean == pytest.approx((present.mean(),), abs=1e-6)
    assert scaling.standard_deviation == pytest.approx((present.std(),), rel=1e-6)
    scaled = scaling.apply(dataset.train)
    assert scaled[1, 0, 4] == 0
    np.testing.assert_allclose(scaled[0, 0], (np.array(train[0][1:]) - present.mean()) / present.std(), rtol=1e-4)


def test_shorter_test_series_are_padded(tmp_path: Path, write_tsv: Write) -> None:
    write_tsv(tmp_path, "Mine", "TRAIN", rows(4, 20))
    write_tsv(tmp_path, "Mine", "TEST", rows(3, 17))
    dataset = load_dataset("Mine", tmp_path)
    assert dataset.test.shape == (3, 1, 20)
    assert np.isnan(dataset.test[:, :, 17:]).all()
    assert dataset.notes == ("series of length 17 to 20 padded at the end to 20 with the mean",)


def test_classes_that_one_file_lacks_are_noted(tmp_path: Path, write_tsv: Write) -> None:
    train, test = rows(4, 20), rows(4, 20, seed=1)
    for row, label in zip([*train, *test], [10, 2, 3, 3, 3, 4, 5, 4], strict=True):
        row[0] = label
    write_tsv(tmp_path, "Mine", "TRAIN", train)
    write_tsv(tmp_path, "Mine", "TEST", test)
    dataset = load_dataset("Mine", tmp_path)
    assert dataset.classes == ("2", "3", "4", "5", "10")
    assert dataset.notes == ("classes in TEST only, which cannot be learned: 4, 5", "classes in TRAIN only: 2, 10")


def test_shorter_lines_are_padded(tmp_path: Path, write_tsv: Write) -> None:
    ragged = [row[:length] for row, length in zip(rows(4, 20), [21, 18, 19, 21], strict=True)]
    filled = [[*row, *["NaN"] * (21 - len(row))] for row in ragged]
    for name, train in (("Ragged", ragged), ("Filled", filled)):
        write_tsv(tmp_path, name, "TRAIN", train)
        write_tsv(tmp_path, name, "TEST", rows(2, 16, seed=1))
    one, other = (load_dataset(name, tmp_path) for name in ("Ragged", "Filled"))
    assert one.checksum() == other.checksum()
    assert one.notes == other.notes == ("series of length 16 to 20 padded at the end to 20 with the mean",)


def test_series_without_values_are_noted(tmp_path: Path, write_tsv: Write) -> None:
    train, test = rows(4), rows(3, seed=1)
    for row in (train[1], test[0]):
        row[1:] = ["NaN"] * 16
    write_tsv(tmp_path, "Mine", "TRAIN", train)
    write_tsv(tmp_path, "Mine", "TEST", test)
    dataset = load_dataset("Mine", tmp_path)
    assert dataset.notes == ("2 series of missing values only, each replaced by the mean of TRAIN",)
    assert (Scaling.of(dataset.train).apply(dataset.train)[1] == 0).all()


def test_scaling_of_a_constant_series_keeps_its_scale() -> None:
    scaling = Scaling.of(np.full((3, 1, 16), 7, dtype=np.float32))
    assert scaling == Scaling(mean=(7.0,), standard_deviation=(1.0,))
    np.testing.assert_array_equal(scaling.apply(np.full((2, 1, 4), 9, dtype=np.float32)), np.full((2, 1, 4), 2))


def test_a_local_archive_comes_before_the_bundled_datasets(
    tmp_path: Path, write_tsv: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("TRAIN", "TEST"):
        write_tsv(tmp_path, "GunPoint", part, rows(4))
    assert load_dataset("GunPoint", tmp_path).train.shape == (4, 1, 16)
    assert load_dataset("GunPoint").train.shape == (50, 1, 150)
    assert load_dataset("ItalyPowerDemand", tmp_path).train.shape == (67, 1, 24)
    monkeypatch.setenv("NCVQ_DATA", str(tmp_path))
    assert load_dataset("GunPoint").train.shape == (4, 1, 16)
    assert {location.name: location.source for location in list_datasets()}["GunPoint"] == "local"


def test_datasets_are_listed_by_name() -> None:
    names = [location.name for location in list_datasets()]
    assert names == sorted(names)
    assert set(BUNDLED) <= set(names)
    for location in list_datasets():
        assert all(path.is_file() for path in location.files)


def test_files_that_changed_are_read_again(tmp_path: Path, write_tsv: Write) -> None:
    for part in ("TRAIN", "TEST"):
        write_tsv(tmp_path, "Mine", part, rows(4))
    before = load_dataset("Mine", tmp_path)
    assert load_dataset("Mine", tmp_path) is before
    write_tsv(tmp_path, "Mine", "TRAIN", rows(5))
    assert load_dataset("Mine", tmp_path).train.shape == (5, 1, 16)


def test_checksum_is_of_the_contents(tmp_path: Path, write_tsv: Write) -> None:
    for name in ("One", "Other"):
        for part in ("TRAIN", "TEST"):
            write_tsv(tmp_path, name, part, rows(4))
    one, other = load_dataset("One", tmp_path), load_dataset("Other", tmp_path)
    assert one.checksum() == other.checksum()
    assert len(one.checksum()) == 16
    changes: list[dict[str, Any]] = [
        {"train": one.train + 1e-3}, {"test": one.test + 1e-3}, {"train_labels": 1 - one.train_labels},
        {"test_labels": 1 - one.test_labels}, {"train": one.test[:3], "train_labels": one.train_labels[:3]},
    ]  # fmt: skip
    altered: list[Dataset] = [dataclasses.replace(one, **change) for change in changes]
    assert len({dataset.checksum() for dataset in (one, *altered)}) == 6
