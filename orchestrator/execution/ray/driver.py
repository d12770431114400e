"""`python -m orchestrator.execution.ray.driver`: Ray's driver, in a process that serves one launch and ends with it.

Ray is started before anything else is imported that takes long; torch is imported by workers alone.
"""

import logging
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray

from orchestrator.errors import RayError, one_line
from orchestrator.execution.ray.link import Link
from orchestrator.execution.ray.process import RayOptions
from orchestrator.execution.ray.watch import watch_launch, watch_ray
from orchestrator.execution.settings import WorkerSettings
from orchestrator.planning.capacity import cluster_workers
from orchestrator.planning.machine import gpu_count


def drive(link: Link, folder: Path, worker: WorkerSettings, options: RayOptions) -> None:
    """Start or join Ray and let Tune run what the launch hands out, to its end."""
    try:
        _start_ray(options, worker.threads)
        if options.address:
            _try_worker(worker.store)
    except Exception as error:
        return link.tell("failed", str(error) if isinstance(error, RayError) else one_line(error))
    watch_ray(lambda death: link.tell("lost", death))
    has: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    link.ask("up", cluster_workers(has.get("CPU", 0), has.get("GPU", 0), worker.threads, options.gpus_per_trial))
    from orchestrator.execution.ray.tuning import tune_packs  # Tune takes a second, in which workers start

    tune_packs(link, folder, worker, options)
    if options.address:
        ray.shutdown()  # what was started here is ended by the launch, faster
    return link.tell("ended")


def _start_ray(options: RayOptions, threads: int) -> None:
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    quiet: dict[str, Any] = {
        "log_to_driver": False,
        "logging_level": logging.CRITICAL,
    }  # what fails is told in one line of ours
    if options.address:
        ray.init(address=options.address, **quiet)
    else:
        cpus, gpus = (options.workers or 1) * threads, gpu_count()
        ray.init(address="local", num_cpus=cpus, num_gpus=gpus, include_dashboard=False, **quiet)


def _try_worker(store: Path) -> None:
    """Start a worker: a cluster that takes this driver may still refuse its workers, by another token say.

    Raises:
        RayError: it dies, or does not see the store.
    """
    from orchestrator.execution.ray.worker import Probe

    probe: Any = ray.remote(num_cpus=0)(Probe).remote()
    try:
        seen = ray.get(probe.sees.remote(str(store)))
    except Exception as error:
        raise RayError(f"a worker could not be started ({one_line(error)})") from error
    ray.kill(probe)
    if not seen:
        raise RayError(f"its workers do not see the store {store}")


def main(descriptor: int, folder: Path) -> None:
    """Serve the launch at the other end of a socket."""
    watch_launch(folder)
    link = Link(Connection(descriptor), folder)
    options, worker = link.take()
    drive(link, folder, worker, options)
    link.take()  # until the launch ends this process


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
