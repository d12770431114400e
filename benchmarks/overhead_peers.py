"""The trainings of `benchmarks.overhead` without ncvq around them: `python -m benchmarks.overhead_peers alone|ray N`.

Each result is a line on stdout. `alone` trains one trial after the other in this process; `ray` lets Ray Tune do it
with two workers, in the way that is fastest there: actors are reused, nothing is logged.
"""

import os
import sys
import tempfile
from typing import Any

from orchestrator.execution.ray.process import QUIET

TRIVIAL = {"dataset": "ItalyPowerDemand", "epochs": 1, "channels": 8, "projector_width": 64}
"""A trial of one step of a small model: most of it is its evaluation."""
WORKERS = 2


def train(seed: int) -> dict[str, float | None]:
    """Train and evaluate one trial, and return its metrics."""
    from ncvq_core.config import TrialConfig
    from ncvq_core.data import load_dataset
    from ncvq_core.stages.kind import Given
    from ncvq_core.stages.registry import stage_kind

    config = TrialConfig.from_dict({**TRIVIAL, "seed": seed})
    dataset = load_dataset(config.stage1.dataset, None)
    run = stage_kind("stage1").build(Given(config, dataset, {}))
    while not run.finished:
        run.step()
    run.check()
    return run.result().metrics


def prepare() -> None:
    """Make this process like a worker of ncvq."""
    import torch

    from ncvq_core.training.process import prepare_process

    prepare_process()
    torch.set_num_threads(1)


def alone(trials: int) -> None:
    """Train one after the other."""
    prepare()
    for seed in range(trials):
        train(seed)
        print("done", flush=True)


def with_ray(trials: int) -> None:
    """Train with Ray Tune."""
    os.environ.update(QUIET)
    import ray
    from ray import tune

    class Trial(tune.Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            prepare()
            self.seed = config["seed"]

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.setup(new_config)
            return True

        def step(self) -> dict[str, Any]:
            return {**train(self.seed), "done": True}

    class Told(tune.Callback):
        def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
            print("done", flush=True)

    ray.init(address="local", num_cpus=WORKERS, num_gpus=0, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as folder:
        tune.Tuner(
            tune.with_resources(Trial, {"cpu": 1}),
            param_space={"seed": tune.grid_search(list(range(trials)))},
            tune_config=tune.TuneConfig(reuse_actors=True, max_concurrent_trials=WORKERS),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                callbacks=[Told()],
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()
    ray.shutdown()


if __name__ == "__main__":
    {"alone": alone, "ray": with_ray}[sys.argv[1]](int(sys.argv[2]))
