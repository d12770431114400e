"""`python -m benchmarks.gpu.one_group NAME`: the checks of a group, one JSON line each at once."""

import argparse
import json
import os
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.gpu.groups import Group, group_named
from benchmarks.gpu.place import Check, NotHereError, Place
from benchmarks.gpu.report import FAILED, NOT_RUN, PASSED, Line
from ncvq_core.training.process import prepare_process
from orchestrator.errors import one_line
from orchestrator.execution.faults import with_hidden


def lines(group: Group, place: Place) -> Iterator[Line]:
    """Run the checks of a group and yield how each ended."""
    if not (place.on_gpu or group.on_cpu):
        yield Line(group=group.name, check="all", status=NOT_RUN, why="shows nothing on a CPU")
        return
    try:
        for check in group.checks(place):
            line, lost = _line(group, check)
            yield line
            if lost:
                yield Line(group=group.name, check="the rest", status=NOT_RUN, why="this process has lost the device")
                return
    except ModuleNotFoundError as error:
        yield Line(group=group.name, check="all", status=NOT_RUN, why=_not_installed(error))


def _line(group: Group, check: Check) -> tuple[Line, bool]:
    """Run a check; return how it ended, and whether the device is of no more use to this process."""
    began, status, why, measured, lost = time.perf_counter(), PASSED, "", {}, False
    try:
        measured = dict(check.run() or {})
    except NotHereError as error:
        status, why = NOT_RUN, str(error)
    except ModuleNotFoundError as error:
        status, why = NOT_RUN, _not_installed(error)
    except Exception as error:
        traceback.print_exc(limit=-8)
        status, why = FAILED, str(error) if isinstance(error, AssertionError) else one_line(error)
        lost = any(isinstance(each, torch.AcceleratorError) or "captur" in str(each) for each in with_hidden(error))
    seconds = round(time.perf_counter() - began, 2)
    return Line(
        group=group.name, check=check.name, status=status, why=why, seconds=seconds, measured=measured
    ), lost  # fmt: skip


def _not_installed(error: ModuleNotFoundError) -> str:
    return f"{error.name} is not installed"


def main() -> None:
    """Run one group."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--data-dir", type=Path)
    arguments = parser.parse_args()
    group = group_named(arguments.name)
    place = Place(device=torch.device(arguments.device), data_dir=arguments.data_dir)
    if not place.on_gpu:
        torch.set_num_threads(1)
    if group.prepared:
        prepare_process(deterministic=group.deterministic)
    for line in lines(group, place):
        print(json.dumps(line.as_json()), flush=True)
    os._exit(0)  # without the end of a device that a check has lost


if __name__ == "__main__":
    main()
