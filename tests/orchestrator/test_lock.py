"""One running process a store, whose death frees it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.store import Store
from orchestrator.store.errors import StoreBusyError
from orchestrator.store.lock import exclusive, running_owner
from tests.orchestrator.conftest import Design, Launch

HOLD = """\
import sys
from pathlib import Path
from orchestrator.store.lock import exclusive
with exclusive(Path(sys.argv[1]), "ncvq launch other"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(finished: Store) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs in the store."""
    command = [sys.executable, "-c", HOLD, str(finished.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_launch_is_refused_naming_the_first(
    holder: subprocess.Popen[str], finished: Store, design: Design, run_here: Launch
) -> None:
    with pytest.raises(StoreBusyError) as caught:
        run_here(design(seed=[5]), finished.path)
    assert f"`ncvq launch other` (process {holder.pid} on " in str(caught.value)
    owner = running_owner(finished.path)
    assert owner is not None
    assert owner["pid"] == holder.pid
    assert len(finished.trial_ids()) == 4


def test_a_killed_process_holds_nothing(
    holder: subprocess.Popen[str], finished: Store, design: Design, run_here: Launch
) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(timeout=10)
    assert (finished.path / "owner.json").exists()
    assert running_owner(finished.path) is None
    assert run_here(design(), finished.path)[0].exit_code == 0
    assert not (finished.path / "owner.json").exists()


def test_an_owner_that_cannot_be_read_still_refuses(holder: subprocess.Popen[str], finished: Store) -> None:
    (finished.path / "owner.json").write_text("{")
    with pytest.raises(StoreBusyError, match="another process is running here"), exclusive(finished.path, "me"):
        pass


def test_asking_who_runs_writes_nothing(tmp_path: Path) -> None:
    assert running_owner(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
