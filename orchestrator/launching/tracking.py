"""Publishing finished trials to an experiment tracker."""

import os
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from ncvq_core.errors import unknown_name
from orchestrator.launching.rows import metric_columns
from orchestrator.store import Store

Mode = Literal["online", "offline", "disabled"]

MODES: tuple[Mode, ...] = get_args(Mode)


class Tracker(Protocol):
    """Receiver of finished trials."""

    def publish(self, row: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Publish a trial, as the store keeps it."""


class WandbTracker:
    """One Weights & Biases run a trial, under the trial's id, grouped by sweep.

    A trial is published from the store when it is finished, with its whole history: nothing is sent twice or with
    gaps after a crash, and results of earlier launches can be published later.

    Args:
        sweep: name of the sweep, the runs' group.
        store: keeps the run files (below `wandb/`), and notes which trials are published.
        mode: `online` or `offline`.
    """

    def __init__(self, sweep: str, store: Store, mode: Mode) -> None:
        """Import wandb, which takes a while, only when it is used."""
        import wandb

        self._wandb = wandb
        self.sweep = sweep
        self.mode = mode
        self.folder = store.path / "wandb"
        self.folder.mkdir(exist_ok=True)

    def publish(self, row: dict[str, Any], history: list[dict[str, Any]]) -> None:
        """Publish a trial's config, history by epoch, final metrics and provenance, once for each mode."""
        published = self._marker(row["trial_id"])
        if published.exists():
            return
        metrics = {name: row.get(name) for name in metric_columns(row)}
        settings = {key: value for key, value in row.items() if key not in metrics and value is not None}
        settings["started_at"] = str(row["started_at"])
        run = self._wandb.init(
            project="ncvq",
            id=row["trial_id"],
            name=f"{row['dataset']} {row['ssl']} {row['trial_id']}",
            group=self.sweep,
            config=settings,
            dir=self.folder,
            mode=self.mode,
            resume="allow" if self.mode == "online" else None,
            settings=self._wandb.Settings(silent=True, console="off", x_disable_stats=True),
        )
        for step, entry in enumerate(history, start=1):  # epochs start anew in stage 2, steps must not
            values = {key: value for key, value in entry.items() if key not in ("trial_id", "stage")}
            run.log({f"{entry['stage']}/{key}": value for key, value in values.items()}, step=step)
        run.summary.update({name: value for name, value in metrics.items() if value is not None})
        run.finish()
        published.touch()

    def _marker(self, trial_id: str) -> Path:
        return self.folder / f"{trial_id}.{self.mode}"


def tracking_mode(chosen: str | None) -> Mode:
    """Return the W&B mode: the one chosen, else that of `WANDB_MODE`, else disabled.

    Raises:
        ConfigError: there is no such mode.
    """
    name = chosen or os.environ.get("WANDB_MODE") or "disabled"
    mode = next((mode for mode in MODES if mode == name), None)
    if mode is None:
        raise unknown_name("W&B mode", name, MODES)
    return mode


def make_tracker(sweep: str, store: Store, mode: Mode) -> Tracker | None:
    """Return the tracker for a mode, None where nothing is to be published."""
    return None if mode == "disabled" else WandbTracker(sweep, store, mode)
