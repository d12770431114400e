"""What is odd about a dataset is noted, and nothing is noted where nothing is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ncvq_core.data import load_dataset

Notes = Callable[..., tuple[str, ...]]
NUMBERS = np.random.default_rng(0).normal(size=(40, 12)).round(4)


def line(number: int, label: object = None) -> str:
    return "\t".join([str(1 + number % 2 if label is None else label), *map(str, NUMBERS[number])])


TRAIN = [line(number) for number in range(10)]
TEST = [line(number) for number in range(10, 16)]


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    def load(train: list[str], test: list[str] | None = None, *, end: str = "\n") -> tuple[str, ...]:
        for part, lines in (("TRAIN", train), ("TEST", TEST if test is None else test)):
            file = tmp_path / "Mine" / f"Mine_{part}.tsv"
            file.parent.mkdir(exist_ok=True)
            file.write_text("\n".join(lines) + (end if part == "TRAIN" else "\n"))
        return load_dataset("Mine", tmp_path).notes

    return load


def test_nothing_is_noted_of_ordinary_data(notes: Notes) -> None:
    assert notes(TRAIN) == ()
    assert notes(TRAIN, end="") == ()


def test_constant_series_are_counted(notes: Notes) -> None:
    constant = ["1" + "\t7.5" * 12, "2" + "\t8" * 11 + "\tNaN"]
    assert notes([*TRAIN, constant[0]]) == ("1 series is constant",)
    assert notes([*TRAIN, *constant], [*TEST, "1" + "\t0" * 12])[-1] == "3 series are constant"


def test_constant_train_is_noted(notes: Notes) -> None:
    constant = [f"{label}" + "\t0.1" * 12 for label in (1, 2, 1, 2)]
    assert notes(constant) == ("TRAIN is constant: there is nothing to learn",)


def test_constant_channels_are_noted(tmp_path: Path) -> None:
    rows = "".join(f"{','.join(map(str, NUMBERS[number]))}:{','.join(['4'] * 12)}:a\n" for number in range(4))
    (tmp_path / "Mine").mkdir()
    for part in ("TRAIN", "TEST"):
        (tmp_path / "Mine" / f"Mine_{part}.ts").write_text("@univariate false\n@classLabel true a\n@data\n" + rows)
    assert load_dataset("Mine", tmp_path).notes == (
        "channels that are constant in TRAIN: 2",
        "4 series of TEST are in TRAIN, too",
        "all series are of one class",
    )


def test_one_class_is_noted(notes: Notes) -> None:
    one = [[f"3{each[1:]}" for each in lines] for lines in (TRAIN, TEST)]
    assert notes(*one) == ("all series are of one class",)


def test_test_series_that_are_in_train_are_counted(notes: Notes) -> None:
    assert notes(TRAIN, [*TEST, TRAIN[3]]) == ("1 series of TEST is in TRAIN, too",)
    again = [TRAIN[3], TRAIN[3], "9" + TRAIN[4][1:], TRAIN[5] + "0", TRAIN[6].replace("\t-", "\t -")]
    assert "5 series of TEST are in TRAIN, too" in notes(TRAIN, [*TEST, *again])


def test_missing_values_are_alike_and_zeros_have_no_sign(notes: Notes) -> None:
    values = ["0", "nan", *map(str, NUMBERS[20][2:])]
    other = ["-0.0", "-NaN", *map(str, NUMBERS[20][2:])]
    assert "1 series of TEST is in TRAIN, too" in notes(
        [*TRAIN, "\t".join(["1", *values])], [*TEST, "\t".join(["1", *other])]
    )


@pytest.mark.parametrize(("count", "repeated", "words"), [(20, 0, "as"), (20, 4, "almost as"), (3, 0, "as")])
def test_as_many_classes_as_series_are_noted(notes: Notes, count: int, repeated: int, words: str) -> None:
    labels = [37 * number for number in range(count - repeated)] + [0] * repeated
    train = [line(number, label) for number, label in enumerate(labels)]
    test = [line(20 + number, label) for number, label in enumerate(labels)]
    found = f"({count - repeated} classes, {count} series)"
    assert notes(train, test) == (f"{words} many classes as series in TRAIN {found}: is the class the first column?",)


@pytest.mark.parametrize("labels", [[1, 2], [1, 2, 3, 3], [1, 2, 3, 4, 5] * 2])
def test_fewer_classes_than_series_are_not_noted(notes: Notes, labels: list[int]) -> None:
    train = [line(number, label) for number, label in enumerate(labels)]
    test = [line(20 + number, label) for number, label in enumerate(labels)]
    assert notes(train, test) == ()


def test_a_last_line_that_is_cut_off_is_noted(notes: Notes) -> None:
    cut = TRAIN[-1].rsplit("\t", 4)[0]
    cut_off = "the last line of Mine_TRAIN.tsv has 8 values and no line end: is the file cut off?"
    padded = "series of length 8 to 12 padded at the end to 12 with the mean"
    assert notes([*TRAIN[:-1], cut], end="") == (cut_off, padded)
    assert notes([*TRAIN[:-1], cut], end="\r\n") == (padded,)
    assert notes([cut, *TRAIN[:-1]], end="") == (padded,)


def test_a_label_cannot_part_a_note_in_two(tmp_path: Path) -> None:
    (tmp_path / "Mine").mkdir()
    for part, label in (("TRAIN", "one; two"), ("TEST", "b")):
        rows = "".join(f"{','.join(map(str, NUMBERS[number]))}:{label}\n" for number in range(3))
        (tmp_path / "Mine" / f"Mine_{part}.ts").write_text("@univariate true\n@data\n" + rows)
    assert "classes in TRAIN only: one, two" in load_dataset("Mine", tmp_path).notes
