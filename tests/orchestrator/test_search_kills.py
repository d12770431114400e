"""A search that is killed at twenty random moments loses no suggestion, and repeats none.

One trial at a time, it is the search of a launch that nobody disturbed. On Ray, where what is suggested depends on what
has ended by then, everything that a kill found in the store stays as it is to the end.
"""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.search.suggested import Suggested, suggested
from orchestrator.store import Store
from orchestrator.store.check import check
from orchestrator.store.search_results import State
from orchestrator.store.searches import Suggestion
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import Sweep
from tests.orchestrator.conftest import Launch
from tests.orchestrator.processes import PATIENCE_SECONDS, Start
from tests.orchestrator.tables import rows_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

KILLS = 20
TEXT = """\
description: a search that is killed
base: {dataset: ItalyPowerDemand, epochs: 40, channels: 8, projector_width: 16, val_fraction: 0.25, EVERY}
factors: {seed: [0, 1]}
search:
  minimize: val_loss
  budget: 16
  PRUNER
  parameters:
    ssl: [none, barlowtwins]
    aug_recon_weight: {range: [0, 0.5]}
    augmentations:
      slice: [slice_and_shuffle]
      noise: [gaussian_noise: {standard_deviation: {range: [0.01, 1.0], log: true}}]
"""


def seen(sweep: Sweep, store: Path) -> Suggested:
    assert sweep.search is not None
    return suggested(sweep, sweep.search, Store(store))


def write(folder: Path, pruner: str) -> Path:
    """Write the search: with a pruner, each trial is measured ten times."""
    file = folder / "killed.yaml"
    text = TEXT.replace("EVERY", f"evaluate_every: {4 if pruner else 40}").replace(
        "PRUNER", f"pruner: {pruner}" if pruner else ""
    )
    file.write_text(text, encoding="utf-8")
    return file


def kill_often(start: Start, store: Path, words: tuple[object, ...]) -> Iterator[None]:
    """Launch and kill, again and again, and once to the end; stops after each kill."""
    rng, landed = random.Random(0), 0
    for _ in range(KILLS):
        process = start("launch", *words)
        while process.poll() is None and not list(store.glob("running/[!.]*.json")):
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 1.0))
        landed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE_SECONDS)
        yield
    process = start("launch", *words)
    printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, printed
    assert landed >= KILLS // 2, "the others came after the end"


@pytest.mark.parametrize("pruner", ["", "asha"])
def test_twenty_kills(pruner: str, start: Start, run_here: Launch, tmp_path: Path) -> None:
    file, store = write(tmp_path, pruner), tmp_path / "killed"
    sweep = load_sweep(file)
    for _ in kill_often(start, store, (file, "--store", store, "--workers", "0")):
        pass
    assert run_here(sweep, tmp_path / "whole")[0].exit_code == 0
    killed, whole = seen(sweep, store).results, seen(sweep, tmp_path / "whole").results
    assert [each.suggestion.drawn for each in killed] == [each.suggestion.drawn for each in whole]
    assert [(each.state, each.values, each.along) for each in killed] == [
        (each.state, each.values, each.along) for each in whole
    ]
    assert ({each.state for each in whole} == {State.DONE}) == (not pruner)


def test_twenty_kills_on_ray(start: Start, tmp_path: Path) -> None:
    file, store = write(tmp_path, "asha"), tmp_path / "killed"
    sweep = load_sweep(file)
    found: list[tuple[dict[int, Suggestion], dict[str, object]]] = []
    for _ in kill_often(start, store, (file, "--store", store, "--workers", "2")):
        results = seen(sweep, store).results
        rows = {trial_id: row["status"] for trial_id, row in rows_of(store).items()}
        found.append(({each.suggestion.number: each.suggestion for each in results}, rows))
    results = seen(sweep, store).results
    suggestions = {each.suggestion.number: each.suggestion for each in results}
    assert list(suggestions) == list(range(16))
    assert {each.state for each in results} == {State.DONE, State.PRUNED}
    rows = {trial_id: row["status"] for trial_id, row in rows_of(store).items()}
    for earlier, ended in found:
        assert earlier.items() <= suggestions.items()
        assert ended.items() <= rows.items()
    assert rows.keys() == {trial_id for each in suggestions.values() for trial_id in each.trial_ids}
    assert check(Store(store)).repeated == {}
