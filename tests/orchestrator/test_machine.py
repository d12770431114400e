"""How many workers a machine has room for."""

from pathlib import Path

import pytest

from orchestrator.planning import machine
from orchestrator.planning.capacity import cpu_workers


@pytest.fixture
def small_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight cores, 10 GB of memory of which 8 GB are free, no container."""
    (tmp_path / "meminfo").write_text("MemTotal:       10000000 kB\nMemAvailable:    8000000 kB\n")
    monkeypatch.setattr(machine, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    monkeypatch.setattr(machine, "usable_cores", lambda: 8)
    return tmp_path


@pytest.mark.usefixtures("small_machine")
@pytest.mark.parametrize(
    ("threads", "gigabytes", "workers"), [(1, 0, 8), (1, 1, 8), (3, 1, 2), (1, 3, 2), (1, 30, 1), (16, 0, 1)]
)
def test_cores_and_memory_bound_the_workers(threads: int, gigabytes: int, workers: int) -> None:
    assert cpu_workers(threads, gigabytes * 10**9) == workers


def test_a_container_bounds_the_memory(small_machine: Path) -> None:
    (small_machine / "memory.max").write_text("max\n")
    assert machine.available_memory() == 8_192_000_000
    for name, text in (("max", "5000000000"), ("current", "2500000000"), ("stat", "anon 1\ninactive_file 500000000\n")):
        (small_machine / f"memory.{name}").write_text(text)
    assert machine.available_memory() == 3_000_000_000
    assert cpu_workers(1, 10**9) == 3


def test_a_system_that_does_not_say(small_machine: Path) -> None:
    (small_machine / "meminfo").unlink()
    assert machine.available_memory() is None
    assert cpu_workers(2, 10**12) == 4
