"""The process of Ray's driver: what it is told, and that nothing of it is left."""

import subprocess
import sys
from pathlib import Path

import pytest

from ncvq_core.errors import ConfigError
from orchestrator.execution.ray.client import silence_seconds, start_seconds
from orchestrator.execution.ray.process import RayOptions, _environment, kill_session, token_at_hand
from tests.orchestrator.processes import processes_with, wait_for_the_end

FAMILY = """\
import os, subprocess, sys, time
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, __file__, "child"], preexec_fn=lambda: os.setpgid(0, 0))
print("up", flush=True)
time.sleep(600)
"""


def family(folder: Path, mark: str) -> subprocess.Popen[str]:
    """Start a process and its child, which has a process group of its own as Ray's workers have."""
    script = folder / "family.py"
    script.write_text(FAMILY)
    process = subprocess.Popen(
        [sys.executable, str(script)], env={"MARK": mark}, text=True, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["up\n", "up\n"]
    return process


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
def test_all_of_a_session_is_ended_or_all_but_one(tmp_path: Path, mark: str) -> None:
    process = family(tmp_path, mark)
    kill_session(process.pid, spare=process.pid)
    assert processes_with(mark) == {process.pid}
    kill_session(process.pid)
    assert not wait_for_the_end(mark, 5)
    process.communicate()  # reads to the end, which no heir of the pipe holds open
    kill_session(process.pid)  # nothing to do


def test_orphans_of_a_session_are_ended(tmp_path: Path, mark: str) -> None:
    process = family(tmp_path, mark)
    process.kill()
    process.wait()
    assert len(processes_with(mark)) == 1
    kill_session(process.pid)
    assert not wait_for_the_end(mark, 5)
    process.communicate()


def test_a_ray_of_the_launch_s_own_has_its_own_token_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    first, second = (_environment(RayOptions(workers=1), tmp_path) for _ in range(2))
    assert first["RAY_AUTH_MODE"] == "token"
    assert first["RAY_AUTH_TOKEN"] != second["RAY_AUTH_TOKEN"]
    assert first["TMPDIR"] == first["RAY_TMPDIR"] == str(tmp_path)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    told = _environment(RayOptions(workers=1), tmp_path)
    assert told["RAY_AUTH_MODE"] == "disabled"
    assert "RAY_AUTH_TOKEN" not in told


def test_a_cluster_is_looked_up_where_ray_start_left_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_TMPDIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    auto = RayOptions(workers=None, address="auto")
    environment = _environment(auto, tmp_path)
    assert (environment["RAY_TMPDIR"], environment["TMPDIR"]) == ("/tmp", str(tmp_path))
    assert "RAY_AUTH_MODE" not in environment
    monkeypatch.setenv("RAY_TMPDIR", "/scratch")
    assert _environment(auto, tmp_path)["RAY_TMPDIR"] == "/scratch"


def test_a_token_is_at_hand_where_a_file_or_variable_has_one_and_nobody_said_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not token_at_hand()
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("abc")
    assert token_at_hand()
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    assert not token_at_hand()


@pytest.mark.parametrize("value", ["", "7.5"])
def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NCVQ_RAY_START_SECONDS", value)
    monkeypatch.setenv("NCVQ_SILENCE_SECONDS", value)
    assert (start_seconds(), silence_seconds()) == ((7.5, 7.5) if value else (120, 900))


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NCVQ_RAY_START_SECONDS", value)
    with pytest.raises(ConfigError, match=f"NCVQ_RAY_START_SECONDS={value}: must be a number of seconds above 0"):
        start_seconds()
