"""Why a worker of Ray's died, as far as Ray says."""

from typing import Any

import ray.exceptions
from ray.air.execution._internal import RayActorManager

from orchestrator.packs import Death

_MEMORY = ("out of memory", "running low on memory", "memory pressure", "(OOM)")
_NODE = ("node has died", "node died", "node has crashed", "node was terminated", "node was preempted")


class _KilledForMemoryError(ray.exceptions.RayActorError):
    """Ray's memory monitor ended a worker."""


def survive_memory_deaths() -> None:
    """Let Tune take the end of a worker by Ray's memory monitor for an actor's death.

    Ray raises `OutOfMemoryError` then, which Tune (2.60, `RayActorManager._actor_task_failed`) does not expect: it ends
    the whole run with a RuntimeError.
    """
    fail = RayActorManager._actor_task_failed

    def failed(manager: Any, task: Any, error: Exception) -> None:
        fail(manager, task, _KilledForMemoryError(error_msg=str(error)) if _of_monitor(error) else error)

    RayActorManager._actor_task_failed = failed  # type: ignore[method-assign,assignment]


def death_of(error: Exception | None, *, silent: bool) -> Death:
    """Say why a worker died, from what Tune kept of it."""
    text = str(error or "").strip()
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip() not in ("", "None")), "")
    if silent:
        return Death(kind="silent", text=text)
    if isinstance(error, _KilledForMemoryError):
        return Death(kind="memory", text=text)
    if isinstance(error, ray.exceptions.RayActorError):
        lower = text.lower()
        if any(words in lower for words in _NODE):
            return Death(kind="node", text=text)
        return Death(kind="memory" if any(words in text for words in _MEMORY) else "process", text=text)
    return Death(kind="raised", reason=last, text=text)


def _of_monitor(error: Exception) -> bool:
    return isinstance(error, ray.exceptions.OutOfMemoryError)
