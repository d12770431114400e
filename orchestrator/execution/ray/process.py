"""The process in which Ray's driver lives: there it may hang, print or die without taking the launch along."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from ncvq_core.packages import search_path
from orchestrator.errors import RayError
from orchestrator.execution.settings import WorkerSettings

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1e9",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
}
_END_SECONDS = 3.0
_TOKEN_FILE = Path("~/.ray/auth_token")


@dataclass(frozen=True, kw_only=True)
class RayOptions:
    """Where and how wide to run."""

    workers: int | None
    """How many packs run at a time; None, with an address, as many as the cluster has room for."""
    address: str | None = None
    """Ray cluster to join, such as `auto`; None starts Ray here for the time of the launch."""
    gpus_per_trial: float = 0.0
    silence_seconds: float = 900.0
    """A worker that gives no sign for so long is replaced."""


class Call(NamedTuple):
    """What the process says: the name of something that happened, and what belongs to it."""

    name: str
    arguments: tuple[Any, ...]


class RayLostError(RayError):
    """Ray died, or its driver did."""


class RayRefusedError(RayError):
    """Ray, or the cluster, said no."""


class RayProcess:
    """A process of Ray's driver, and all that it starts on this machine; they form a session of their own.

    Args:
        options: where to run.
        worker: what all jobs have in common.
        scratch: folder for everything that Ray and its workers write beside the store.
    """

    def __init__(self, options: RayOptions, worker: WorkerSettings, scratch: Path, *, token: bool = False) -> None:
        """Start it; with `token`, it shows Ray's token to the cluster."""
        self._folder = scratch / "ray"
        self._folder.mkdir()
        ours, theirs = socket.socketpair()
        self._link = Connection(ours.detach())
        with theirs, (self._folder / "driver.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "orchestrator.execution.ray.driver", str(theirs.fileno()), str(self._folder)],
                pass_fds=[theirs.fileno()],
                cwd=self._folder,  # Ray lets its workers import from there: nothing of the user's has our names
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(options, self._folder) | ({"RAY_AUTH_MODE": "token"} if token else {}),
                start_new_session=True,
            )
        self._link.send((options, worker))

    def receive(self, seconds: float) -> Call | None:
        """Return what the process says within so many seconds, None where it is silent.

        Raises:
            RayLostError: it is no longer there.
        """
        try:
            return Call(*self._link.recv()) if self._link.poll(seconds) else None
        except (EOFError, OSError) as error:
            status = self._process.wait(_END_SECONDS)
            how = f"signal {-status}" if status < 0 else f"exit code {status}"
            raise RayLostError(f"Ray's driver process {self._process.pid} died ({how})") from error

    def reply(self, value: object) -> None:
        """Answer the last call."""
        with contextlib.suppress(OSError):  # the next `receive` says that it is gone
            self._link.send(value)

    def end(self) -> None:
        """End it and all that it started here, at once, and remove what they wrote."""
        kill_session(self._process.pid)  # first: who finds the link closed takes the launch for gone, and cleans up
        self._process.wait()
        self._link.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def kill_session(session: int, *, spare: int | None = None) -> None:
    """Kill every process of a session, such as Ray's workers that outlived it, but for one that is spared."""
    until = time.monotonic() + _END_SECONDS
    while found := [process for process in _processes_of(session) if process != spare]:
        for process in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        if time.monotonic() > until:
            return
        time.sleep(0.02)


def _processes_of(session: int) -> list[int]:
    """Return the processes of a session that have not ended; without /proc, its first one."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, its_session = file.read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state not in "ZX":
                found.append(int(file.parent.name))
    if not Path("/proc/self/stat").exists():
        with contextlib.suppress(ProcessLookupError):
            os.kill(session, 0)
            found.append(session)
    return found


def _environment(options: RayOptions, folder: Path) -> dict[str, str]:
    """Return the environment of the process: quiet, with our modules, and with temporary files below a folder."""
    ours = {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(search_path()), "TMPDIR": str(folder)}
    if options.address:  # `auto` is looked up where `ray start` wrote it
        usual = os.environ.get("TMPDIR", "/tmp") if sys.platform == "linux" else "/tmp"
        return {"RAY_TMPDIR": usual, **ours}
    ours["RAY_TMPDIR"] = str(folder)
    if "RAY_AUTH_MODE" not in os.environ:  # as Ray does, but without a token in the home folder
        ours |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": os.urandom(32).hex()}
    return ours


def token_at_hand() -> bool:
    """Whether this user has a token of Ray's that nobody said to use: a cluster may ask for it all the same.

    `ray start` does where the file is there; joining such a cluster without it fails.
    """
    if "RAY_AUTH_MODE" in os.environ:
        return False
    return bool(os.environ.keys() & {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}) or _TOKEN_FILE.expanduser().exists()
