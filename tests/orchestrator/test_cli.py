"""The command line: its surface, its help, its exit codes and its one-line errors."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from orchestrator.store import Store
from tests.orchestrator.conftest import Design

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]

SWEEP, STORE, DEBUG = ("sweep", None), ("--store", "runs"), ("--debug", False)
JSON = ("--json", False)
DATA, SET, FCN = ("--data-dir", None), ("--set", None), ("--fcn-weights", None)
PLUGIN = ("--plugin", None)
CHOSEN = {SET, PLUGIN, ("--profile", None), ("--seeds", None), ("--available", False)}
RACE = {("--until-decided", False), ("--max-seeds", None)}
LAUNCH = {
    *CHOSEN,
    SWEEP,
    STORE,
    DATA,
    SET,
    FCN,
    DEBUG,
    ("--workers", None),
    ("--threads", 1),
    ("--address", None),
    ("--gpus-per-trial", None),
    ("--pack", None),
    ("--graphs", False),
    ("--deterministic", False),
    ("--no-samples", False),
    ("--unprune", False),
    ("--wandb", None),
    *RACE,
    ("--max-trials", None),
    ("--max-hours", None),
}
SURFACE = {
    "sweeps": {DEBUG},
    "plan": {SWEEP, STORE, DATA, *CHOSEN, FCN, ("--workers", None), *RACE, JSON, DEBUG},
    "launch": LAUNCH,
    "resume": LAUNCH,
    "status": {SWEEP, STORE, DATA, *CHOSEN, ("--watch", False), JSON, DEBUG},
    "report": {
        SWEEP,
        STORE,
        ("--out", None),
        ("--profile", None),
        PLUGIN,
        ("--seeds", None),
        JSON,
        ("--pool", False),
        ("--partial", False),
        ("--beside", None),
        ("--only", None),
        ("--format", "png,pdf"),
        ("--style", "page"),
        ("--appendix", False),
        ("--with-samples", False),
        DATA,
        DEBUG,
    },
    "views": {("dataset", None), ("--augmentations", None), ("--out", None), PLUGIN, DATA, DEBUG},
    "redraw": {("manifest", None), ("--out", None), PLUGIN, DEBUG},
    "new": {("kind", None), ("name", None), DEBUG},
    "show": {("trial", None), STORE, JSON, DEBUG},
    "sample": {
        ("trial", None),
        ("--out", None),
        ("--count", 100),
        ("--class", None),
        ("--seed", 0),
        ("--guidance-scale", None),
        PLUGIN,
        STORE,
        DATA,
        DEBUG,
    },
    "data list": {DATA, DEBUG},
    "confirm": {
        SWEEP,
        SET,
        ("--profile", None),
        ("--seeds", None),
        ("--suggestion", None),
        ("--fresh", 4),
        ("--out", None),
        PLUGIN,
        STORE,
        DATA,
        DEBUG,
    },
    "check": {("--store", "runs"), ("--repair", False), DEBUG},
    "data fetch": {("name", None), DATA, DEBUG},
    "import csv": {("file", None), ("--mapping", None), ("--name", None), STORE, DEBUG},
    "import wandb": {("projects", None), ("--mapping", None), ("--name", None), STORE, DEBUG},
}
"""Each command's arguments and options, with their defaults."""


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NCVQ_STORE", "NCVQ_DATA", "NCVQ_GRAPHS", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")


def ncvq(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refusal(*arguments: str | Path) -> str:
    """The one line that a usage error prints."""
    result = ncvq(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def commands(group: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        nested = hasattr(command, "commands")
        found |= commands(command, f"{prefix}{name} ") if nested else {f"{prefix}{name}": command}
    return found


ALL = commands(typer.main.get_command(app))


def surface(command: Any) -> set[tuple[str, Any]]:
    names = {parameter: next((o for o in parameter.opts if o.startswith("--")), None) for parameter in command.params}
    return {
        (option or parameter.name, str(parameter.default) if isinstance(parameter.default, Path) else parameter.default)
        for parameter, option in names.items()
        if option != "--help"
    }


def test_the_surface() -> None:
    assert {name: surface(command) for name, command in ALL.items()} == SURFACE


@pytest.mark.parametrize("name", list(SURFACE))
def test_help_shows_an_example(name: str) -> None:
    result = ncvq(*name.split(), "--help")
    assert result.exit_code == 0
    assert f"Example: ncvq {name}" in result.stdout
    assert str(ALL[name].help).splitlines()[0][:40] in result.stdout


def test_shell_completion_exists() -> None:
    assert "--install-completion" in ncvq("--help").stdout


def test_the_module_is_the_same_program() -> None:
    command = [sys.executable, "-m", "orchestrator", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "Usage: ncvq [OPTIONS] COMMAND [ARGS]..." in done.stdout


def test_a_wrong_switch_to_plain_torch_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NCVQ_PLAIN", "yes")
    line = refusal("launch", "quickstart", "--store", tmp_path / "s")
    assert line == "ncvq: NCVQ_PLAIN = 'yes': must be 1 (plain torch alone) or 0"
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("columns", ["20", "30", "42"])
def test_sweeps_never_cuts_a_name(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    words = ncvq("sweeps").stdout.split()
    for name in ("aug-recon-weight:", "stage2-embedding:", "aug_recon_weight\N{NO-BREAK SPACE}(4)", "reconstruction"):
        assert all(part in words for part in name.split())


@pytest.mark.parametrize("file", sorted((ROOT / "sweeps").glob("*.yaml")), ids=lambda file: file.stem)
def test_lines_of_the_named_sweeps_fit(file: Path) -> None:
    assert max(map(len, file.read_text(encoding="utf-8").splitlines())) <= 100


def test_version() -> None:
    result = ncvq("--version")
    assert (result.exit_code, result.stdout) == (0, f"ncvq {version('ncvq')}\n")


@pytest.mark.parametrize("command", [[], ["launch"], ["data"], ["data", "fetch"]])
def test_h_is_help(command: list[str]) -> None:
    short, long = (ncvq(*command, option) for option in ("-h", "--help"))
    assert short.exit_code == 0
    assert short.stdout == long.stdout
    assert "-h, --help" in short.stdout


@pytest.mark.parametrize("command", ["plan", "launch", "status"])
def test_a_file_that_is_not_there(command: str, tmp_path: Path) -> None:
    line = refusal(command, tmp_path / "nofile.yaml", "--store", tmp_path / "s")
    assert line.startswith(f"ncvq: {tmp_path / 'nofile.yaml'}: there is no such file; ")
    named = refusal(command, "main.yaml", "--store", tmp_path / "s")
    assert named == "ncvq: main.yaml: there is no such file; did you mean the named sweep 'main'?"


@pytest.mark.parametrize("columns", ["80", "200"])
def test_sweeps_lists_the_named_ones(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = ncvq("sweeps")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= min(int(columns), 100)
    assert all(line == line.rstrip() for line in lines)
    assert "aug-recon-weight: 272 trials, --profile small" in lines
    assert "aug_recon_weight\N{NO-BREAK SPACE}(4)" in result.stdout


def test_data_fetch_says_where_a_dataset_is() -> None:
    result = ncvq("data", "fetch", "GunPoint")
    assert result.exit_code == 0
    assert result.stdout.startswith("GunPoint (bundled): ")
    assert "unknown dataset 'GunPiont' (did you mean 'GunPoint'?)" in refusal("data", "fetch", "GunPiont")


def test_data_list_shows_the_bundled_datasets() -> None:
    result = ncvq("data", "list")
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if "ItalyPowerDemand" in line]
    assert [cell.strip() for cell in line.split("│")[2:8]] == ["bundled", "67", "1029", "1", "24", "2"]


# Usage errors


@pytest.mark.parametrize("command", ["plan", "launch", "resume", "status"])
def test_an_unknown_sweep(command: str, tmp_path: Path) -> None:
    line = refusal(command, "quikstart", "--store", tmp_path / "s")
    assert line.startswith("ncvq: unknown sweep 'quikstart' (did you mean 'quickstart'?); valid: quickstart")
    assert not (tmp_path / "s").exists()


def test_debug_shows_the_traceback() -> None:
    result = ncvq("plan", "quikstart", "--debug")
    assert result.exit_code == 1
    assert type(result.exception).__name__ == "SweepError"
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "plan", "quikstart", "--debug"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")


def test_an_unknown_setting(tiny_file: Path) -> None:
    assert "unknown setting 'epoch' (did you mean 'epochs'?)" in refusal("plan", tiny_file, "--set", "epoch=3")


def test_a_data_folder_that_is_not_there(tiny_file: Path, tmp_path: Path) -> None:
    line = refusal("launch", tiny_file, "--store", tmp_path / "s", "--data-dir", tmp_path / "archive")
    assert "archive: no such folder" in line
    assert not (tmp_path / "s").exists()


def test_an_unknown_tracking_mode(tiny_file: Path, tmp_path: Path) -> None:
    line = refusal("launch", tiny_file, "--store", tmp_path / "s", "--wandb", "cloud")
    assert line == "ncvq: unknown W&B mode 'cloud'; valid: disabled, offline, online"
    assert not (tmp_path / "s").exists()


def test_bfloat16_on_a_processor_without_it(tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ncvq_core.training.precision.has_bfloat16", lambda device: False)
    given = (tiny_file, "--store", tmp_path / "s", "--set", "precision=bf16")
    line = refusal("launch", *given)
    assert line.startswith("ncvq: precision bf16 (4 trials): this processor has no bfloat16 arithmetic")
    assert not (tmp_path / "s").exists()
    planned = ncvq("plan", *given)
    assert planned.exit_code == 0
    assert planned.stdout.splitlines()[-1] == line.removeprefix("ncvq: ")
    assert "bf16" not in ncvq("plan", tiny_file, "--store", tmp_path / "s").stdout


@pytest.mark.parametrize("command", [("status", "quickstart"), ("report", "quickstart"), ("show", "1a2b")])
def test_no_store(command: tuple[str, ...], tmp_path: Path) -> None:
    line = refusal(*command, "--store", tmp_path / "s")
    assert line.startswith("ncvq: ")
    assert "no ncvq store here" in line or "no store at" in line


def test_a_report_of_a_sweep_that_was_not_launched(finished_folder: Path) -> None:
    assert "sweep 'quickstart' is not in the store" in refusal("report", "quickstart", "--store", finished_folder)


def test_a_wrong_option_is_a_usage_error() -> None:
    assert ncvq("launch", "quickstart", "--worker", "2").exit_code == 2
    assert ncvq("launch", "quickstart", "--workers", "-1").exit_code == 2


# What commands print


def test_plan_runs_nothing(tiny_file: Path, tmp_path: Path) -> None:
    result = ncvq("plan", tiny_file, "--store", tmp_path / "s", "--workers", "2")
    assert result.exit_code == 0
    assert "stage 1 runs: 4 (shared: 0)" in result.stdout
    assert "with 2 workers" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_plan_of_a_finished_sweep_has_nothing_to_run(tiny_file: Path, finished: Store) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.path.rglob("*")}
    result = ncvq("plan", tiny_file, "--store", finished.path)
    assert "stage 1 runs: 0" in result.stdout
    assert "expected" not in result.stdout
    assert {path: path.stat().st_mtime_ns for path in finished.path.rglob("*")} == before


def test_status(tiny_file: Path, finished: Store) -> None:
    result = ncvq("status", tiny_file, "--store", finished.path, "--set", "seed=[0, 1, 2]")
    assert result.exit_code == 0
    assert "tiny: 6 trials: 4 done, 2 missing" in result.stdout
    assert "nobody is running in this store" in result.stdout


def test_status_loads_nothing_slow(tiny_file: Path, finished: Store) -> None:
    """Rows are read, which takes pyarrow, but a quarter of a second less without pandas."""
    code = (
        "import sys; from orchestrator.cli.app import app\n"
        "app(['status', *sys.argv[1:]], standalone_mode=False)\n"
        "print('loaded:', *(name for name in ('torch', 'pandas', 'ray') if name in sys.modules))"
    )
    words = [sys.executable, "-c", code, str(tiny_file), "--store", str(finished.path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert told[0] == "tiny: 4 trials: 4 done"
    assert told[-1] == "loaded:"


def test_status_watch_ends_when_nobody_runs(tiny_file: Path, finished: Store) -> None:
    assert ncvq("status", tiny_file, "--store", finished.path, "--watch").exit_code == 0


def test_a_launch_with_failures_says_what_to_do(
    tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ncvq_core.stages.tokenizer.run.Stage1Run.step", lambda run: 1 / 0)
    store = tmp_path / "s"
    result = ncvq("launch", tiny_file, "--store", store, "--workers", "0", "--set", "seed=[0]", "--set", "ssl=[none]")
    assert result.exit_code == 1
    (trial_id,) = Store(store).trial_ids()
    lines = result.stdout.splitlines()
    reason = "ZeroDivisionError: division by zero"
    assert lines[-3] == f"0 of 1 trials have a result in {store}"
    assert lines[-2] == f"failed {trial_id} ssl=none seed=0: {reason} (details: ncvq show {trial_id} --store {store})"
    expected = f"ncvq resume {tiny_file} --store {store} --set 'seed=[0]' --set 'ssl=[none]'"
    assert lines[-1] == f"retry what failed with: {expected}"
    status = ncvq("status", tiny_file, "--store", store, "--set", "seed=[0]", "--set", "ssl=[none]").stdout
    assert f"failed {trial_id} ssl=none seed=0: {reason}" in status
    assert "Traceback (most recent call last)" in ncvq("show", trial_id, "--store", store).stdout


def test_show(finished: Store, design: Design) -> None:
    trial_id = design().cells[-1].config.trial_id
    for prefix in (trial_id, trial_id[:6]):
        result = ncvq("show", prefix, "--store", finished.path)
        assert result.exit_code == 0
        for text in (trial_id, "barlowtwins", "val_loss", "torch_version", "data_checksum"):
            assert text in result.stdout


def test_show_of_no_trial_and_of_several(finished: Store) -> None:
    ids = finished.trial_ids()
    assert refusal("show", "zz", "--store", finished.path).endswith(f"it holds 4: {', '.join(ids)}")
    assert refusal("show", "", "--store", finished.path).startswith("ncvq: TRIAL is empty")
    near = ids[0][:-1]
    finished.write_trial({**(finished.read_trial(ids[0]) or {}), "trial_id": f"{near}x"}, [])
    words = f"ncvq: trial '{near}' is ambiguous, 2 ids start with it: {ids[0]}, {near}x"
    assert refusal("show", near, "--store", finished.path) == words


@pytest.mark.thorough
def test_report_prints_every_comparison_as_json(tiny_file: Path, finished: Store, tmp_path: Path) -> None:
    told = json.loads(ncvq("report", tiny_file, "--store", finished.path, "--out", tmp_path / "out", "--json").stdout)
    assert {(row["factor"], row["level"]) for row in told["claims"]} == {("ssl", "barlowtwins")}
    assert {row["metric"] for row in told["claims"]} >= {"val_loss", "probe_svm"}


def test_report_answers_and_names_its_page(tiny_file: Path, finished: Store, tmp_path: Path) -> None:
    result = ncvq("report", tiny_file, "--store", finished.path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "# tiny"
    assert lines[-1] == f"report: {tmp_path}/out/index.html"
    assert result.stdout.startswith((tmp_path / "out" / "report.md").read_text())
    assert (tmp_path / "out" / "index.html").exists()


def test_one_figure_is_drawn_and_drawn_again(tiny_file: Path, finished: Store, tmp_path: Path) -> None:
    report = ("report", tiny_file, "--store", finished.path, "--out", tmp_path / "out")
    result = ncvq(*report, "--only", "curves_stage1_loss")
    figures = tmp_path / "out" / "figures"
    assert result.stdout.splitlines() == [
        f"figure: {figures}/curves_stage1_loss.{suffix}" for suffix in ("png", "pdf", "json")
    ]
    assert not (tmp_path / "out" / "index.html").exists()
    again = ncvq("redraw", figures / "curves_stage1_loss.json", "--out", tmp_path / "again.png")
    assert again.stdout == f"redrawn, the same pixels: {tmp_path}/again.png\n"
    assert (tmp_path / "again.png").read_bytes() == (figures / "curves_stage1_loss.png").read_bytes()
    words = refusal(*report, "--only", "curvse")
    assert words.startswith("ncvq: no figure of this sweep is called 'curvse': curves, ")
    assert "No such file" in refusal("redraw", figures / "nothing.json")
