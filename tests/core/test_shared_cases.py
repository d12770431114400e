"""Small inputs that went wrong, with the right values: written here, and as they lie beside the repository."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.data.ts import TIMES_UNUSED
from ncvq_core.errors import DataError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "cases"
HEADER = (
    "@problemName Case\n@timeStamps {times}\n@univariate {one}\n@equalLength true\n@classLabel true {classes}\n@data\n"
)
SINE = np.sin(np.arange(32) * 0.5)
REST = [2.52, 2.92, 2.99, 2.73, 2.17, 1.37, 0.42, -0.57, -1.5, -2.27, -2.79, -3, -2.88, -2.44, -1.73, -0.84, 0.15]


def starts(*values: float) -> Callable[[Dataset], None]:
    def check(dataset: Dataset) -> None:
        for part in (dataset.train, dataset.test):
            np.testing.assert_array_equal(part[0, 0, : len(values)], np.array(values, np.float32))
        assert dataset.classes == ("a", "b")
        assert TIMES_UNUSED in dataset.notes

    return check


def has_classes(*classes: str) -> Callable[[Dataset], None]:
    def check(dataset: Dataset) -> None:
        assert dataset.classes == classes
        assert set(dataset.train_labels.tolist()) == set(dataset.test_labels.tolist()) == set(range(len(classes)))

    return check


def is_scaled(dataset: Dataset) -> None:
    """Each series has as many distinct values as in the file, and each channel a standard deviation of 1."""
    scaled = Scaling.of(dataset.train).apply(dataset.train)
    np.testing.assert_allclose(scaled.astype(np.float64).std(axis=(0, 2)), 1, rtol=1e-6)
    np.testing.assert_allclose(scaled.astype(np.float64).mean(axis=(0, 2)), 0, atol=1e-6)
    exact = (dataset.train - dataset.train.mean(axis=(0, 2), keepdims=True, dtype=np.float64)) / dataset.train.std(
        axis=(0, 2), keepdims=True, dtype=np.float64
    )
    assert np.abs(scaled - exact).max() < 1e-6
    assert {len(np.unique(series)) for series in scaled[:, 0]} == {dataset.length}
    assert dataset.numerics_version == 2


def is_noted(words: str) -> Callable[[Dataset], None]:
    def check(dataset: Dataset) -> None:
        assert any(words in note for note in dataset.notes)

    return check


CHECKS: dict[str, Callable[[Dataset], None] | str] = {
    "TimestampSign": starts(-1.5, 2.5, -3.5),
    "TimestampExponent": starts(1.5e-3, -250, 4.5),
    "TimestampDate": starts(-0.0543, 0.98),
    "TimestampAllIntegers": starts(-3, -2, -1, 0, 1),
    "LabelsWithCase": has_classes("Banana", "Walking"),
    "LabelSpaces": has_classes("a", "b"),
    "BlankLine": has_classes("a", "b"),
    "TwoUnits": is_scaled,
    "LargeOffset": is_scaled,
    "Huge": is_scaled,
    "Tiny": is_scaled,
    "Bom": has_classes("1", "2"),
    "TrailingTab": "TrailingTab_TRAIN.tsv: line 1: an empty cell; write NaN for a missing value, or remove the tab",
    "Underscore": "Underscore_TRAIN.tsv: line 1: the first column must be a class, a whole number, not 1_0",
    "LabelLast": is_noted("as many classes as series in TRAIN (20 classes, 20 series): is the class the first column?"),
    "TestIsTrain": is_noted("8 series of TEST are in TRAIN, too"),
}
"""What must hold of each case, or the words of its refusal."""


def pairs(values: list[float | str], date: bool = False) -> str:
    times = [f"2020-01-{day + 1:02} 00:00:00" if date else str(day) for day in range(len(values))]
    return ",".join(f"({time},{value})" for time, value in zip(times, values, strict=True))


def ts(rows: list[str], *, times: bool = False, one: bool = True, classes: str = "a b") -> str:
    labels = classes.split()
    lines = [f"{row}:{labels[number % 2]}" for number, row in enumerate(rows)]
    return HEADER.format(times=times, one=one, classes=classes) + "\n".join(lines) + "\n"


def tsv(size: float = 1, offset: float = 0, label: str = "1", digits: str = ".4f", end: str = "") -> str:
    rows = [size * np.roll(SINE, shift) + offset for shift in range(8)]
    labels = [label, *"2121212"]
    return "".join(
        f"{name}\t" + "\t".join(format(value, digits) for value in row) + f"{end}\n"
        for name, row in zip(labels, rows, strict=True)
    )


def plain(count: int = 6) -> list[str]:
    return [",".join(f"{value:.3f}" for value in np.roll(SINE, shift)) for shift in range(count)]


def two_units() -> list[str]:
    second = 50_000 + 1000 * np.cos(np.arange(32) * 1.7)
    return [
        ",".join(f"{0.1 + 0.1 * value:.4f}" for value in np.roll(SINE, shift))
        + ":"
        + ",".join(f"{value:.1f}" for value in np.roll(second, shift))
        for shift in range(8)
    ]


CASES = {
    "TimestampSign": ts([pairs([-1.5, 2.5, -3.5, *REST])] * 6, times=True),
    "TimestampExponent": ts([pairs(["1.5e-03", "-2.5E+02", 4.5, *REST])] * 6, times=True),
    "TimestampDate": ts([pairs(["-0.05430", 0.98, *REST], date=True)] * 6, times=True),
    "TimestampAllIntegers": ts([pairs([*range(-3, 4)] * 3)] * 6, times=True),
    "LabelsWithCase": ts(plain(), classes="Walking Banana"),
    "LabelSpaces": ts(plain()).replace(":", ": "),
    "BlankLine": ts(plain()) + "\n# the end\n",
    "TwoUnits": ts(two_units(), one=False),
    "LargeOffset": tsv(5, 1.7e9, digits=".3f"),
    "Huge": tsv(1e30, digits=".6e"),
    "Tiny": tsv(1e-23, digits=".6e"),
    "Bom": "\ufeff" + tsv().rstrip() + "\ufeff\n",
    "TrailingTab": tsv(end="\t"),
    "Underscore": tsv(label="1_0"),
    "LabelLast": "".join(
        "\t".join(str(37 * row + 11 * column) for column in range(16)) + f"\t{1 + row % 2}\n" for row in range(20)
    ),
    "TestIsTrain": tsv(),
}


def check(name: str, archive: Path) -> None:
    expected = CHECKS[name]
    if callable(expected):
        expected(load_dataset(name, archive))
        return
    with pytest.raises(DataError) as caught:
        load_dataset(name, archive)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", CASES)
def test_a_case_written_here(name: str, tmp_path: Path) -> None:
    suffix = ".ts" if CASES[name].startswith("@") else ".tsv"
    (tmp_path / name).mkdir()
    for part in ("TRAIN", "TEST"):
        content = CASES[name].replace(": ", ":") if (name, part) == ("LabelSpaces", "TEST") else CASES[name]
        (tmp_path / name / f"{name}_{part}{suffix}").write_text(content, encoding="utf-8")
    check(name, tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared/cases is not beside the repository")
def test_every_case_beside_the_repository() -> None:
    names = {folder.name for folder in SHARED.iterdir() if folder.is_dir()}
    assert names >= set(CHECKS)
    for name in CHECKS:
        check(name, SHARED)
