"""A plugin with an augmentation and a metric, and a sweep of seconds that uses both."""

from pathlib import Path

PLUGIN = '''\
"""Move in time, and how many series there are."""

from dataclasses import dataclass

from ncvq_core.augmentations import AUGMENTATIONS, Augmentation
from ncvq_core.metrics import REPRESENTATION, Metric, register_metric
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
        better="higher", measure=count,
    )
)
'''

SWEEP = """\
description: a sweep of seconds
plugins: [mine.py]
base: {dataset: ItalyPowerDemand, epochs: 1, projector_width: 16, channels: 8, augmentations: [{shift: {points: 2}}]}
factors:
  ssl: [none, barlowtwins]
baseline: {ssl: none}
"""


def write_plugin_and_sweep(folder: Path) -> Path:
    """Write both into a folder and return the sweep file."""
    (folder / "mine.py").write_text(PLUGIN)
    (folder / "moved.yaml").write_text(SWEEP.replace("epochs: 1,", "epochs: 1, metrics: [test_series],"))
    return folder / "moved.yaml"
