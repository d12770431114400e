"""The reader of `.ts`: as aeon reads every file that comes with it, and where aeon loses something, as written."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ncvq_core.data import Dataset, load_dataset
from ncvq_core.data.ts import TIMES_UNUSED, read_ts
from ncvq_core.errors import DataError

HEADER = (
    "@problemName Mine\n@timeStamps {times}\n@univariate {one}\n@equalLength true\n@classLabel true {classes}\n@data\n"
)
VALUES = ["-1.5", "2.5", "-3.5e-3", "+4", ".5", "6.", "-7E+02", "0"] * 2
NUMBERS = [-1.5, 2.5, -0.0035, 4, 0.5, 6, -700, 0] * 2

Read = Callable[..., Dataset]


def bundled() -> list[Path]:
    package = importlib.util.find_spec("aeon")
    assert package is not None
    assert package.origin is not None
    return sorted((Path(package.origin).parent / "datasets" / "data").rglob("*.ts"))


def text(rows: str, *, times: bool = False, one: bool = True, classes: str = "a b") -> str:
    return HEADER.format(times=times, one=one, classes=classes) + rows


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a dataset from the text of TRAIN, and of TEST where it differs."""

    def load(train: str | bytes, test: str | bytes | None = None) -> Dataset:
        for part, content in (("TRAIN", train), ("TEST", train if test is None else test)):
            file = tmp_path / "Mine" / f"Mine_{part}.ts"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_dataset("Mine", tmp_path)

    return load


def row(label: str, values: list[str] | None = None) -> str:
    return f"{','.join(values or VALUES)}:{label}\n"


def timed(label: str, form: str = "({time},{value})", between: str = ",", values: list[str] | None = None) -> str:
    pairs = (
        form.format(time=f"2020-01-01 00:00:{time:02}", value=value) for time, value in enumerate(values or VALUES)
    )
    return f"{between.join(pairs)}:{label}\n"


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.stem)
def test_every_bundled_file_is_read_as_aeon_reads_it(path: Path) -> None:
    from aeon.datasets import load_from_ts_file

    series, labels, header = load_from_ts_file(str(path), return_meta_data=True)
    if header["targetlabel"]:
        with pytest.raises(DataError, match=r"line \d+: a regression problem"):
            read_ts(path)
        return
    part = read_ts(path)
    assert len(part.series) == len(series) > 1
    for own, other in zip(part.series, series, strict=True):
        np.testing.assert_array_equal(own, other)
    assert [label.lower() for label in part.labels] == labels.tolist()


@pytest.mark.parametrize(
    ("form", "between"),
    [
        ("({time},{value})", ","),
        ("( {time} , {value} )", " , "),
        ('("{time}, a Monday",{value})', ","),
        ("('{time}',{value})\t", ","),
    ],
)
def test_values_with_timestamps_are_as_written(read: Read, form: str, between: str) -> None:
    rows = "".join(timed(label, form, between) for label in "abab")
    dataset = read(text(rows, times=True))
    np.testing.assert_array_equal(dataset.train[0, 0], np.array(NUMBERS, np.float32))
    assert dataset.classes == ("a", "b")
    assert dataset.notes[0] == TIMES_UNUSED


def test_numbers_as_timestamps_and_missing_values(read: Read) -> None:
    rows = ",".join(f"({time},{value})" for time, value in enumerate([*VALUES[:13], "?", "NaN", "nAn"]))
    dataset = read(text(f"{rows}:a\n{rows}: b \n", times=True))
    np.testing.assert_array_equal(dataset.train[1, 0], np.array([*NUMBERS[:13], *[np.nan] * 3], np.float32))


def test_channels_with_timestamps(read: Read) -> None:
    pairs = [timed("", values=values).removesuffix(":\n") for values in (VALUES, VALUES[::-1])]
    dataset = read(text(":".join(pairs) + ":a\n" + " : ".join(pairs) + " : b\n", times=True, one=False))
    assert dataset.train.shape == (2, 2, 16)
    np.testing.assert_array_equal(dataset.train[1], np.array([NUMBERS, NUMBERS[::-1]], np.float32))


@pytest.mark.parametrize(
    ("pair", "problem"),
    [
        ("(7,1.5,2.5)", "not (time,value), as @timeStamps true has it: '(7,1.5,2.5),(1,"),
        ("(Jan 1, 2020,1.5)", "not (time,value), as @timeStamps true has it: '(Jan 1, 2020,1.5),"),
        ("(,1.5)", "not (time,value), as @timeStamps true has it: '(,1.5),"),
        ("(7 1.5)", "not (time,value), as @timeStamps true has it: '(7 1.5),"),
        ("7,1.5", "not (time,value), as @timeStamps true has it: '7,1.5,"),
        ("(7,1.5", "not (time,value), as @timeStamps true has it: '(7,1.5,"),
        ("(7,)", "an empty cell; write NaN for a missing value"),
        ("(7,1.5.2)", "'1.5.2' is no number"),
        ("(7,1_5)", "'1_5' is no number"),
        ("(7,1.5 x)", "'1.5 x' is no number"),
        ("(7,1.5)(8,2)", "neither a comma nor a colon after (time,value): '(8,2),"),
    ],
)
def test_what_is_no_pair_is_refused(read: Read, pair: str, problem: str) -> None:
    good = timed("a")
    with pytest.raises(DataError) as caught:
        read(text(good + f"{pair},(1,2),(3,4):b\n", times=True))
    assert f"Mine_TRAIN.ts: line 8: {problem}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_of_pairs_without_a_label_is_refused(read: Read) -> None:
    with pytest.raises(DataError, match=r"line 8: class labels are missing"):
        read(text(timed("a") + timed("b").replace(":b", ""), times=True))


def test_labels_keep_their_case_and_lose_spaces_around(read: Read) -> None:
    rows = row("Walking") + row(" Banana ") + row("walking") + row("\tWalking")
    dataset = read(text(rows, classes="Walking Banana walking"), text(row("Banana"), classes="Banana"))
    assert dataset.classes == ("Banana", "Walking", "walking")
    assert dataset.train_labels.tolist() == [1, 0, 2, 1]


def test_numbers_as_labels_are_compared_by_value(read: Read) -> None:
    rows = row("1") + row("1.0") + row("01") + row("1e1")
    dataset = read(text(rows, classes="1 10"), text(row("10"), classes="10.0"))
    assert dataset.classes == ("1", "10")
    assert dataset.train_labels.tolist() == [0, 0, 0, 1]


def test_a_label_stays_as_written(read: Read) -> None:
    dataset = read(text(row("1.0") + row("02.50"), classes="1.0 2.5"))
    assert dataset.classes == ("1.0", "02.50")
    assert [dataset.class_index(label) for label in ("1", "2.5", "1.0", "3", "a")] == [0, 1, 0, None, None]


def test_without_class_names_in_the_header_labels_are_taken_as_they_are(read: Read) -> None:
    header = text("").replace("@classLabel true a b\n", "")
    assert read(header + row("one of them") + row("b")).classes == ("b", "one of them")
    with pytest.raises(DataError, match=r"line 6: class labels are missing"):
        read(header + row("").replace(":", ""))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_blank_lines_comments_and_marks_are_left_out(read: Read, line_end: str) -> None:
    lines = [
        "# before",
        "",
        *text("").splitlines(),
        "",
        "# first",
        row("a").strip(),
        "   ",
        "% middle",
        row("b").strip(),
    ]
    content = line_end.join([*lines, "\t# end", "", ""])
    dataset = read(b"\xef\xbb\xbf" + content.encode())
    assert dataset.train.shape == (2, 1, 16)
    assert dataset.classes == ("a", "b")


def test_tags_in_any_case_and_with_any_spaces(read: Read) -> None:
    content = text(row("a") + row("b"))
    other = content.replace("@univariate True", "  @UNIVARIATE\tTRUE ").replace("@data", "@DATA ")
    assert (
        read(content).checksum() == read(other.replace("@classLabel true a b", "@classlabel  True  a a  b")).checksum()
    )


def test_series_of_unequal_length_are_padded_where_the_header_does_not_forbid_it(read: Read) -> None:
    rows = row("a") + row("b", VALUES[:10])
    for header in (
        text("").replace("equalLength true", "equalLength false"),
        text("").replace("@equalLength true\n", ""),
    ):
        dataset = read(header + rows)
        assert dataset.train.shape == (2, 1, 16)
        assert np.isnan(dataset.train[1, 0]).sum() == 6


def test_another_length_than_the_header_says_is_noted(read: Read) -> None:
    dataset = read(text(row("a") + row("b")).replace("@data", "@seriesLength 20\n@data"))
    assert "Mine_TRAIN.ts says @seriesLength 20, its series have 16 values" in dataset.notes
