"""Class labels: which texts are one class, and in which order classes come."""

import pytest

from ncvq_core.data.labels import find_class, number_classes, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1), (" +1 ", 1), ("-1", -1), ("01", 1), ("1.0", 1), ("1.", 1), ("1.0000000e+00", 1), ("1e3", 1000),
        ("-0", 0), ("9007199254740993", 2**53 + 1), ("123456789012345678901234567890", 123456789012345678901234567890),
        ("9007199254740993.0", 2**53 + 1), ("1.5", None), ("", None), ("nan", None), ("inf", None), ("1_0", None),
        ("١", None), ("１", None), ("²", None), ("0x1", None), ("1e999", None), ("1e99999999999", None), ("1e-1", None),
        ("1 0", None), ("a", None),
    ],
)  # fmt: skip
def test_whole_numbers_are_exact(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def test_large_whole_numbers_do_not_merge() -> None:
    labels = ["9007199254740993", "9007199254740992", "9007199254740994.0"]
    classes, train, test = number_classes(labels, ["9007199254740994"])
    assert classes == ("9007199254740992", "9007199254740993", "9007199254740994")
    assert (train.tolist(), test.tolist()) == ([1, 0, 2], [2])


def test_numbers_come_first_by_value_and_texts_whatever_their_case() -> None:
    classes, _, _ = number_classes(["b", "10", "A", "-1", "nan", "a", "2.5", "1_0"], ["B", "2"])
    assert classes == ("-1", "2", "2.5", "10", "1_0", "A", "a", "B", "b", "nan")


def test_a_class_is_named_by_its_shortest_text() -> None:
    classes, train, test = number_classes(["1.00", "2.0"], ["1.0", " 2.0 "])
    assert classes == ("1.0", "2.0")
    assert (train.tolist(), test.tolist()) == ([0, 1], [0, 1])


def test_a_class_is_found_by_any_text_for_it() -> None:
    assert [find_class(label, ("1.0", "Walking")) for label in ("1", " Walking ", "walking", "1e0")] == [0, 1, None, 0]
