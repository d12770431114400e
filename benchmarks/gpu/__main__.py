"""`python -m benchmarks.gpu`: all groups, each in a process of its own, a line a check, then a table and a file."""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.gpu.groups import GROUPS, Group
from benchmarks.gpu.report import FAILED, NOT_RUN, Line, table, write

ROOT = Path(__file__).parents[2]
SECONDS = 465.0
"""For all groups together on a GPU: less than eight minutes."""
PATIENCE = {"cuda": 1.0, "cpu": 4.0}
"""By which the limits are multiplied."""
SHORTEST = 10.0
"""Seconds that must be left for a group to begin."""


def run_group(group: Group, device: str, data_dir: Path | None, seconds: float) -> Iterator[Line]:
    """Run a group in a process of its own and yield its lines as they come."""
    command = [sys.executable, "-m", "benchmarks.gpu.one_group", group.name, "--device", device]
    command += ["--data-dir", str(data_dir)] if data_dir else []
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        late = threading.Timer(seconds, process.kill)
        late.start()
        assert process.stdout is not None
        for text in process.stdout:
            yield Line(**json.loads(text))
        status = process.wait()
        over = not late.is_alive()
        late.cancel()
        if status:
            errors.seek(0)
            said = [line.strip() for line in errors.read().splitlines() if line.strip()]
            why = f"not done after {seconds:.0f} s" if over else f"exit code {status}: {said[-1] if said else ''}"
            yield Line(group=group.name, check="process", status=FAILED, why=why)


def run_all(groups: tuple[Group, ...], device: str, data_dir: Path | None) -> list[Line]:
    """Run groups one after the other, print each line at once, and return all of them."""
    patience = PATIENCE[device]
    until, lines = time.monotonic() + patience * SECONDS, []
    for group in groups:
        left = until - time.monotonic()
        if left < SHORTEST:
            found: Iterator[Line] = iter([Line(group=group.name, check="all", status=NOT_RUN, why="no time is left")])
        elif device == "cpu" and not group.on_cpu:
            found = iter([Line(group=group.name, check="all", status=NOT_RUN, why="shows nothing on a CPU")])
        else:
            found = run_group(group, device, data_dir, min(patience * group.seconds, left))
        for line in found:
            print(json.dumps(line.as_json()), flush=True)
            lines.append(line)
    return lines


def main() -> int:
    """Run what is asked for; returns 1 where a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="archive with ECG5000 and FordA; else series of their shapes")
    parser.add_argument("--out", type=Path, default=Path("gpu_report.json"))
    parser.add_argument("--only", nargs="+", metavar="GROUP", choices=[group.name for group in GROUPS])
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = tuple(group for group in GROUPS if not arguments.only or group.name in arguments.only)
    began = time.monotonic()
    lines = run_all(chosen, device, arguments.data_dir.absolute() if arguments.data_dir else None)
    seconds = time.monotonic() - began
    write(lines, seconds, arguments.out)
    print(f"\n{table(lines)}\n\n{seconds:.0f} s on {device}; {arguments.out}")
    return int(any(line.status == FAILED for line in lines))


if __name__ == "__main__":
    sys.exit(main())
