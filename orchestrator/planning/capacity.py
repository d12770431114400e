"""How wide a launch runs: the one place that counts workers, and what each of them takes."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from ncvq_core.errors import ConfigError
from orchestrator.planning import machine
from orchestrator.planning.queue import StageTask


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """How many workers there are, and what each of them takes."""

    workers: int | None
    """Packs at a time; 0: in the launching process; None: as many as fit, which a cluster knows when it is there."""
    threads: int
    """CPU threads a worker."""
    gpus: float
    """GPUs a worker, also a part of one."""
    pack: int
    """Stages side by side in a worker, at most."""
    address: str | None = None
    """Of a Ray cluster; None for this machine."""

    @property
    def side_by_side(self) -> int:
        """How many packs run at a time, as far as that is known here."""
        return max(1, self.workers or 1)

    def memory_bytes(self, tasks: Collection[StageTask]) -> int:
        """Return the expected peak memory of a worker: of a pack of the largest of some stages."""
        largest = sorted((task.memory_bytes for task in tasks), reverse=True)[: self.pack]
        return sum(largest)

    def fitted(self, tasks: Collection[StageTask]) -> "Capacity":
        """Return it with the workers counted: those asked for, else all that fit here and have something to do."""
        if self.workers is not None or self.address is not None:
            return self
        fit = gpu_workers(self.gpus) if self.gpus else cpu_workers(self.threads, self.memory_bytes(tasks))
        return dataclasses.replace(self, workers=max(1, min(fit, len(tasks))))


def capacity(
    *,
    workers: int | None = None,
    threads: int = 1,
    gpus: float | None = None,
    pack: int | None = None,
    address: str | None = None,
) -> Capacity:
    """Complete what is asked for by what this machine has.

    Args:
        workers: packs at a time; 0 for this process alone.
        threads: CPU threads a worker.
        gpus: GPUs a worker.
        pack: stages side by side in a worker; None takes one.
        address: of a Ray cluster.

    Raises:
        ConfigError: more GPUs are asked for than this machine has.
    """
    gpus = gpus_of_a_worker(gpus, workers, address)
    return Capacity(workers=workers, threads=threads, gpus=gpus, pack=pack or 1, address=address)


def gpus_of_a_worker(asked: float | None, workers: int | None, address: str | None) -> float:
    """Return how many GPUs a worker takes: those asked for, else one, or its share of fewer; none without a GPU.

    On a cluster, none unless they are asked for.

    Raises:
        ConfigError: more are asked for than this machine has.
    """
    if address is not None:
        return asked or 0.0
    here = machine.gpu_count()
    if asked is None:
        return min(1.0, here / (workers or 1))
    if asked > here:
        raise ConfigError(
            f"--gpus-per-trial {asked:g}: this machine has {here or 'no'} GPU{'s' * (here > 1)} for torch"
        )
    return asked


def cpu_workers(threads: int, memory_bytes: int) -> int:
    """Return how many workers fit on this machine, each of so many threads and such a peak of memory; at least 1."""
    workers = machine.usable_cores() // threads
    available = machine.available_memory()
    if available is not None and memory_bytes:
        workers = min(workers, available // memory_bytes)
    return max(1, workers)


def gpu_workers(gpus: float) -> int:
    """Return how many workers fit on this machine's GPUs; one that takes a part of a GPU stays on that one."""
    here = machine.gpu_count()
    return max(1, here * int(1 / gpus) if gpus < 1 else int(here / gpus))


def cluster_workers(cores: float, gpus: float, threads: int, gpus_each: float) -> int:
    """Return how many workers a cluster of so many cores and GPUs has room for; at least 1."""
    room = cores / threads
    if gpus_each:
        room = min(room, gpus / gpus_each)
    return max(1, int(room))
