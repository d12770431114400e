"""Why a worker of Ray's died, as far as Ray says."""

import re
from dataclasses import dataclass
from typing import Any

import ray.exceptions
from ray.air.execution._internal.event_manager import RayEventManager

from orchestrator.errors import CaptureError
from orchestrator.execution.death import Death

_MACHINE = r"was ([\d.]+GB used / [\d.]+GB)"
_WORKER = r"actual memory used=([\d.]+)GB"
"""What the memory monitor says (2.60) of the machine, and of the worker that it ended."""
_NODE = ("node has died", "node died", "node has crashed", "node was terminated", "node was preempted")


class KilledForMemoryError(ray.exceptions.RayActorError):
    """Ray's memory monitor ended a worker."""


@dataclass
class LastError:
    """What went wrong last, as Ray raised it: Tune's own record of it comes too late for its callbacks."""

    error: Exception | None = None


def note_errors() -> LastError:
    """Take note of each error of an actor before Tune does, and let Tune survive the memory monitor.

    Ray raises `OutOfMemoryError` where its monitor ended a worker. Tune (2.60) knows no such death: it ends the whole
    run with a RuntimeError (`RayActorManager._actor_task_failed`). So it is told of an actor that died.
    """
    last, track = LastError(), RayEventManager.track_future

    def tracked(manager: Any, future: Any, on_result: Any = None, on_error: Any = None) -> None:
        def noted(error: Exception) -> None:
            short = isinstance(error, ray.exceptions.OutOfMemoryError)
            last.error = KilledForMemoryError(error_msg=str(error)) if short else error
            on_error(last.error)

        track(manager, future, on_result, noted if on_error else None)

    RayEventManager.track_future = tracked  # type: ignore[method-assign,assignment]
    return last


def death_of(error: Exception | None, *, silent: bool) -> Death:
    """Say why a worker died, from the error that Ray raised."""
    text = str(error or "").strip()
    if silent:
        return Death(kind="silent", text=text)
    if isinstance(error, KilledForMemoryError):
        machine, worker = _first(_MACHINE, text), _first(_WORKER, text)
        return Death(kind="memory", reason=machine, ended_by="Ray", worker_bytes=_bytes(worker), text=text)
    if isinstance(error, CaptureError):
        cause = error.cause if isinstance(error, ray.exceptions.RayTaskError) else error
        return Death(kind="capture", reason=cause.reason, stage_id=cause.stage_id, short=cause.short, text=text)
    if isinstance(error, ray.exceptions.RayActorError):
        gone = any(words in text.lower() for words in _NODE)
        return Death(kind="node" if gone else "process", text=text)
    lines = [line.strip() for line in text.splitlines() if line.strip() not in ("", "None")]
    return Death(kind="raised", reason=lines[-1] if lines else "", text=text)


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _bytes(gigabytes: str) -> int:
    return round(float(gigabytes) * 2**30) if gigabytes else 0
