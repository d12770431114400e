"""Why a worker of Ray's died, as far as Ray says."""

from collections.abc import Callable
from typing import Any

import ray.exceptions
from ray.air.execution._internal.event_manager import RayEventManager

from orchestrator.packs import Death

_MEMORY = ("out of memory", "running low on memory", "memory pressure", "(OOM)")
_NODE = ("node has died", "node died", "node has crashed", "node was terminated", "node was preempted")


class KilledForMemoryError(ray.exceptions.RayActorError):
    """Ray's memory monitor ended a worker."""


def survive_memory_deaths() -> None:
    """Let Tune take the end of a worker by Ray's memory monitor for an actor's death.

    Ray raises `OutOfMemoryError` then, which Tune (2.60) does not expect: from a task of an actor it ends the whole run
    with a RuntimeError (`RayActorManager._actor_task_failed`), from the start of one it is forgotten (`Trial.handle_error`).
    """
    track = RayEventManager.track_future

    def tracked(manager: Any, future: Any, on_result: Any = None, on_error: Any = None) -> None:
        track(manager, future, on_result, _translating(on_error) if on_error else None)

    RayEventManager.track_future = tracked  # type: ignore[method-assign,assignment]


def _translating(on_error: Callable[[Exception], None]) -> Callable[[Exception], None]:
    def translated(error: Exception) -> None:
        of_monitor = isinstance(error, ray.exceptions.OutOfMemoryError)
        on_error(KilledForMemoryError(error_msg=str(error)) if of_monitor else error)

    return translated


def death_of(error: Exception | None, *, silent: bool) -> Death:
    """Say why a worker died, from what Tune kept of it."""
    text = str(error or "").strip()
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip() not in ("", "None")), "")
    if silent:
        return Death(kind="silent", text=text)
    if isinstance(error, KilledForMemoryError):
        return Death(kind="memory", text=text)
    if isinstance(error, ray.exceptions.RayActorError):
        lower = text.lower()
        if any(words in lower for words in _NODE):
            return Death(kind="node", text=text)
        return Death(kind="memory" if any(words in text for words in _MEMORY) else "process", text=text)
    return Death(kind="raised", reason=last, text=text)
