"""What a user registers from a file of their own reaches ids, workers, the store and the page."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ncvq_core.augmentations import AUGMENTATIONS
from ncvq_core.config import TrialConfig
from ncvq_core.plugins import PluginError, load_plugin
from tests.plugin_files import PLUGIN, write_plugin_and_sweep

ROOT = Path(__file__).parents[1]
MOVED = {"dataset": "GunPoint", "ssl": "barlowtwins"}
BROKEN = {
    "x = (\n": "mine.py:1: not valid Python: '(' was never closed",
    "x = 1\ny = x / 0\n": "mine.py:2: ZeroDivisionError: division by zero",
    "import nowhere_at_all\n": "mine.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'",
    "x = 1\n": "mine.py:1: registers nothing",
    PLUGIN.replace('"shift"', '"flip"'): "mine.py:24: augmentation 'flip': the name is taken",
    PLUGIN.replace('"test_series"', '"val_loss"'): "mine.py:25: metric 'val_loss': the name is taken",
    PLUGIN.replace('"stage1"', '"stage2"'): "mine.py:25: unknown stage of metric test_series 'stage2'",
    PLUGIN.replace("Shift)", "dict)"): "mine.py:24: augmentation 'shift': must be a frozen dataclass under",
}


def ncvq(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestrator", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize("source", BROKEN)
def test_a_broken_plugin_is_one_line_and_leaves_nothing(source: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(PluginError) as refused:
        load_plugin(tmp_path / "mine.py")
    assert str(refused.value).startswith(str(tmp_path / BROKEN[source]))
    assert "\n" not in str(refused.value)
    assert "shift" not in AUGMENTATIONS


def test_a_missing_plugin_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="there is no such file"):
        load_plugin(tmp_path / "mine.py")


def test_nothing_is_registered_outside_of_a_plugin() -> None:
    with pytest.raises(Exception, match="registered by a plugin while that is loaded"):
        AUGMENTATIONS.register("shift", AUGMENTATIONS.component("flip"))


CODE = """\
import sys
from pathlib import Path
from ncvq_core.config import TrialConfig
from ncvq_core.plugins import load_plugin
load_plugin(Path(sys.argv[1]))
flat = {"dataset": "GunPoint", "ssl": "barlowtwins", "augmentations": ["flip"]}
for more in ({}, {"augmentations": ["shift"]}, {"metrics": ["test_series"]}):
    print(TrialConfig.from_dict(flat | more).trial_id)
"""


def test_the_source_is_a_part_of_the_ids_that_use_it_and_of_no_other(tmp_path: Path) -> None:
    own = TrialConfig.from_dict({"dataset": "GunPoint", "ssl": "barlowtwins", "augmentations": ["flip"]}).trial_id
    found = []
    for source in (PLUGIN, f"{PLUGIN}# changed\n"):
        (tmp_path / "mine.py").write_text(source)
        command = [sys.executable, "-c", CODE, str(tmp_path / "mine.py")]
        found.append(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert found[0][0] == found[1][0] == own
    assert len({*found[0], *found[1]}) == 5


@pytest.mark.whole
def test_it_reaches_the_store_and_the_page(tmp_path: Path) -> None:
    file, store = write_plugin_and_sweep(tmp_path), tmp_path / "store"
    launched = ncvq("launch", file, "--store", store, "--workers", 0)
    assert launched.returncode == 0, launched.stdout + launched.stderr
    trials = pd.read_parquet(store / "trials")
    assert trials["test_series"].tolist() == [1029.0, 1029.0]
    assert set(trials["augmentations"].dropna()) == {"shift(points=2)"}
    told = ncvq("report", file, "--store", store)
    assert told.returncode == 0, told.stderr
    assert "Series of TEST" in (store / "reports" / "moved" / "index.html").read_text(encoding="utf-8")
    (tmp_path / "mine.py").write_text(f"{PLUGIN}# changed\n")
    planned = ncvq("plan", file, "--store", store, "--workers", 1, "--json")
    assert '"to_run": 2' in planned.stdout, planned.stderr
