"""How often does a race err? Many races with the real planner, launches, looks and store, and trials of no work.

`python -m benchmarks.race_errors --races 300` races a sweep of one dataset and two levels against their reference, to
`--max-seeds` seeds. The trials' val_loss is drawn anew for each race: one level has no effect, so that a difference
called there is an error; the other lies on the edge of the margin, so that equivalence called there is one.
`--raise-to` raises each race that ends undecided. Prints a line a hundred races, and the rates at the end.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from orchestrator.execution.executor import EXECUTORS
from orchestrator.launching.options import LaunchOptions
from orchestrator.launching.race import Limits, race
from orchestrator.store.races import Race, read_race
from orchestrator.sweepfile.read import Changes, load_sweep
from tests.orchestrator.trivial import Trivial

SWEEP = """\
description: trials of no work
base: {dataset: ItalyPowerDemand, epochs: 1, projector_width: 64, channels: 8, augmentations: [slice_and_shuffle]}
factors:
  ssl: [none, barlowtwins, vibcreg]
  seed: [0, 1, 2, 3]
baseline: {ssl: none}
answers: [val_loss]
"""
NO_EFFECT, ON_THE_EDGE = "barlowtwins", "vibcreg"
MEANS = {NO_EFFECT: 0.0, ON_THE_EDGE: float(np.log(1.05))}
SPREAD = 0.05
"""Of a trial, beside what equal seeds share: a block's is √2 times that, on the scale of the margin."""


def effect(config: dict[str, Any]) -> tuple[float, float]:
    """The mean of a trial's logarithm of val_loss, and its spread."""
    return MEANS.get(str(config.get("ssl")), 0.0), SPREAD


def run_race(folder: Path, salt: int, largest: list[int]) -> Race:
    """Race once in a store of its own, to each of the largest numbers one after the other."""
    Trivial.effect, Trivial.salt = staticmethod(effect), salt
    options = LaunchOptions(store=folder / "store", workers=0, gpus_per_trial=0.0, executor="trivial")
    for seeds in largest:
        sweep = load_sweep(folder / "race.yaml", Changes(seeds=seeds))
        race(sweep, options, Limits(), Console(file=StringIO()))
    found = read_race(options.store, "race")
    shutil.rmtree(options.store)
    assert found is not None
    return found


def errors(found: Race) -> Iterator[str]:
    """Name what a race says that is wrong, and how it ended."""
    for row in found.judged_last:
        verdict = str(row["verdict"])
        if row["level"] == NO_EFFECT and verdict.split()[0] in ("better", "worse"):
            yield "difference"
        if row["level"] == ON_THE_EDGE and verdict.endswith("equivalent"):
            yield "equivalence"
    yield "undecided" if found.driving else "decided"


def main() -> None:
    """Race, and print how often a race erred."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=300)
    parser.add_argument("--max-seeds", type=int, default=8)
    parser.add_argument("--raise-to", type=int)
    chosen = parser.parse_args()
    EXECUTORS["trivial"] = "tests.orchestrator.trivial:Trivial"
    largest = [chosen.max_seeds, *([chosen.raise_to] if chosen.raise_to else [])]
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "race.yaml").write_text(SWEEP)
        for salt in range(1, chosen.races + 1):
            found = run_race(Path(folder), salt, largest)
            counts.update([*errors(found), "looks"] + ["looks"] * (len(found.looks) - 1))
            if salt % 100 == 0 or salt == chosen.races:
                shares = ", ".join(f"{name} {100 * count / salt:.1f} %" for name, count in sorted(counts.items())
                                   if name != "looks")  # fmt: skip
                print(f"{salt} races, {counts['looks'] / salt:.1f} looks each: {shares}", flush=True)


if __name__ == "__main__":
    main()
