"""Every bad `.ts` file gives one line with the file, and where it can the line number."""

from pathlib import Path

import pytest

from ncvq_core.data import load_dataset
from ncvq_core.errors import DataError
from tests.core.test_data_errors import message, store

TS_HEADER = (
    "@problemName Bad\n@timeStamps false\n@missing false\n@univariate {univariate}\n{dimensions}"
    "@equalLength true\n@seriesLength 16\n@classLabel true a b\n@data\n"
)
TS_HEADERS = {
    1: TS_HEADER.format(univariate="true", dimensions=""),
    2: TS_HEADER.format(univariate="false", dimensions="@dimensions 2\n"),
}
TS_ROW = ",".join(map(str, range(16)))
TS_GOOD = TS_HEADERS[1] + f"{TS_ROW}:a\n{TS_ROW}:b\n"

NO_LABELS = "class labels are missing; name the classes after @classLabel true, end lines in :CLASS"
FIRST = TS_HEADERS[1].count("\n") + 1
BAD_TS = {
    "no header": ("no header at all\n", "Bad_TRAIN.ts: no series in the file: it has no line @data"),
    "no series": (TS_HEADERS[1], "Bad_TRAIN.ts: no series in the file"),
    "comments only": (TS_HEADERS[1] + "# 1,2,3:a\n\n% 1:b\n", "Bad_TRAIN.ts: no series in the file"),
    "text": (TS_HEADERS[1] + f"{TS_ROW}:a\n1,two,3:b\n", f"Bad_TRAIN.ts: line {FIRST + 1}: 'two' is no number"),
    "other channels than TEST": (
        TS_HEADERS[2] + f"{TS_ROW}:{TS_ROW}:a\n{TS_ROW}:{TS_ROW}:b\n",
        "Bad: series have different numbers of channels: [1, 2]",
    ),
    "no labels": (TS_HEADERS[1] + f"{TS_ROW}\n{TS_ROW}\n", f"Bad_TRAIN.ts: line {FIRST}: {NO_LABELS}"),
    "no labels, two channels": (
        TS_HEADERS[2] + f"{TS_ROW}:{TS_ROW}\n" * 2,
        f"Bad_TRAIN.ts: line {FIRST + 1}: {NO_LABELS}",
    ),
    "no labels, as the header says": (
        TS_HEADERS[1].replace("true a b", "false") + f"{TS_ROW}\n{TS_ROW}\n",
        f"Bad_TRAIN.ts: line {FIRST - 2}: {NO_LABELS}",
    ),
    "no classes in the header": (TS_GOOD.replace("true a b", "true"), f"Bad_TRAIN.ts: line {FIRST - 2}: {NO_LABELS}"),
    "no label in a line": (TS_GOOD + f"{TS_ROW}\n", f"Bad_TRAIN.ts: line {FIRST + 2}: {NO_LABELS}"),
    "an empty label": (TS_GOOD + f"{TS_ROW}: \n", f"Bad_TRAIN.ts: line {FIRST + 2}: {NO_LABELS}"),
    "an unknown class": (
        TS_GOOD + f"{TS_ROW}:A\n",
        f"Bad_TRAIN.ts: line {FIRST + 2}: class 'A' is not among those of @classLabel: a, b",
    ),
    "regression": (
        TS_HEADERS[1].replace("@classLabel true a b", "@targetLabel true") + f"{TS_ROW}:0.5\n{TS_ROW}:1.5\n",
        f"Bad_TRAIN.ts: line {FIRST - 2}: a regression problem (@targetLabel true); series need class labels",
    ),
    "neither true nor false": (
        TS_GOOD.replace("@timeStamps false", "@timeStamps perhaps"),
        "Bad_TRAIN.ts: line 2: @timeStamps must be true or false, not 'perhaps'",
    ),
    "a tag without its value": (
        TS_GOOD.replace("@univariate true", "@univariate"),
        "Bad_TRAIN.ts: line 4: @univariate must be true or false, not ''",
    ),
    "channels in words": (
        TS_GOOD.replace("@univariate true", "@dimensions two"),
        "Bad_TRAIN.ts: line 4: @dimensions must be a whole number, not 'two'",
    ),
    "a value after @data": (TS_GOOD.replace("@data", "@data true"), f"line {FIRST - 1}: @data stands alone"),
    "more channels than univariate": (
        TS_GOOD + f"{TS_ROW}:{TS_ROW}:a\n",
        f"Bad_TRAIN.ts: line {FIRST + 2}: 2 channels, but the header says @univariate true",
    ),
    "other channels than @dimensions": (
        TS_HEADERS[2].replace("dimensions 2", "dimensions 3") + f"{TS_ROW}:{TS_ROW}:a\n",
        f"Bad_TRAIN.ts: line {FIRST + 1}: 2 channels, but the header says @dimensions 3",
    ),
    "other channels than the first series": (
        TS_HEADERS[2].replace("@dimensions 2\n", "") + f"{TS_ROW}:{TS_ROW}:a\n{TS_ROW}:b\n",
        f"Bad_TRAIN.ts: line {FIRST + 1}: 1 channels, but the first series has 2",
    ),
    "channels of unequal length": (
        TS_HEADERS[2] + f"{TS_ROW}:1,2,3:a\n",
        f"Bad_TRAIN.ts: line {FIRST + 1}: the channels of a series have different numbers of values: 16, 3",
    ),
    "series of unequal length": (
        TS_GOOD + "1,2,3:a\n",
        f"Bad_TRAIN.ts: line {FIRST + 2}: 3 values, but the first series has 16, and the header says @equalLength true",
    ),
    "a comma at the end": (TS_GOOD + f"{TS_ROW},:a\n", f"Bad_TRAIN.ts: line {FIRST + 2}: an empty cell; write NaN "),
    "cut off": (
        TS_GOOD + TS_ROW[:9],
        f"line {FIRST + 2}: {NO_LABELS} (the last line, without a line end: is the file cut off?)",
    ),
    "pairs without @timeStamps": (
        TS_GOOD + "(0,1),(1,2):a\n",
        f"line {FIRST + 2}: a parenthesis among the values; pairs (time,value) need @timeStamps true",
    ),
    "empty": ("", "Bad_TRAIN.ts: the file is empty"),
}


@pytest.mark.parametrize("case", BAD_TS)
def test_bad_ts_file(tmp_path: Path, case: str) -> None:
    content, expected = BAD_TS[case]
    store(tmp_path, content, TS_GOOD, suffix=".ts")
    assert expected in message(DataError, "Bad", tmp_path)


def test_good_files_next_to_the_bad_ones_above_load(tmp_path: Path) -> None:
    store(tmp_path, TS_GOOD, TS_GOOD, suffix=".ts")
    assert load_dataset("Bad", tmp_path).classes == ("a", "b")
