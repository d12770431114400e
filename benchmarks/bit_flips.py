"""Flips one random bit of a store at a time, and asks whether any number changes unnoticed.

    python -m benchmarks.bit_flips STORE SWEEP --flips 1000

The store is copied first. After each flip everything that ncvq reads is read: rows, histories, the sweep, the record,
the weights and the checkpoint that the bit belongs to. What is read must be what it was, or be refused as damaged.
"""

import argparse
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd

from orchestrator.store import Store, StoreError
from orchestrator.store.checkpoint_files import is_whole_checkpoint
from reports import ReportError
from reports.read_store import Results, read_results

FOLDERS = ("trials", "history", "stages", "sweeps", "checkpoints", "store.json")


def numbers(store: Path, sweep: str) -> Results:
    return read_results(store, sweep)


def same(one: Results, other: Results) -> bool:
    return one.cells.equals(other.cells) and one.history.equals(other.history) and one.sweep == other.sweep


def verdict(path: Path, root: Path, sweep: str, before: Results, stages: dict[str, object]) -> str:
    """Return what becomes of a flipped bit: `refused`, `unchanged`, or `unnoticed`."""
    kind, _, rest = str(path.relative_to(root)).partition("/")
    try:
        store = Store(root)
        if kind == "stages":
            stage_id = rest.partition("/")[0]
            store.sound_model(stage_id)
            return "unchanged" if store.read_stage(stage_id) == stages[stage_id] else "unnoticed"
        if kind == "sweeps":
            store.read_sweep(path.stem)
        if kind == "checkpoints":
            return "unnoticed" if is_whole_checkpoint(path) else "refused"
        if store.read_trials(columns=()).damaged or store.read_history(("trial_id",)).damaged:
            return "refused"
        return "unchanged" if same(numbers(root, sweep), before) else "unnoticed"
    except (StoreError, ReportError):
        return "refused"


def main() -> None:
    """Flip, look, and print the counts by kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("sweep")
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng, seen = random.Random(given.seed), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(given.store, Path(folder) / "store"))
        files = [path for name in FOLDERS for path in (root / name, *(root / name).rglob("*")) if path.is_file()]
        before = numbers(root, given.sweep)
        stages: dict[str, object] = {stage_id: Store(root).read_stage(stage_id) for stage_id in Store(root).stage_ids()}
        for _ in range(given.flips):
            path = rng.choice(files)
            whole = path.read_bytes()
            bit = rng.randrange(8 * len(whole))
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            seen[path.relative_to(root).parts[0], verdict(path, root, given.sweep, before, stages)] += 1
            path.write_bytes(whole)
    print(pd.Series(seen).unstack(fill_value=0).to_string())


if __name__ == "__main__":
    main()
