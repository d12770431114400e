"""Writes the tables of benchmarks.md and replication.md from what was measured: `python -m docs.make_answers`.

Benchmarks come from the tables of benchmarks/log/, the replication from the rows in replication/.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from docs.make_tables import with_tables
from replication.compare import METRICS, compare, read_published, replicated
from reports.statistics.beside import NEAR

FOLDER = Path(__file__).parent
LOG = FOLDER.parent / "benchmarks" / "log"
REPLICATION_LOG = FOLDER.parent / "replication" / "log.md"
DATASETS = ["SonyAIBORobotSurface2", "Mallat", "ECG5000"]
FAULTS = "the same, with faults 1 and 2 of the published code and measured as there"


def read_tables(page: Path, *first_cells: str) -> list[list[str]]:
    """Return the rows of those tables of a page whose head begins with these cells, without heads."""
    rows: list[list[str]] = []
    wanted = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            wanted = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if tuple(cells[: len(first_cells)]) == first_cells:
            wanted = True
        elif wanted and not set(line) <= set("|-"):
            rows.append(cells)
    return rows


def benchmarks_table() -> str:
    """Return what ncvq takes beside a named peer of the same run."""
    lines = ["| what | ncvq | beside it, in the same run | ratio |", "|---|---|---|---|"]
    return "\n".join([*lines, *_training(), *_store(), *_reports(), *_planning(), *_launches()])


def _training() -> Iterator[str]:
    for case, plain, ours, ratio, plain_memory, memory in read_tables(LOG / "tokenizer.md", "case", "plain, ms/step"):
        yield f"| a step of stage 1: {case} | {ours} ms | {plain} ms, the same written in plain torch | {ratio} |"
        times = float(plain_memory) / float(memory)
        yield f"| its peak memory | {memory} GB | {plain_memory} GB, plain torch | {times:.2f} |"
    rates: dict[str, list[float]] = {}
    for case, _, _, rate in read_tables(LOG / "workers.md", "case", "workers"):
        rates.setdefault(case, []).append(float(rate))
    times_of = [two / one for one, two in rates.values()]
    yield (
        "| steps a second on two cores | two workers of one thread | one worker of two threads "
        f"| {min(times_of):.2f} to {max(times_of):.2f} |"
    )


def _store() -> Iterator[str]:
    rows = {cells[0]: cells for cells in read_tables(LOG / "store.md", "what")}
    status, check = rows["status and data of each trial"][3], rows["`check`: every byte"][1]
    ours, peer = _numbers(status)[0], _numbers(status)[-1]
    yield f"| status of 10,000 trials, read | {ours} s | {peer} s, one file read by pyarrow | {peer / ours:.2f} |"
    ours, peer = _numbers(check)[0], _numbers(check)[-1]
    yield f"| every byte of 1,000 trials, checked | {ours} s | {peer} s, `sha256sum` | {peer / ours:.1f} |"


def _reports() -> Iterator[str]:
    rows = {cells[0]: cells for cells in read_tables(LOG / "report.md", "what", "processor")}
    ours, peer = (_numbers(rows[name][1])[0] for name in ("read", "floor of reading"))
    yield (
        f"| 10,080 trials × 250 epochs, read for a report | {ours} s of processor | {peer} s, one file read by pyarrow "
        f"| {peer / ours:.2f} |"
    )


def _launches() -> Iterator[str]:
    rows = {cells[0]: cells for cells in read_tables(LOG / "overhead.md", "what", "wall, ms a trial")}
    for what, column, unit in (("a trial of one small step", 1, "ms"), ("the first result of such trials", 3, "s")):
        ours, peer = (_numbers(rows[name][column])[0] for name in ("ncvq, two workers", "Ray Tune alone, two workers"))
        yield f"| {what} | {ours:g} {unit} | {peer:g} {unit}, Ray Tune alone | {peer / ours:.2f} |"
    _, (_, launch, _, alone) = read_tables(LOG / "startup.md", "the quickstart, two workers")
    ratio = float(alone) / float(launch)
    yield f"| the quickstart's first trial | {launch} s | {alone} s, Ray and torch alone | {ratio:.2f} |"


def _planning() -> Iterator[str]:
    shares = [_numbers(cells[4])[0] for cells in read_tables(LOG / "memory.md", "case", "training")]
    yield f"| memory of a worker | as planned | as measured, {len(shares)} cases | {min(shares)} to {max(shares)} |"
    for sweep, workers, file_order, longest, _ in read_tables(LOG / "order.md", "sweep"):
        if workers == "8":
            times = float(file_order) / float(longest)
            yield (
                f"| length of {sweep} on 8 workers, computed, 1 is ideal | {longest}, longest trial first "
                f"| {file_order}, order of the file | {times:.2f} |"
            )


def replication_table() -> str:
    """Return in how many settings a metric is within two standard errors of the published runs, by dataset."""
    lines = ["| | " + " | ".join(DATASETS) + " | all |", "|---" * (len(DATASETS) + 2) + "|"]
    for stages in METRICS:
        differences = compare(replicated(stages), read_published(), stages)
        for metric in METRICS[stages]:
            if metric == "val_loss":
                continue  # the published one has no commitment: it is our reconstruction
            lines.append(_counts(f"`{metric}`", differences[differences["metric"] == metric]))
            if metric in _PLACES:
                faults = _with_faults()
                lines.append(_counts(FAULTS, faults[faults["metric"] == metric]))
    return "\n".join(lines)


def _counts(name: str, differences: pd.DataFrame) -> str:
    cells = []
    for dataset in [*DATASETS, None]:
        own = differences if dataset is None else differences[differences["dataset"] == dataset]
        cells.append(f"{(own['z'].abs() <= NEAR).sum()} of {len(own)}" if len(own) else "not run")
    return f"| {name} | " + " | ".join(cells) + " |"


def _with_faults() -> pd.DataFrame:
    rows = [cells for cells in read_tables(REPLICATION_LOG, "dataset", "setting", "faults") if cells[2] == "1 and 2"]
    z = [(cells[0], name, _numbers(cells[place])[0]) for cells in rows for name, place in _PLACES.items()]
    return pd.DataFrame(z, columns=["dataset", "metric", "z"])


_PLACES = {"reconstruction": 6, "perplexity": 9}
"""Column of the difference, in standard errors."""


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"[+-]?\d[\d,]*\.?\d*", text)]


def all_tables() -> dict[Path, list[tuple[str, str]]]:
    """Return the tables of each page by name."""
    return {
        FOLDER / "benchmarks.md": [("benchmarks", benchmarks_table())],
        FOLDER / "replication.md": [("replication", replication_table())],
    }


if __name__ == "__main__":
    for page, tables in all_tables().items():
        page.write_text(with_tables(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
