"""Reads projects of Weights & Biases through its public API.

Its client tries again what a server refuses for a moment (too many requests, errors of the server, no connection), and
gives up after PATIENCE_SECONDS, or what `WANDB_HTTP_TIMEOUT` says.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orchestrator.importing.table import ImportingError, Row

PATIENCE_SECONDS = 120
"""For one answer, all that is tried again included."""
PAGE = 50
"""Runs in one answer."""
FINISHED = "finished"
"""The state of a run that has its results."""
STEP = "_step"
"""What the service counts in a history."""
PLUS = "+"
"""Between the entries of a list, as in a level of ours."""


@dataclass(frozen=True, kw_only=True)
class ListedRun:
    """A run as a project lists it."""

    project: str
    """ENTITY/PROJECT."""
    id: str
    """Of the service; unique in its project."""
    state: str
    """FINISHED, or how far it is, or how it ended otherwise."""
    changed: tuple[Any, ...]
    """What is another where something was added to it since."""
    handle: Any
    """The client's own object."""

    @property
    def path(self) -> str:
        """ENTITY/PROJECT/RUN."""
        return f"{self.project}/{self.id}"


class WandbApi:
    """The public API, logged in.

    Raises:
        ImportingError: nobody is logged in, or the server does not answer or know the key.
    """

    def __init__(self) -> None:
        """Import wandb, which takes a while, and log in."""
        with _one_line("Weights & Biases"):
            import wandb

            seconds = float(os.environ.get("WANDB_HTTP_TIMEOUT") or PATIENCE_SECONDS)
            wandb.setup(settings=wandb.Settings(silent=True))
            self._api = wandb.Api(timeout=seconds)  # type: ignore[arg-type]  # it takes any number

    def listed(self, project: str) -> list[ListedRun]:
        """Return all runs of a project, the oldest first.

        Raises:
            ImportingError: there is no such project, or no answer.
        """
        with _one_line(project):
            try:
                return [_listed(project, run) for run in self._api.runs(project, per_page=PAGE)]
            except ValueError as error:
                raise ImportingError(f"{project}: no such project, or none that the key may read ({error})") from error

    def rows(self, runs: Sequence[ListedRun]) -> Iterator[tuple[ListedRun, Row]]:
        """Read the configuration and summary of runs of one project, and which columns their histories have.

        Yields:
            Each run that is still there, its values by column: `id`, `name`, `state`, `group`, `job_type`, and what
            begins with `config.`, `summary.` and `history.`.

        Raises:
            ImportingError: there is no answer.
        """
        for start in range(0, len(runs), PAGE):
            wanted = {run.id: run for run in runs[start : start + PAGE]}
            project = runs[start].project
            with _one_line(project):
                filters = {"name": {"$in": list(wanted)}}
                found = list(self._api.runs(project, filters=filters, per_page=PAGE, lazy=False))
                rows = [(wanted[run.id], _values(run)) for run in found if run.id in wanted]
            for run, values in rows:
                yield run, Row(source=project, place=run.path, values=values)

    def history(self, run: ListedRun) -> Iterator[dict[str, Any]]:
        """Read all that a run logged, its values by column; each step once, also where two parts of it overlap.

        Raises:
            ImportingError: there is no answer.
        """
        with _one_line(run.path):
            seen = set()
            for step in run.handle.scan_history(use_cache=False):
                if step.get(STEP) not in seen:
                    yield {f"history.{key}": value for key, value in step.items()}
                seen.add(step.get(STEP))


def _listed(project: str, run: Any) -> ListedRun:
    changed = (run.heartbeat_at, run.history_line_count)
    return ListedRun(project=project, id=run.id, state=run.state, changed=changed, handle=run)


def _values(run: Any) -> dict[str, Any]:
    keys = (run.history_keys or {}).get("keys") or {}
    return {
        **{name: getattr(run, name) for name in ("id", "name", "state", "group", "job_type")},
        **_flat("config", run.config),
        **_flat("summary", run.summary_metrics),
        **{f"history.{key}": None for key in keys},
    }


def _flat(path: str, value: Any) -> dict[str, Any]:
    """Name the values of nested mappings by their paths; a list is one text."""
    if isinstance(value, dict):
        return {name: leaf for key, inner in value.items() for name, leaf in _flat(f"{path}.{key}", inner).items()}
    return {path: PLUS.join(map(str, value)) if isinstance(value, list) else value}


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Turn what the client raises, of many kinds, into one line that names what was asked for."""
    try:
        yield
    except ImportingError:
        raise
    except Exception as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise ImportingError(f"{what}: {words}") from error
