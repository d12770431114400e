"""docs/design.md is true: its files are there, its rooms are those of the import test, and its recipes work."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from docs.import_graph import rooms_of_the_test
from docs.make_design import DRAWING, FLOW, PAGE, all_tables, drawing
from docs.make_tables import with_tables

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[1]
TEXT = PAGE.read_text(encoding="utf-8")
PACKAGES = ("ncvq_core", "orchestrator", "reports", "sweeps")

SHIFT = '''\
"""Move in time: an augmentation that a test adds."""

from dataclasses import dataclass

from torch import Generator, Tensor

from ncvq_core.augmentations.base import Augmentation
from ncvq_core.settings import setting


@dataclass(frozen=True, kw_only=True)
class Shift(Augmentation):
    """Move each series in time, around its end."""

    points: int = setting(1, "how far", minimum=1)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        return x.roll(self.points, -1)
'''

NEARNESS = '''\
"""Distance of projections: an SSL method that a test adds."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ncvq_core.ssl.base import SSLMethod
from ncvq_core.ssl.head import SSLHead, Targets


@dataclass(frozen=True, kw_only=True)
class Nearness(SSLMethod):
    """Pull the projections of both views together."""

    default_weight: ClassVar[float] = 0.5

    def head(self, features: int, width: int) -> SSLHead:
        return _Head(features, width)


class _Head(SSLHead):
    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.projector = nn.Linear(features, width)

    def forward(self, pooled: Tensor, pooled_view: Tensor, targets: Targets | None = None) -> Tensor:
        return (self.projector(pooled) - self.projector(pooled_view)).square().mean()
'''

SEMICOLONS = '''\
"""Values between semicolons, the class last: a dataset format that a test adds."""

from pathlib import Path

from ncvq_core.data.text import Part, read_lines
from ncvq_core.data.values import read_values


def read_ssv(path: Path) -> Part:
    rows = [line.split(";") for line in read_lines(path) if line]
    return Part([read_values(row[:-1], path.name)[None] for row in rows], [row[-1] for row in rows], [])
'''

TALLY = '''\
"""How many trials are done: a figure that a test adds."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from reports.figures.contract import COVERAGE, View
from reports.read_store import Results


@dataclass(frozen=True, kw_only=True)
class TallyLayout:
    """Nothing to lay out."""


LAYOUT = TallyLayout


def views(results: Results, claims: pd.DataFrame) -> list[View]:
    return [View(figure="tally", name="tally", heading="Tally", section=COVERAGE, sweep=results.sweep)]


def table(results: Results, claims: pd.DataFrame, view: View) -> pd.DataFrame:
    return results.cells.groupby("status").size().rename("trials").reset_index()


def draw(table: pd.DataFrame, view: View) -> Figure:
    figure = Figure(figsize=(3, 2), layout="constrained")
    figure.subplots().bar(table["status"], table["trials"])
    return figure


def caption(table: pd.DataFrame, view: View, results: Results) -> str:
    return "Trials by status."


def alt_text(table: pd.DataFrame, view: View) -> str:
    return "Trials by status."
'''

SWEEP = """\
description: a sweep of seconds
base: {epochs: 1, projector_width: 16, channels: 8, augmentations: [{shift: {points: 2}}]}
factors:
  dataset: [Halves]
  ssl: [none, nearness]
baseline: {ssl: none}
"""


def recipe(thing: str, name: str) -> set[str]:
    """The files that the page says to touch, with a name in the place of NAME."""
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| {thing} |"))
    paths = re.findall(r"`((?:ncvq_core|orchestrator|reports)/[\w/]+\.py)`", row.split("|")[2])
    contracts = {"reports/figures/contract.py"}
    return {path.replace("NAME", name) for path in paths if path not in contracts}


def add(tree: Path, thing: str, name: str, module: str, *lines: tuple[str, str]) -> None:
    """Follow a recipe: write the new module, and put lines into the one other file that it names."""
    files = sorted(recipe(thing, name))
    (new,) = (path for path in files if not (ROOT / path).exists())
    (old,) = (path for path in files if path != new)
    (tree / new).write_text(module, encoding="utf-8")
    text = (tree / old).read_text(encoding="utf-8")
    for before, line in lines:
        assert text.count(before) == 1, f"{old}: {before!r}"
        text = text.replace(before, f"{line}{before}")
    (tree / old).write_text(text, encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def ncvq(tree: Path, *arguments: str) -> str:
    """Run the command of a copy."""
    command = [sys.executable, "-m", "orchestrator", *arguments]
    done = subprocess.run(
        command, cwd=tree, capture_output=True, text=True, timeout=240, env={"PATH": "", "PYTHONPATH": str(tree)}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:ncvq_core|orchestrator|reports|sweeps|tests|docs)/[\w/]*(?:\.\w+)?)`", TEXT))
    assert len(named) > 40
    for path in sorted(named):
        place = ROOT / path.split("NAME")[0]
        assert place.exists() or place.with_suffix(".py").exists(), path


def test_the_rooms_of_the_page_are_those_of_the_test_in_its_order() -> None:
    page = re.findall(r"^\| `(\w+)/(\w+)` \|", TEXT, flags=re.MULTILINE)
    assert page == [(package, room) for package, rooms in rooms_of_the_test().items() for room in rooms]


def test_table_and_drawing_are_those_of_the_code() -> None:
    assert with_tables(TEXT, all_tables()[PAGE]) == TEXT, "run python -m docs.make_design"
    assert DRAWING.read_text(encoding="utf-8") == drawing(), "run python -m docs.make_design"


def test_the_rooms_of_the_flow_are_there() -> None:
    for box in FLOW.values():
        assert (ROOT / box.below.split(",")[0]).is_dir(), box


@pytest.mark.slow
def test_each_augmentation_ssl_method_and_dataset_format_is_one_file_and_one_line(tree: Path) -> None:
    add(
        tree, "an augmentation", "shift", SHIFT,
        ("from ncvq_core.registry import", "from ncvq_core.augmentations.shift import Shift\n"),
        ('        "flip": Flip,', '        "shift": Shift,\n'),
    )  # fmt: skip
    add(
        tree, "an SSL method", "nearness", NEARNESS,
        ("from ncvq_core.ssl.simsiam import", "from ncvq_core.ssl.nearness import Nearness\n"),
        ('"simsiam": SimSiam', '"nearness": Nearness, '),
    )  # fmt: skip
    add(
        tree, "a dataset format", "ssv", SEMICOLONS,
        ("from ncvq_core.data.text import", "from ncvq_core.data.ssv import read_ssv\n"),
        ('    ".ts": (read_ts', '    ".ssv": (read_ssv, "at the end of each line"),\n'),
    )  # fmt: skip
    (tree / "archive" / "Halves").mkdir(parents=True)
    rows = [";".join(str((place * row) % 7 + row % 2) for place in range(16)) + f";{row % 2}" for row in range(1, 13)]
    for part in ("TRAIN", "TEST"):
        (tree / "archive" / "Halves" / f"Halves_{part}.ssv").write_text("\n".join(rows) + "\n")
    (tree / "tiny.yaml").write_text(SWEEP)
    ncvq(tree, "launch", "tiny.yaml", "--data-dir", "archive", "--store", "s", "--workers", "0")
    trials = pd.read_parquet(tree / "s" / "trials").set_index("ssl")
    assert trials["status"].to_dict() == {"none": "done", "nearness": "done"}
    assert trials.loc["nearness", "augmentations"] == "shift(points=2)"
    assert trials.loc["nearness", "ssl_loss"] > 0


@pytest.mark.slow
def test_a_figure_is_one_file_and_one_line(tree: Path) -> None:
    add(
        tree, "a figure", "tally", TALLY,
        ("from reports.figures.contract import", "from reports.figures import tally\n"),
        ('    "coverage": coverage,', '    "tally": tally,\n'),
    )  # fmt: skip
    store = str(ROOT / "docs" / "profiles")
    ncvq(tree, "report", "main", "--profile", "small", "--store", store, "--only", "tally", "--out", "page")
    assert (tree / "page" / "figures" / "tally.png").stat().st_size > 1000
    assert pd.read_csv(tree / "page" / "tables" / "tally.csv").to_dict("list") == {"status": ["done"], "trials": [32]}
