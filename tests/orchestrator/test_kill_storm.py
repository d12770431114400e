"""A small kill storm; `benchmarks/kill_storm.py` has the large one."""

from pathlib import Path

import pytest

from benchmarks.kill_storm import KINDS, rage


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
def test_every_cell_is_there_once_with_the_same_bits_after_kills_of_each_kind(tmp_path: Path) -> None:
    told: list[str] = []
    storm = rage(tmp_path, list(KINDS), seed=1, log=told.append)
    assert storm.kills == len(KINDS)
    assert storm.lost.keys() == set(KINDS)
    assert "6 cells, each once, the same bits" in told[-1]
