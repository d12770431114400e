"""A plugin with an augmentation and a metric, and a sweep of seconds that uses both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ncvq_core import plugins
from ncvq_core.metrics import RECALLED

PLUGIN = '''\
"""Move in time, and how many series there are."""

from dataclasses import dataclass

from ncvq_core.augmentations import AUGMENTATIONS, Augmentation
from ncvq_core.further_metrics import register_metric
from ncvq_core.metrics import REPRESENTATION, Metric
from ncvq_core.settings import setting


@dataclass(frozen=True, kw_only=True)
class Shift(Augmentation):
    """Move each series in time, around its end."""

    points: int = setting(1, "how far", minimum=1)

    def __call__(self, x, generator):
        return x.roll(self.points, -1)


def count(measured):
    return len(measured.dataset.test)


AUGMENTATIONS.register("shift", Shift)
register_metric(
    Metric(
        name="test_series", stage="stage1", label="Series of TEST", family=REPRESENTATION, source="counted",
        better="higher", incomparable=frozenset({"seed", "dataset"}), instead=("probe_svm",), measure=count,
    )
)
'''

SWEEP = """\
description: a sweep of seconds
plugins: [mine.py]
base:
  {dataset: ItalyPowerDemand, epochs: 1, metrics: [test_series], projector_width: 16, channels: 8,
   augmentations: [{shift: {points: 2}}]}
factors:
  ssl: [none, barlowtwins]
baseline: {ssl: none}
answers: [test_series, val_loss]
"""


def write_plugin(folder: Path, source: str = PLUGIN) -> Path:
    """Write a plugin into a folder and return its file."""
    (folder / "mine.py").write_text(source)
    return folder / "mine.py"


def write_plugin_and_sweep(folder: Path) -> Path:
    """Write both into a folder and return the sweep file."""
    write_plugin(folder)
    (folder / "moved.yaml").write_text(SWEEP)
    return folder / "moved.yaml"


@contextmanager
def nothing_stays() -> Iterator[None]:
    """Forget, afterwards, all plugins that this process has loaded."""
    try:
        yield
    finally:
        for loading in plugins._loaded.values():
            loading.take_back()
        plugins._loaded.clear()
        RECALLED.clear()
