"""`ncvq new`: what it writes passes its own test, overwrites nothing, and refuses names in one line."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ncvq_core.errors import ConfigError
from ncvq_core.plugins import additions, load_plugin
from orchestrator.cli.app import app
from orchestrator.cli.new import KINDS, write_new
from tests.plugin_files import nothing_stays

ROOT = Path(__file__).parents[2]
NAMES = {
    "augmentation": "small_jitter",
    "ssl": "near",
    "tokenizer": "pairs",
    "metric": "mean_distance",
    "figure": "tally",
}
WORDS = dict(zip(KINDS, KINDS, strict=True)) | {"ssl": "ssl method"}


@pytest.mark.whole
def test_the_written_tests_pass(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    written = [path for kind in KINDS for path in write_new(kind, NAMES[kind], tmp_path)]
    assert [path.name for path in written[:2]] == ["small_jitter.py", "test_small_jitter.py"]
    tests = list(map(str, written[1::2]))
    with nothing_stays():
        code = pytest.main(
            ["-q", "-W", "error", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
        )
    told = capfd.readouterr().out
    assert code == pytest.ExitCode.OK, told
    assert "17 passed" in told


def test_they_are_as_tidy_as_the_rest(tmp_path: Path) -> None:
    written = [str(path) for kind in KINDS for path in write_new(kind, NAMES[kind], tmp_path)]
    plugins, tests = written[::2], written[1::2]
    style = ("--config", str(ROOT / "pyproject.toml"))
    for command in (
        ["ruff", "format", "--check", *style, *written],
        ["ruff", "check", *style, *plugins],
        ["ruff", "check", *style, "--ignore", "D", *tests],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_each_registers_what_it_is_called(kind: str, tmp_path: Path) -> None:
    plugin, _ = write_new(kind, NAMES[kind], tmp_path)
    with nothing_stays():
        (addition,) = additions(load_plugin(plugin))
        assert (addition.kind, addition.name) == (WORDS[kind], NAMES[kind])


REFUSED = {
    ("augmentatoin", "jitter"): r"unknown kind of plugin 'augmentatoin' \(did you mean 'augmentation'\?\)",
    ("augmentation", "Jitter"): "'Jitter': a name is small letters, digits and _, begins with a letter, and is no keyw",
    ("augmentation", "lambda"): "'lambda': a name is small letters",
    ("augmentation", "../up"): "'../up': a name is small letters",
    ("augmentation", "9lives"): "'9lives': a name is small letters",
    ("augmentation", "flip"): "'flip': ncvq has a name like this already; choose another",
    ("augmentation", "warp"): "'warp': ncvq has a name like this already",
    ("ssl", "none"): "'none': ncvq has a name like this already",
    ("tokenizer", "wavelet"): "'wavelet': ncvq has a name like this already",
    ("metric", "fid"): "'fid': ncvq has a name like this already",
    ("metric", "context_fid"): "'context_fid': ncvq has a name like this already",
    ("metric", "status"): "'status': ncvq has a name like this already",
    ("figure", "effects"): "'effects': ncvq has a name like this already",
    ("augmentation", "random"): r"'random': Python has a module of that name, which random\.py would hide",
    ("figure", "torch"): "'torch': Python has a module of that name",
}


@pytest.mark.parametrize(("kind", "name"), REFUSED)
def test_a_name_that_cannot_be_is_refused(kind: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=REFUSED[kind, name]):
        write_new(kind, name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["jitter.py", "test_jitter.py"])
def test_nothing_is_overwritten(there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(there).write_text("mine")
    refused = CliRunner().invoke(app, ["new", "augmentation", "jitter"])
    assert refused.exit_code == 2
    assert f"{there}: is there already, and stays as it is" in refused.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_it_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(app, ["new", "augmentation", "jitter"]).stdout
    assert "jitter.py: change it to what you want\n" in told
    assert "test_jitter.py: its test, which passes as it is: python -m pytest test_jitter.py\n" in told
    assert "in a sweep file: plugins: [jitter.py], and in base or factors augmentations: [jitter]\n" in told
