"""How checks ended: as lines, as a table, as a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.gpu import study

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
RATE = "models_steps_per_second"


@dataclass(frozen=True, kw_only=True)
class Line:
    """How a check ended."""

    group: str
    check: str
    status: str
    """One of the three words above."""
    why: str = ""
    """Why it failed, or could not run."""
    seconds: float = 0.0
    measured: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in ("", {})}


def table(lines: Sequence[Line]) -> str:
    """Return the groups with how many checks ended how, then what was measured, then why others did not pass."""
    parts = [_groups(lines), _throughput(lines), _not_passed(lines)]
    if hours := study_hours(lines):
        parts.append(f"published stage 1: {study.RUNS} runs, {study.GPU_HOURS} GPU-hours; here {_words(hours)}")
    return "\n\n".join(part for part in parts if part)


def write(lines: Sequence[Line], seconds: float, path: Path) -> None:
    """Write all of it as JSON."""
    content = {
        "seconds": round(seconds, 1),
        "study_hours": study_hours(lines),
        "checks": [line.as_json() for line in lines],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")


def study_hours(lines: Iterable[Line]) -> dict[str, float]:
    """Return, by precision, the hours of the published stage 1: at the slower of the datasets' best rates."""
    best: dict[tuple[str, str], float] = {}
    for line in lines:
        if line.status == PASSED and "share_of_bandwidth_floor" in line.measured:
            _, dataset, precision, _ = line.group.split()
            flops = line.measured[RATE] * study.flops_of_a_step(dataset)
            best[precision, dataset] = max(best.get((precision, dataset), 0.0), flops)
    found = sorted({precision for precision, _ in best})
    return {
        precision: round(study.hours(min(rate for (its, _), rate in best.items() if its == precision)), 2)
        for precision in found
    }


def _words(hours: dict[str, float]) -> str:
    times = ", ".join(f"{value:.1f} hours in {precision}" for precision, value in hours.items())
    return f"{times} (aim: under {study.AIM_HOURS})"


def _groups(lines: Sequence[Line]) -> str:
    rows = []
    for group in dict.fromkeys(line.group for line in lines):
        own = [line for line in lines if line.group == group]
        count = Counter(line.status for line in own)
        seconds = sum(line.seconds for line in own)
        rows.append((group, count[PASSED], count[FAILED], count[NOT_RUN], f"{seconds:.1f}"))
    return _markdown(("group", PASSED, FAILED, NOT_RUN, "seconds"), rows)


def _throughput(lines: Sequence[Line]) -> str:
    columns = (RATE, "host_ms_of_a_round", "share_of_bandwidth_floor", "reserved_gb")
    own = [line for line in lines if line.group.startswith("throughput") and line.check != "all"]
    rows = [
        (
            line.group.removeprefix("throughput "),
            line.check,
            *(line.measured.get(name, "") for name in columns),
            line.why,
        )
        for line in own
    ]
    heads = ("throughput", "models", "models × steps/s", "host, ms a round", "of bandwidth floor", "reserved, GB", "")
    return _markdown(heads, rows) if rows else ""


def _not_passed(lines: Sequence[Line]) -> str:
    others = sorted((line for line in lines if line.status != PASSED), key=lambda line: line.status)
    rows = [(line.status, line.group, line.check, line.why) for line in others]
    return _markdown(("", "group", "check", "why"), rows) if rows else ""


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    written = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in written)
