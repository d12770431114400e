"""Watches, from a thread of Ray's driver process, that Ray and the launch are still there."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from pathlib import Path
from typing import Any

import ray

from orchestrator.execution.ray.process import kill_session

WATCH_SECONDS = 0.5
ASK_SECONDS = 5.0
"""How often the cluster is asked for its nodes."""
PATIENCE_SECONDS = 45.0
"""How long it may take to answer."""
LOCAL_PROCESSES = {"raylet": "raylet", "gcs_server": "GCS"}


def watch_launch(scratch: Path) -> None:
    """End this process, and all that it started, as soon as its parent is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        end_all(scratch)

    threading.Thread(target=watch, daemon=True).start()


def end_all(scratch: Path) -> None:
    """End every process of this session, this one last, and remove what they wrote."""
    kill_session(os.getsid(0), spare=os.getpid())
    shutil.rmtree(scratch.parent, ignore_errors=True)
    os._exit(1)


def watch_ray(tell: Callable[[str], None]) -> None:
    """Tell once, in words, when the node that this driver hangs on is dead; then Tune would wait for ever."""

    def watch() -> None:
        nodes = Nodes()
        while (death := dead_process() or nodes.death()) is None:
            time.sleep(WATCH_SECONDS)
        tell(death)

    threading.Thread(target=watch, daemon=True).start()


def dead_process() -> str | None:
    """Say which process of a Ray that was started here is dead; None where none is, or it was not started here."""
    node = ray._private.worker._global_node
    processes: dict[str, list[Any]] = node.all_processes if node else {}
    for kind, name in LOCAL_PROCESSES.items():
        for each in processes.get(kind, []):
            if each.process.poll() is not None:
                return f"Ray's node process died ({name}, process {each.process.pid})"
    return None


class Nodes:
    """Asks the cluster every few seconds whether this driver's node lives, in a thread that may hang."""

    def __init__(self) -> None:
        """Ask for the first time after a while."""
        self._pool = ThreadPoolExecutor(1)
        self._node = ray.get_runtime_context().get_node_id()
        self._asked = time.monotonic()
        self._answer: Future[list[dict[str, object]]] | None = None

    def death(self) -> str | None:
        """Say why the node counts as dead; None while it lives, or the answer is not there yet."""
        waited = time.monotonic() - self._asked
        if self._answer is None:
            if waited > ASK_SECONDS:
                self._asked, self._answer = time.monotonic(), self._pool.submit(ray.nodes)
            return None
        try:
            nodes = self._answer.result(0)
        except LateError:
            return f"Ray has not answered for {PATIENCE_SECONDS:.0f} s" if waited > PATIENCE_SECONDS else None
        except Exception as error:
            return f"Ray cannot be asked for its nodes ({type(error).__name__})"
        self._answer = None
        alive = [node["NodeID"] for node in nodes if node["Alive"]]
        if self._node in alive:
            return None
        return f"Ray counts this machine's node as dead; {len(alive)} others live"
