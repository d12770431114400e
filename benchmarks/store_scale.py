"""Times a store of many trials: reading it, adding a trial, checking every byte.

    python -m benchmarks.store_scale --trials 10000

The numbers in it mean nothing. Peers, in the same run: the same rows in one file, read by pyarrow, and `sha256sum`.
"""

import argparse
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from orchestrator.store import StageRecord, Store
from orchestrator.store.check import check
from orchestrator.store.parts import part_files, write_part
from orchestrator.store.schema import HISTORY_TABLE, METRICS, TRIALS, table
from orchestrator.store.writer import PART_TRIALS, new_part_name

COLUMNS = ("status", "data_checksum")


def trial(number: int) -> dict[str, object]:
    values = dict.fromkeys(METRICS, number / 7)
    words = {"dataset": f"Data{number % 13}", "ssl": "barlowtwins", "config_json": "x" * 900}
    return {
        "trial_id": f"{number:012x}", "stage1_id": f"{number:012x}", "status": "done", "seed": number,
        "started_at": datetime.now(UTC), "stage1_seconds": 1.0, **words, **values,
    }  # fmt: skip


def history(number: int, epochs: int) -> list[dict[str, object]]:
    return [
        {
            "trial_id": f"{number:012x}",
            "stage": "stage1",
            "epoch": epoch,
            "loss": number / epoch,
            "perplexity": 1 / epoch,
        }
        for epoch in range(1, epochs + 1)
    ]


def fill(store: Store, trials: int, epochs: int, model_bytes: int) -> None:
    """Write the parts directly: the time of a launch is not what is measured."""
    for first in range(0, trials, PART_TRIALS):
        numbers = range(first, min(trials, first + PART_TRIALS))
        name = f"{new_part_name()}.parquet"
        write_part(store.path / "trials" / name, table([trial(number) for number in numbers], TRIALS))
        rows = [row for number in numbers for row in history(number, epochs)]
        write_part(store.path / "history" / name, table(rows, HISTORY_TABLE))
    for number in range(trials if model_bytes else 0):
        record = StageRecord(metrics={"val_loss": 1.0}, timings={"seconds": 1.0}, provenance={}, history=[])
        content = os.urandom(16) * (model_bytes // 16)

        def write(path: Path, content: bytes = content) -> str:
            path.write_bytes(content)
            return hashlib.sha256(content).hexdigest()

        store.write_stage(f"{number:012x}", record, write)


def timed(what: str, work: Callable[[], object]) -> float:
    began, processor = time.monotonic(), time.process_time()
    work()
    seconds, used = time.monotonic() - began, time.process_time() - processor
    print(f"{what:52} {seconds:8.2f} s {used:8.2f} s of processor")
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=250)
    parser.add_argument("--model-bytes", type=int, default=600_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store", create=True)
        timed("(making the store)", lambda: fill(store, given.trials, given.epochs, given.model_bytes))
        timed("open, status and data of each trial", lambda: Store(store.path).read_trials(columns=COLUMNS))
        one = Path(folder) / "one.parquet"
        pq.write_table(store.read_trials_table().rows, one)
        timed("  peer: one file, pyarrow", lambda: pq.read_table(one, columns=["trial_id", *COLUMNS]).to_pylist())
        timed("all columns of each trial, as a table", store.read_trials_table)
        timed("history of each trial, four columns", lambda: store.read_history(("trial_id", "epoch", "loss")))
        rows = given.trials
        timed(
            "add a trial: the first of a process", lambda: store.write_trial(trial(rows), history(rows, given.epochs))
        )
        again = [time.monotonic()]
        for number in range(rows + 1, rows + 21):
            store.write_trial(trial(number), history(number, given.epochs))
            again.append(time.monotonic())
        print(f"{'add a trial: mean of twenty more':52} {(again[-1] - again[0]) / 20 * 1000:8.1f} ms")
        files = [str(path) for name in ("trials", "history") for path in part_files(store.path / name)]
        files += [str(path) for path in store.path.glob("stages/*/*")]
        seconds = timed("check: every byte", lambda: check(store))
        print(f"{'':52} {sum(map(os.path.getsize, files)) / seconds / 1e6:8.0f} MB/s")
        batch = "\0".join(files).encode()
        timed("  peer: sha256sum of the same files", lambda: sha256sum(batch))


def sha256sum(names: bytes) -> None:
    """Let coreutils read files whose names are given, each ended by a zero byte."""
    subprocess.run(["xargs", "-0", "sha256sum"], input=names, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
