"""Every bad input gives one line that names the dataset or the file, and no warning (warnings are errors here)."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ncvq_core.data import list_datasets, load_dataset
from ncvq_core.errors import ConfigError, DataError, NcvqError

Write = Callable[..., Path]
GOOD = "".join(f"{label}\t" + "\t".join(map(str, range(20))) + "\n" for label in (1, 2, 1, 2))
ONE_COLUMN = "one column only; write label, tab, values, not "
ONE = GOOD.splitlines(keepends=True)[0]


def message(error: type[NcvqError], name: str, archive: Path | None) -> str:
    with pytest.raises(error) as caught:
        load_dataset(name, archive)
    text = str(caught.value)
    assert "\n" not in text
    return text


def store(archive: Path, train: str | bytes, test: str | bytes, suffix: str = ".tsv") -> None:
    folder = archive / "Bad"
    folder.mkdir()
    for part, content in (("TRAIN", train), ("TEST", test)):
        (folder / f"Bad_{part}{suffix}").write_bytes(content if isinstance(content, bytes) else content.encode())


BAD_CONTENT: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "Bad_TRAIN.tsv: the file is empty"),
    "blank lines only": ("\n\n", "Bad_TRAIN.tsv: no series in the file"),
    "text": ("this is no dataset\n", f"Bad_TRAIN.tsv: line 1: {ONE_COLUMN}'this is no dataset'"),
    "bytes": (bytes(range(128, 256)), "Bad_TRAIN.tsv: cannot be read: 'utf-8' codec can't decode"),
    "commas": (GOOD.replace("\t", ","), f"Bad_TRAIN.tsv: line 1: {ONE_COLUMN}'1,0,1,2,3"),
    "a word among numbers": (GOOD.replace("\t7\t", "\tseven\t", 1), "Bad_TRAIN.tsv: line 1: 'seven' is no number"),
    "an empty cell": (
        GOOD + ONE.replace("\t7\t", "\t\t"),
        "Bad_TRAIN.tsv: line 5: an empty cell; write NaN for a missing value",
    ),
    "a tab at the end": (
        ONE.replace("\n", "\t\n"),
        "Bad_TRAIN.tsv: line 1: an empty cell; write NaN for a missing value, or remove the tab at the end of the line",
    ),
    "tabs at the end": (
        GOOD + ONE.replace("\n", "\t\t\n"),
        "Bad_TRAIN.tsv: line 5: an empty cell; write NaN for a missing value, or remove the tab at the end of the line",
    ),
    "no label column": (
        GOOD.replace("\t7\t", "\t7.5\t").replace("1\t", "1.5\t", 1),
        "Bad_TRAIN.tsv: line 1: the first column must be a class, a whole number, not 1.5",
    ),
    "one column": ("1\n2\n1\n", "Bad_TRAIN.tsv: line 1: one column only; write label, tab, values"),
    "a label alone": (GOOD + "\n1\n", "Bad_TRAIN.tsv: line 6: one column only; write label, tab, values"),
    "no label": (
        GOOD + "NaN\t" + ONE.split("\t", 1)[1],
        "Bad_TRAIN.tsv: line 5: the first column must be a class, a whole number, not NaN",
    ),
    "a digit of another script": (GOOD.replace("\t7\t", "\t٧\t", 1), "Bad_TRAIN.tsv: line 1: '٧' is no number"),
    "an underscore": (GOOD.replace("\t7\t", "\t7_0\t", 1), "Bad_TRAIN.tsv: line 1: '7_0' is no number"),
    "a hexadecimal number": (GOOD.replace("\t7\t", "\t0x7\t", 1), "Bad_TRAIN.tsv: line 1: '0x7' is no number"),
    "a decimal comma": (GOOD.replace("\t7\t", "\t7,5\t", 1), "Bad_TRAIN.tsv: line 1: '7,5' is no number"),
    "two numbers in a cell": (GOOD.replace("\t7\t", "\t7 8\t", 1), "Bad_TRAIN.tsv: line 1: '7 8' is no number"),
    "an underscore in a label": (
        GOOD + ONE.replace("1\t", "1_0\t", 1),
        "Bad_TRAIN.tsv: line 5: the first column must be a class, a whole number, not 1_0",
    ),
    "a label of another script": (GOOD + ONE.replace("1\t", "١\t", 1), "line 5: the first column must be a class"),
    "an infinite label": (GOOD + ONE.replace("1\t", " inf\t", 1), "a class, a whole number, not inf"),
    "an endless label": (GOOD + ONE.replace("1\t", "1e999\t", 1), "a class, a whole number, not 1e999"),
    "a tab at the start": (
        GOOD + "\t" + ONE,
        "line 5: the first column must be a class, a whole number, not an",
    ),
    "UTF-16": (GOOD.encode("utf-16"), "Bad_TRAIN.tsv: line 1: text in UTF-16 or UTF-32; save it as UTF-8"),
    "UTF-32": (GOOD.encode("utf-32"), "Bad_TRAIN.tsv: line 1: text in UTF-16 or UTF-32; save it as UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "Bad_TRAIN.tsv: line 1: a NUL character"),
    "a NUL": (GOOD.replace("2\t0", "2\t\0", 1), "Bad_TRAIN.tsv: line 2: a NUL character"),
    "gzip": (gzip.compress(GOOD.encode()), "Bad_TRAIN.tsv: line 1: a gzip file; unpack it first"),
    "Latin-1": ((GOOD + "é").encode("latin-1"), "Bad_TRAIN.tsv: cannot be read: 'utf-8' codec can't decode"),
    "cut off in a number": (
        GOOD + "1\t2\t-",
        "line 5: '-' is no number (the last line, without a line end: is the file cut off?)",
    ),
    "infinite": (GOOD.replace("\t7\t", "\tinf\t", 1), "Bad_TRAIN.tsv: line 1: an infinite value, 'inf'"),
    "minus infinite": (
        GOOD.replace("\t7\t", "\t-Infinity\t", 2),
        "Bad_TRAIN.tsv: line 1: an infinite value, '-Infinity'; write NaN for a missing one",
    ),
    "too large": (GOOD.replace("\t7\t", "\t1e300\t", 1), "Bad_TRAIN.tsv: line 1: '1e300' is too large: values go up"),
    "too large for float64": (GOOD.replace("\t7\t", "\t-1e999\t", 1), "line 1: '-1e999' is too large"),
    "too small for float64": (GOOD.replace("\t7\t", "\t1e-999\t", 1), "line 1: '1e-999' is too small to be told"),
    "too small to be scaled": (
        "".join(f"{label}\t" + "\t".join(f"{value}e-160" for value in range(20)) + "\n" for label in (1, 2)),
        "Bad: the values of TRAIN differ by less than 1e-150; multiply them by a constant",
    ),
    "one series": (ONE, "Bad: TRAIN has 1 series, at least 2 are needed"),
    "missing values only": ("1" + "\tNaN" * 20 + "\n2" + "\tNaN" * 20 + "\n", "Bad: TRAIN holds missing values only"),
}


@pytest.mark.parametrize("case", BAD_CONTENT)
def test_bad_training_file(tmp_path: Path, case: str) -> None:
    content, expected = BAD_CONTENT[case]
    store(tmp_path, content, GOOD)
    text = message(DataError, "Bad", tmp_path)
    assert expected in text
    assert len(text) < len(str(tmp_path)) + 200


@pytest.mark.parametrize("case", ["empty", "text", "infinite", "one column"])
def test_bad_test_file(tmp_path: Path, case: str) -> None:
    content, expected = BAD_CONTENT[case]
    store(tmp_path, GOOD, content)
    assert expected.replace("TRAIN", "TEST") in message(DataError, "Bad", tmp_path)


@pytest.mark.parametrize("length", [1, 7])
def test_short_series(tmp_path: Path, write_tsv: Write, length: int) -> None:
    rows: list[list[Any]] = [[1, *range(length)], [2, *range(length)]]
    for part in ("TRAIN", "TEST"):
        write_tsv(tmp_path, "Bad", part, rows)
    assert message(DataError, "Bad", tmp_path) == (
        f"Bad: series of length {length}, at least 8 are needed "
        f"(read from {tmp_path / 'Bad' / 'Bad_TRAIN.tsv'} and Bad_TEST.tsv)"
    )


@pytest.mark.parametrize(("present", "absent"), [("TRAIN", "TEST"), ("TEST", "TRAIN")])
def test_one_of_two_files(tmp_path: Path, present: str, absent: str) -> None:
    store(tmp_path, GOOD, GOOD)
    (tmp_path / "Bad" / f"Bad_{absent}.tsv").unlink()
    text = message(DataError, "Bad", tmp_path)
    assert text.startswith(f"Bad: only Bad_{present}.tsv in ")
    assert f"Bad_{absent}" in text


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    store(tmp_path, GOOD, GOOD)
    (tmp_path / "Bad" / "Bad_TEST.tsv").unlink()
    (tmp_path / "Bad" / "Bad_TEST.tsv").mkdir()
    expected = f"Bad: only Bad_TRAIN.tsv in {tmp_path / 'Bad'}; Bad_TRAIN and Bad_TEST are both needed"
    assert message(DataError, "Bad", tmp_path) == expected


OTHER_LAYOUTS = {
    "the dataset's folder as archive": ("archive/Mine", "archive/Mine/Mine_TRAIN.tsv"),
    "files in the archive itself": ("archive", "archive/Mine_TRAIN.tsv"),
    "comma-separated": ("archive", "archive/Mine/Mine_TRAIN.csv"),
    "a folder of another name": ("archive", "archive/mine/Mine_TRAIN.ts"),
    "the folder above the archive": (".", "./archive/Mine/Mine_TRAIN.tsv"),
}


@pytest.mark.parametrize("case", OTHER_LAYOUTS)
def test_another_layout_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    archive, train = OTHER_LAYOUTS[case]
    monkeypatch.chdir(tmp_path)
    Path(train).parent.mkdir(parents=True)
    for part in ("TRAIN", "TEST"):
        Path(train.replace("TRAIN", part)).write_text(GOOD)
    assert message(DataError, "Mine", Path(archive)) == (
        f"Mine: found {Path(train)}, but --data-dir or NCVQ_DATA must name a folder that holds "
        f"Mine/Mine_TRAIN.tsv and Mine/Mine_TEST.tsv, or both as .ts; it is {archive}"
    )


def test_a_folder_with_files_of_another_name_is_named(tmp_path: Path) -> None:
    store(tmp_path, GOOD, GOOD)
    (tmp_path / "Bad").rename(tmp_path / "Mine")
    assert message(DataError, "Mine", tmp_path).startswith(f"Mine: found {tmp_path / 'Mine'}, but --data-dir or ")


def test_missing_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "nowhere"
    assert message(DataError, "GunPoint", missing).startswith(f"{missing}: no such folder; ")
    monkeypatch.setenv("NCVQ_DATA", str(missing))
    assert message(DataError, "GunPoint", None).startswith(f"{missing}: no such folder; ")
    with pytest.raises(DataError):
        list_datasets()


def test_unknown_dataset_lists_the_valid_ones_nearest_first(tmp_path: Path) -> None:
    store(tmp_path, GOOD, GOOD)
    text = message(ConfigError, "GunPiont", tmp_path)
    assert text.startswith("unknown dataset 'GunPiont' (did you mean 'GunPoint'?); valid: GunPoint, ")
    assert ", Bad, " in text


@pytest.mark.parametrize("name", ["", ".", "..", "../GunPoint", "GunPoint/", "Gun*", "a[b", "/", "~"])
def test_names_that_are_no_plain_folder_names_are_unknown(tmp_path: Path, name: str) -> None:
    assert message(ConfigError, name, tmp_path).startswith(f"unknown dataset {name!r}")


def test_a_path_is_no_name(tmp_path: Path) -> None:
    store(tmp_path, GOOD, GOOD)
    assert message(ConfigError, str(tmp_path / "Bad"), tmp_path).startswith("unknown dataset ")


def test_good_files_next_to_the_bad_ones_above_load(tmp_path: Path) -> None:
    store(tmp_path, GOOD, GOOD)
    assert load_dataset("Bad", tmp_path).train.shape == (4, 1, 20)
