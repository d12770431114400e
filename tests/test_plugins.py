"""What a user registers from a file of their own reaches ids, models, figures, the store and the page."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from ncvq_core.augmentations import AUGMENTATIONS
from ncvq_core.augmentations.flip import Flip
from ncvq_core.config import TrialConfig
from ncvq_core.config.shapes import band_shapes
from ncvq_core.data import load_dataset
from ncvq_core.errors import ConfigError
from ncvq_core.evaluation.further import Measured, measure_further
from ncvq_core.metrics import known_metrics, metrics_by_name, recall
from ncvq_core.plugins import Plugin, PluginError, load_installed, load_plugin, place_in_plugin
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.stages.kind import Sizes
from ncvq_core.stages.registry import stage_kind
from ncvq_core.stages.tokenizer.run import Stage1Run
from ncvq_core.tokenizer.bands import build_transform
from orchestrator.cli.app import app
from orchestrator.execution.job import StageJob
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.queue import Outcome, StageTask
from orchestrator.store import Store
from orchestrator.sweepfile.read import load_sweep
from orchestrator.sweepfile.sweep import SweepError, sweep_record
from tests.plugin_files import PLUGIN, nothing_stays, write_plugin, write_plugin_and_sweep
from tests.test_design_page import NEARNESS

FLIP = {"dataset": "GunPoint", "ssl": "barlowtwins", "augmentations": ["flip"]}

BROKEN = {
    "x = (\n": "mine.py:1: not valid Python: '(' was never closed",
    "x = 1\ny = x / 0\n": "mine.py:2: ZeroDivisionError: division by zero",
    "import nowhere_at_all\n": "mine.py:1: ModuleNotFoundError: No module named 'nowhere_at_all'",
    "import sys\nsys.exit()\n": "mine.py:2: SystemExit",
    "x = 1\n": "mine.py:1: registers nothing",
    f"{PLUGIN}class Other(Shift): ...\nAUGMENTATIONS.register('other', Other)\n": "mine.py:33: augmentation 'other':",
    f"{PLUGIN}AUGMENTATIONS.register('move', Shift)\n": "mine.py:32: augmentation 'move': its class is there as 'shi",
    f"{PLUGIN}AUGMENTATIONS.register('shift', dataclass(frozen=True)(type('A', (Shift,), {{}})))\n": (
        "mine.py:32: augmentation 'shift': the name is taken"
    ),
    f"{PLUGIN}register_metric(count)\n": "mine.py:32: AttributeError: 'function' object has no attribute 'measure'",
    PLUGIN.replace('"shift"', '"flip"'): "mine.py:25: augmentation 'flip': the name is taken",
    PLUGIN.replace('"shift"', '"none"'): "mine.py:25: augmentation 'none': the name is taken",
    PLUGIN.replace('"shift"', '"a b"'): "mine.py:25: augmentation 'a b': a name is letters",
    PLUGIN.replace("Shift)", "dict)"): "mine.py:25: augmentation 'shift': must be a frozen dataclass under",
    PLUGIN.replace("def __call__", "def call"): "mine.py:25: augmentation 'shift': its class lacks __call__",
    PLUGIN.replace('setting(1, "how far", minimum=1)', "1"): "mine.py:25: augmentation 'shift': parameter points: decl",
    PLUGIN.replace("(frozen=True, kw_only=True)", ""): "mine.py:25: augmentation 'shift': must be a frozen dataclass",
    PLUGIN.replace('"test_series"', '"val_loss"'): "mine.py:26: metric 'val_loss': the name is taken",
    PLUGIN.replace('"stage1"', '"stage2"'): "mine.py:26: unknown stage of metric test_series 'stage2'",
    PLUGIN.replace('"higher"', '"more"'): "mine.py:26: unknown better of metric test_series 'more'",
    PLUGIN.replace('"probe_svm"', '"probe_svn"'): "mine.py:26: unknown metric instead of test_series 'probe_svn' (did",
    PLUGIN.replace("measure=count", "measure=1"): "mine.py:26: metric 'test_series': needs a function `measure`",
}


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    with nothing_stays():
        yield


def ncvq(*words: object) -> str:
    """What a command prints in a process that knows no plugin."""
    with nothing_stays():
        done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


# What cannot be used


@pytest.mark.parametrize("source", BROKEN)
def test_a_broken_plugin_is_one_line_and_leaves_nothing(source: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError) as refused:
        load_plugin(write_plugin(tmp_path, source))
    assert str(refused.value).startswith(str(tmp_path / BROKEN[source]))
    assert "\n" not in str(refused.value)
    assert "shift" not in AUGMENTATIONS
    assert "test_series" not in metrics_by_name()


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"mine\.py: there is no such file"):
        load_plugin(tmp_path / "mine.py")
    with pytest.raises(PluginError, match="cannot be read: Is a directory"):
        load_plugin(tmp_path)
    (tmp_path / "mine.py").write_bytes(b"x = 1\n# \xff\n")
    with pytest.raises(PluginError, match=r"mine\.py:2: not UTF-8 text"):
        load_plugin(tmp_path / "mine.py")


def test_nothing_is_registered_outside_of_a_plugin() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Flop(Flip):
        pass

    with pytest.raises(Exception, match="registered by a plugin while that is loaded"):
        AUGMENTATIONS.register("flop", Flop)


def test_a_sweep_file_says_where_it_names_a_plugin_that_is_not_there(tmp_path: Path) -> None:
    file = write_plugin_and_sweep(tmp_path)
    (tmp_path / "mine.py").unlink()
    with pytest.raises(SweepError, match=r"moved\.yaml:2: plugin 'mine\.py': there is no such file beside the sweep"):
        load_sweep(file)


def test_a_metric_is_no_other_column_of_the_store(tmp_path: Path) -> None:
    file = write_plugin_and_sweep(tmp_path)
    write_plugin(tmp_path, PLUGIN.replace('"test_series"', '"status"'))
    with pytest.raises(PluginError, match=r"mine\.py:26: metric 'status': the store has another column of that name"):
        load_sweep(file)


def test_metrics_are_no_factor(tmp_path: Path) -> None:
    file = write_plugin_and_sweep(tmp_path)
    file.write_text(file.read_text().replace("  ssl: [", "  metrics: [[test_series], []]\n  ssl: ["))
    with pytest.raises(SweepError, match=r"moved\.yaml:7: metrics is the same for all trials of a sweep: write it in"):
        load_sweep(file)


def test_a_metric_that_is_no_number_is_named(tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, PLUGIN.replace("return len(measured.dataset.test)", "return 'many'")))
    with pytest.raises(PluginError, match="metric test_series: measured 'many', which is no number and not None"):
        measure_further(["test_series"], Measured(load_dataset("ItalyPowerDemand"), seed=0))


def test_an_error_of_later_is_placed_in_the_plugin(tmp_path: Path) -> None:
    path = write_plugin(tmp_path, PLUGIN.replace("x.roll(self.points, -1)", "x / nothing"))
    load_plugin(path)
    with pytest.raises(NameError) as raised:
        AUGMENTATIONS.parse("shift")(torch.zeros(1, 1, 8), torch.Generator())
    assert place_in_plugin(raised.value) == f"{path}:18"
    assert place_in_plugin(ValueError()) is None


def outcome(store: Path, config: TrialConfig, plugin: Plugin, stage_id: str) -> Outcome:
    """How a worker ends that gets a plugin with its work."""
    task = StageTask(stage_id=stage_id, stage="stage1", config=config.to_dict(), label="", trial_ids=("a",))
    Store(store, create=True)
    job = StageJob(task, WorkerSettings(store=store, plugins=(plugin,)))
    while job.outcome is None:
        job.step()
    return job.outcome


def test_a_trial_fails_with_the_line_of_the_plugin(tmp_path: Path) -> None:
    plugin = load_plugin(write_plugin(tmp_path, PLUGIN.replace("x.roll(self.points, -1)", "x / nothing")))
    flat = {**FLIP, "dataset": "ItalyPowerDemand", "augmentations": ["shift"], "channels": 8, "projector_width": 16}
    config = TrialConfig.from_dict(flat)
    ended = outcome(tmp_path / "store", config, plugin, config.stage1_id)
    assert (ended.status, ended.error) == ("failed", f"{plugin.path}:18: NameError: name 'nothing' is not defined")


def test_a_worker_with_another_version_of_an_installed_plugin_refuses_the_work(tmp_path: Path) -> None:
    plugin = load_plugin(write_plugin(tmp_path))
    config = TrialConfig.from_dict({**FLIP, "augmentations": ["shift"]})
    ended = outcome(tmp_path / "store", config, plugin, "0" * 12)
    assert ended.status == "failed"
    assert "a plugin that is installed here is not the one of the launch" in str(ended.error)


# Ids


def trial_ids() -> list[str]:
    return [
        TrialConfig.from_dict(FLIP | more).trial_id
        for more in ({}, {"augmentations": ["shift"]}, {"metrics": ["test_series"]})
    ]


def test_the_source_is_a_part_of_the_ids_that_use_it_and_of_no_other(tmp_path: Path) -> None:
    own = TrialConfig.from_dict(FLIP).trial_id
    found = []
    for source in (PLUGIN, f"{PLUGIN}# changed\n"):  # which takes the place of the first
        load_plugin(write_plugin(tmp_path, source))
        found.append(trial_ids())
    assert found[0][0] == found[1][0] == own
    assert len({*found[0], *found[1]}) == 5


def test_a_band_and_a_method_count_as_well(tmp_path: Path) -> None:
    ids = []
    bands = {"tokenizer": "stft_lfhf", "band_augmentations": {"high": ["shift"]}}
    for source in (PLUGIN, f"{PLUGIN}# changed\n"):
        load_plugin(write_plugin(tmp_path, source))
        (tmp_path / "nearness.py").write_text(f"{NEARNESS}{REGISTER}# {len(ids)}\n")
        load_plugin(tmp_path / "nearness.py")
        ids += [TrialConfig.from_dict(FLIP | more).stage1_id for more in (bands, {"ssl": "nearness"})]
    assert len(set(ids)) == 4


def test_a_metric_of_samples_leaves_the_models_alone(tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, PLUGIN.replace('"stage1"', '"samples"')))
    plain, measured = (
        TrialConfig.from_dict(FLIP | {"stages": 2, "metrics": metrics}) for metrics in ([], ["test_series"])
    )
    assert (plain.stage1_id, plain.stage2_id) == (measured.stage1_id, measured.stage2_id)
    assert plain.samples_id != measured.samples_id
    with pytest.raises(Exception, match="metrics: test_series measures samples: it needs stages: 2"):
        TrialConfig.from_dict(FLIP | {"metrics": ["test_series"]})


# What a plugin can be and bring

REGISTER = '\n\nfrom ncvq_core.ssl import SSL_METHODS\n\nSSL_METHODS.register("nearness", Nearness)\n'


def test_an_installed_package_offers_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shifts").mkdir()
    (tmp_path / "shifts" / "__init__.py").touch()
    (tmp_path / "shifts" / "shift.py").write_text(PLUGIN)
    (tmp_path / "shifts-1.0.dist-info").mkdir()
    (tmp_path / "shifts-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shifts\nVersion: 1.0\n")
    (tmp_path / "shifts-1.0.dist-info" / "entry_points.txt").write_text("[ncvq.plugins]\nmine = shifts.shift\n")
    monkeypatch.syspath_prepend(tmp_path)
    (plugin,) = load_installed()
    assert (plugin.installed, plugin.source) == (True, PLUGIN)
    assert load_installed() == (plugin,)
    assert TrialConfig.from_dict(FLIP | {"augmentations": ["shift"]}).stage1.augmentations[0] == (
        AUGMENTATIONS.component("shift")()
    )
    sweep = load_sweep("quickstart")
    assert sweep.plugins == (plugin,)
    assert sweep_record(sweep)["plugins"][0]["file"] == "shift.py"
    monkeypatch.delitem(sys.modules, "shifts.shift")
    with nothing_stays():
        pass
    (tmp_path / "shifts" / "shift.py").write_text("x = 1\nx.y\n")
    with pytest.raises(PluginError, match=r"shift\.py:2: AttributeError: 'int' object has no attribute 'y'"):
        load_installed()
    (tmp_path / "shifts" / "shift.py").unlink()
    with pytest.raises(PluginError, match=r"plugin mine: its package has no module shifts\.shift"):
        load_installed()


def test_an_ssl_method_trains(tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, NEARNESS + REGISTER))
    flat = {**FLIP, "dataset": "ItalyPowerDemand", "ssl": "nearness", "epochs": 1, "channels": 8, "projector_width": 16}
    config = TrialConfig.from_dict(flat)
    run = Stage1Run(config.stage1, load_dataset("ItalyPowerDemand"))
    assert isinstance(config.stage1.ssl, SSL_METHODS.component("nearness"))
    while not run.finished:
        run.step()
    run.check()
    assert run.trainer.history_row(0)["ssl_loss"] > 0


PAIRS = """\
import torch
from ncvq_core.config.shapes import Maps, register_tokenizer
from ncvq_core.tokenizer.bands import Transform

class Pairs(Transform):
    channels = 2
    def __init__(self, length):
        super().__init__()
        self.sizes = ((1, length // 2),)
    def forward(self, x):
        return [torch.cat([x[..., None, ::2], x[..., None, 1::2]], dim=1)]
    def inverse(self, bands):
        return torch.stack(bands[0].squeeze(2).chunk(2, dim=1), dim=-1).flatten(-2)

register_tokenizer("pairs", ("all",), Maps(2, lambda length: ((1, length // 2),), Pairs))
"""
PAIRED = {**FLIP, "dataset": "ItalyPowerDemand", "tokenizer": "pairs", "epochs": 1, "channels": 8}


def test_a_tokenizer_is_planned_and_trains(tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, PAIRS))
    config = TrialConfig.from_dict({**PAIRED, "projector_width": 16, "high_downsampled_width": 7})
    assert config.stage1.high_downsampled_width == 32, "of a second band, which it has not"
    assert [shape.tokens for shape in band_shapes(config.stage1, channels=1, length=24)] == [6]
    assert stage_kind("stage1").cost(config, Sizes(train=67, test=10, channels=1, length=24)).memory_bytes > 0
    run = Stage1Run(config.stage1, load_dataset("ItalyPowerDemand"))
    while not run.finished:
        run.step()
    run.check()


def test_the_source_of_a_tokenizer_is_a_part_of_its_ids(tmp_path: Path) -> None:
    own = TrialConfig.from_dict({**PAIRED, "tokenizer": "wavelet"}).trial_id
    ids = set()
    for number in range(2):
        load_plugin(write_plugin(tmp_path, f"{PAIRS}# {number}\n"))
        ids.add(TrialConfig.from_dict(PAIRED).trial_id)
        assert TrialConfig.from_dict({**PAIRED, "tokenizer": "wavelet"}).trial_id == own
    assert len(ids) == 2
    with nothing_stays():
        pass
    with pytest.raises(ConfigError, match="tokenizer = 'pairs': must be one of stft, stft_lfhf, wavelet"):
        TrialConfig.from_dict(PAIRED)


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ('("all",)', '("a", "b", "c")', "mine.py:15: tokenizer 'pairs': must have one band, or two of different names"),
        ('("all",)', '("a", "a")', "mine.py:15: tokenizer 'pairs': must have one band, or two of different names"),
        (", Pairs)", ", None)", "mine.py:15: tokenizer 'pairs': needs functions `sizes` and `transform`"),
        ('"pairs"', '"stft"', "mine.py:15: tokenizer 'stft': the name is taken; choose another"),
    ],
)
def test_a_tokenizer_that_cannot_be_is_refused(right: str, wrong: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=re.escape(words)):
        load_plugin(write_plugin(tmp_path, PAIRS.replace(right, wrong)))


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("length: ((1, length // 2),)", "length: ((1, 1),)", "a map of width 1 cannot be halved 1 times; raise downs"),
        ("Maps(2, lambda length: ((1, length // 2),)", "Maps(2, lambda length: ((1, 9),) * 2", "2 maps for 1 bands"),
        ("Maps(2, lambda", "Maps(3, lambda", "its transform has maps (2, ((1, 12),)), its plugin says (3, ((1, 12),))"),
    ],
)
def test_maps_that_do_not_fit_are_named(right: str, wrong: str, words: str, tmp_path: Path) -> None:
    load_plugin(write_plugin(tmp_path, PAIRS.replace(right, wrong)))
    config = TrialConfig.from_dict(PAIRED).stage1
    with pytest.raises(ConfigError, match=re.escape(f"tokenizer pairs: {words}")):
        _ = band_shapes(config, channels=1, length=24), build_transform("pairs", 24)


def test_a_store_describes_the_metrics_of_plugins(tmp_path: Path) -> None:
    file = write_plugin_and_sweep(tmp_path)
    record = json.loads(json.dumps(sweep_record(load_sweep(file))))
    (plugin,) = record["plugins"]
    assert plugin["adds"] == ["augmentation shift", "metric test_series"]
    assert plugin["source"] == PLUGIN
    described = metrics_by_name()["test_series"]
    with nothing_stays():
        pass
    recall([{**record["further_metrics"][0], "of another version": 1}])
    found = metrics_by_name()["test_series"]
    assert {name: value for name, value in vars(found).items() if name != "measure"} == {
        name: value for name, value in vars(described).items() if name != "measure"
    }
    load_plugin(tmp_path / "mine.py")
    assert [metric.measure for metric in known_metrics() if metric.name == "test_series"] != [None]


@pytest.mark.thorough
@pytest.mark.whole
def test_it_reaches_the_store_and_the_page(tmp_path: Path) -> None:
    file, store = write_plugin_and_sweep(tmp_path), tmp_path / "store"
    ncvq("launch", file, "--store", store, "--workers", 0)
    trials = pd.read_parquet(store / "trials")
    assert trials["test_series"].tolist() == [1029.0, 1029.0]
    assert set(trials["augmentations"].dropna()) == {"shift(points=2)"}
    shown = json.loads(ncvq("show", trials["trial_id"][0], "--store", store, "--json"))
    assert shown["metrics"]["test_series"] == 1029
    (tmp_path / "mine.py").write_text(f"{PLUGIN}# changed\n")
    planned = json.loads(ncvq("plan", file, "--store", store, "--workers", 1, "--json"))
    assert planned["to_run"] == 2
    assert "mine.py: changed since moved was launched last" in planned["remarks"][0]
    assert "mine.py: changed since moved was launched last" in ncvq("status", file, "--store", store)
    (tmp_path / "mine.py").unlink()
    ncvq("report", file, "--store", store)
    assert "Series of TEST" in (store / "reports" / "moved" / "index.html").read_text(encoding="utf-8")
