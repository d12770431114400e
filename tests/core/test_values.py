"""Numbers from text: whatever the text, its value to the last bit, or one line that refuses it."""

import math
import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ncvq_core.data.values import LARGEST, read_values
from ncvq_core.errors import DataError

WHERE = "file: line 3"
PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def outcome(text: str) -> float | str:
    """Return the value, or the words of the refusal."""
    try:
        return float(read_values([text], WHERE)[0])
    except DataError as error:
        return str(error)


@given(st.text(alphabet="0123456789+-.eE_ \tnaNAif?x,١", max_size=8))
@example("1_0")
@example("-nan")
@example("1e999")
@example("1e-999")
@example("0e999")
@example("0.000")
@example("−1")
@example("1 2")
@settings(max_examples=500, deadline=None)
def test_any_text_is_its_value_or_refused(text: str) -> None:
    stripped, read = text.strip(), outcome(text)
    missing = stripped.lower() in {"nan", "+nan", "-nan", "?"}
    plain = PLAIN.fullmatch(stripped)
    if isinstance(read, float):
        assert missing or plain
        assert math.isnan(read) if missing else read == float(Decimal(stripped))
        return
    assert read.startswith(f"{WHERE}: ")
    assert "\n" not in read
    assert not missing
    if plain:
        assert abs(Decimal(stripped)) > Decimal(LARGEST) or 0 < abs(Decimal(stripped)) < Decimal("1e-300")


@given(st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_what_was_written_is_read(values: list[float]) -> None:
    for form in (repr, "{:.17e}".format, "{:.16E}".format, lambda value: f" {value!r} "):
        np.testing.assert_array_equal(read_values([form(value) for value in values], WHERE), values)


@pytest.mark.parametrize("odd", ["?", "NaN", "\xa01", "\u20031.0"])
def test_one_odd_cell_changes_none_of_the_others(odd: str) -> None:
    cells = ["1.5", odd, "-2e-3", "+.5"]
    np.testing.assert_array_equal(read_values(cells, WHERE)[[0, 2, 3]], [1.5, -0.002, 0.5])


def test_an_error_quotes_the_cell_and_not_the_file() -> None:
    with pytest.raises(DataError) as caught:
        read_values(["1", "x" * 10_000], WHERE)
    assert len(str(caught.value)) < 200
