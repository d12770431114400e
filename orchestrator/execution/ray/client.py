"""Runs stages on Ray: this side of the process in which its driver lives, and what is done when Ray dies."""

import os
import time

from ncvq_core.errors import ConfigError
from orchestrator.errors import RayError
from orchestrator.execution.executor import Executor
from orchestrator.execution.packs import Packs
from orchestrator.execution.ray.process import (
    Call,
    RayLostError,
    RayOptions,
    RayProcess,
    RayRefusedError,
    token_at_hand,
)
from orchestrator.planning.capacity import Capacity

TICK_SECONDS = 0.2
RESTARTS = 3
"""So often in a row, without a stage that ends in between, Ray is started anew."""
DRIVER_SECONDS = 300.0
"""Ray's driver speaks several times a second; after so long without a word it counts as dead."""
CHECKPOINT_SECONDS = 60.0
"""So long a launch that is to stop waits for checkpoints."""


class RayExecutor(Executor):
    """Workers of Ray's, here or on a cluster; Ray is started again when it dies."""

    def execute(self, packs: Packs) -> None:
        """Run every stage, or as many as there are before the user stops it.

        Raises:
            RayError: Ray does not start, or dies again and again; what ended is kept.
            ConfigError: a variable of the environment is no number of seconds.
        """
        packs.listener.say(_opening(self.capacity, start_seconds()))
        options = RayOptions(
            workers=self.capacity.workers,
            address=self.capacity.address,
            gpus_per_trial=self.capacity.gpus,
            silence_seconds=silence_seconds(),
        )
        deaths, token = 0, False
        while True:
            ended, process = packs.ended, RayProcess(options, self.worker, self.scratch, token=token)
            try:
                return _Supervisor(process, packs, options).run()
            except RayError as error:
                running = packs.put_back_all()
                if packs.stopping:
                    return None
                if isinstance(error, RayRefusedError) and options.address and token_at_hand() and not token:
                    token = True
                    packs.listener.say(
                        f"{options.address} does not take this launch as it is; trying again with Ray's token …"
                    )
                    continue
                if not deaths and not isinstance(error, RayLostError):
                    raise  # it never ran here
                deaths = deaths + 1 if packs.ended == ended else 1
                if deaths > RESTARTS:
                    raise RayError(f"{error}; that was the {deaths}th time in a row") from error
                packs.listener.say(f"{error}: Ray is started again, {_stages(running)}")
            finally:
                process.end()


class _Supervisor:
    """Serves one process of Ray's driver, until all is done or Ray is lost."""

    def __init__(self, process: RayProcess, packs: Packs, options: RayOptions) -> None:
        self.process = process
        self.packs = packs
        self.options = options
        self._stop_by: float | None = None

    def run(self) -> None:
        """Serve it.

        Raises:
            RayLostError: Ray is dead.
            RayError: it did not start.
        """
        if not self._started():
            return
        heard = time.monotonic()
        while True:
            call = self.process.receive(TICK_SECONDS)
            self.packs.tick()
            heard = heard if call is None else time.monotonic()
            self._check_signs(heard)
            if call is not None:
                if call.name == "ended":
                    return
                self._answer(call)
            if self.options.address is None and self.packs.queue.finished:
                return  # all is in the store; Tune would now read what it wrote of each trial, for nobody
            if self.packs.stopping and self._need_not_wait():
                return

    def _check_signs(self, heard: float) -> None:
        """Make sure that the driver speaks, and that workers start; on a cluster they may wait for room."""
        if time.monotonic() - heard > DRIVER_SECONDS:
            raise RayLostError(f"Ray's driver has given no sign for {DRIVER_SECONDS:.0f} s")
        waits = self.packs.waiting_seconds()
        if self.options.address is None and waits > self.options.silence_seconds:
            raise RayLostError(f"a worker has not started for {waits:.0f} s")

    def _started(self) -> bool:
        """Wait until Ray is up; returns whether it is, which it need not be where the user stops the launch."""
        limit = start_seconds()
        until = time.monotonic() + limit
        while not self.packs.stopping:
            call = self.process.receive(TICK_SECONDS)
            self.packs.tick()
            if call is not None and call.name == "up":
                self.packs.share_among(self.options.workers or call.arguments[0])
                self.process.reply((None, False))
                return True
            if call is not None:
                raise RayRefusedError(_not_started(self.options, str(call.arguments[0])))
            if time.monotonic() > until:
                raise RayError(_not_started(self.options, f"no sign within {limit:g} s (NCVQ_RAY_START_SECONDS)"))
        return False

    def _answer(self, call: Call) -> None:
        if call.name == "lost":
            raise RayLostError(str(call.arguments[0]))
        value = None if call.name == "tick" else getattr(self.packs, call.name)(*call.arguments)
        self.process.reply((value, self.packs.stopping))

    def _need_not_wait(self) -> bool:
        """Whether a launch that is to stop may end at once: nothing runs, or its checkpoint takes too long."""
        self._stop_by = self._stop_by or time.monotonic() + CHECKPOINT_SECONDS
        return not self.packs.running or time.monotonic() > self._stop_by


def start_seconds() -> float:
    """Return how long Ray may take to start, or a cluster to answer.

    Raises:
        ConfigError: the environment variable is no number above 0.
    """
    return _seconds("NCVQ_RAY_START_SECONDS", 120.0)


def silence_seconds() -> float:
    """Return after how long without a sign a worker is replaced.

    Raises:
        ConfigError: the environment variable is no number above 0.
    """
    return _seconds("NCVQ_SILENCE_SECONDS", 900.0)


def _seconds(variable: str, usual: float) -> float:
    text = os.environ.get(variable, "")
    try:
        value = float(text or usual)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ConfigError(f"{variable}={text}: must be a number of seconds above 0")
    return value


def _opening(capacity: Capacity, seconds: float) -> str:
    """Say what is about to start, and what a worker has, where that is not one stage on a CPU."""
    words = [f"{capacity.gpus:g} GPU each"] if capacity.gpus else []
    words += [f"up to {capacity.pack} trials side by side"] if capacity.pack > 1 else []
    beside = f" ({', '.join(words)})" if words else ""
    if capacity.address is None:
        return f"starting Ray workers: {capacity.workers}{beside} …"
    many = "as many workers as there is room for" if capacity.workers is None else f"{capacity.workers} workers"
    return f"connecting to the Ray cluster at {capacity.address}, for at most {seconds:g} s; {many}{beside} …"


def _not_started(options: RayOptions, why: str) -> str:
    if options.address is None:
        return f"Ray did not start: {why}; try again, or run without it: --workers 0"
    return (
        f"no Ray cluster at {options.address}: {why}; does `ray status` answer there, and have both "
        "sides the same RAY_AUTH_MODE and token (see the README)? Or run without Ray: --workers 0"
    )


def _stages(count: int) -> str:
    if count == 0:
        return "nothing was running"
    return "the stage that was running goes on" if count == 1 else f"the {count} stages that were running go on"
