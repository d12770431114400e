"""How far a host runs ahead of a GPU; events that note what happens stand for those of CUDA."""

from functools import partial

import pytest

from ncvq_core.training.graph import must_register
from ncvq_core.training.memory import is_scarce
from ncvq_core.training.pace import Pace


class Event:
    def __init__(self, told: list[tuple[str, int]], made: list["Event"]) -> None:
        self._told = told
        self._number = len(made)
        made.append(self)

    def record(self) -> None:
        self._told.append(("record", self._number))

    def synchronize(self) -> None:
        self._told.append(("wait", self._number))


@pytest.mark.parametrize("ahead", [1, 2, 3])
def test_the_host_waits_for_the_round_so_many_before(ahead: int) -> None:
    told: list[tuple[str, int]] = []
    pace = Pace(partial(Event, told, []), ahead)
    for _ in range(7):
        pace.end_round()
    rounds_open, most = 0, 0
    for what, _ in told:
        rounds_open += 1 if what == "record" else -1
        most = max(most, rounds_open)
    assert most == ahead
    assert told.count(("wait", 0)) == len(range(ahead, 7, ahead))
    assert [number for what, number in told if what == "record"] == [index % ahead for index in range(7)]


@pytest.mark.parametrize(
    ("version", "expected"), [("2.11.0", True), ("2.13.1+cu130", True), ("2.14.0", False), ("2.14.1+cpu", False)]
)
def test_a_generator_is_registered_by_torch_s_version(version: str, expected: bool) -> None:
    assert must_register(version) is expected


def test_a_gpu_s_memory_is_given_back_where_it_is_scarce() -> None:
    assert is_scarce(19, 80)
    assert not is_scarce(20, 80)
