"""Models × steps a second, with what they take of the device and of the host."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import torch

from benchmarks.gpu.lanes import lane, step_in_turn
from benchmarks.gpu.place import Check, Found, NotHereError, Place
from benchmarks.gpu.series import dataset
from benchmarks.gpu.trainers import SMALL, WITH_SSL, scaled
from ncvq_core.config import TrialConfig
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.lane import Lane
from orchestrator.execution.faults import short_of_memory, with_hidden

EAGER, GRAPHS = "eager", "graphs"
SIZES = (1, 4, 16, 64)
SECONDS = 1.5
"""Of a measurement."""
EPOCHS = 100_000
"""More than a measurement takes: a trainer that has finished would count for nothing."""
WARM_UP, HOST_ROUNDS = 2, 2
FITS = 0.9
"""Part of the memory that a size may be expected to take."""
BYTES_PER_PARAMETER = 32
"""A step reads and writes weight, gradient and both moments of AdamW, four bytes each."""


@dataclass
class Models:
    """The models of a measurement, and how they run; more of them are added from size to size."""

    place: Place
    config: dict[str, object]
    """Settings of their trials."""
    series: torch.Tensor
    """What they are trained on, on the device."""
    capture: bool
    bytes_per_second: float | None
    """That the device copies; None where that is not measured."""
    trainers: list[Stage1Trainer] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    too_many: bool = False
    """Whether memory has run out."""

    def grow(self, size: int) -> None:
        """Make so many; initial weights are drawn on the device, which is faster and gives other ones."""
        while len(self.trainers) < size:
            config = TrialConfig.from_dict({**self.config, "seed": len(self.trainers)}).stage1
            with self.place.device:
                self.trainers.append(Stage1Trainer(config, self.series, self.place.device))
            self.lanes.append(lane(self.place, capture=self.capture))
        self.place.wait()

    def one_round(self) -> None:
        """Do a step of each."""
        step_in_turn(self.trainers, self.lanes)


def checks(place: Place, name: str, precision: str, mode: str) -> Iterator[Check]:
    """Yield a measurement of each size that memory allows."""
    small = {} if place.on_gpu else SMALL
    data = dataset(name if place.on_gpu else "Small", place.data_dir if place.on_gpu else None)
    values = {"dataset": name, "precision": precision, **WITH_SSL, **small, "epochs": EPOCHS}
    copied = _bytes_per_second() if place.on_gpu else None
    models = Models(place, values, scaled(data).to(place.device), mode == GRAPHS, copied)
    for size in SIZES if place.on_gpu else SIZES[:2]:
        yield Check(name=f"K = {size}", run=partial(_measured, models, size))


def _measured(models: Models, size: int) -> Found:
    place = models.place
    if place.on_gpu:
        _check_room(models, size)
    try:
        models.grow(size)
        for _ in range(WARM_UP):
            models.one_round()
    except Exception as error:
        models.too_many = any(map(short_of_memory, with_hidden(error)))
        if not models.too_many:
            raise
        raise NotHereError("out of memory") from error
    place.wait()
    if place.on_gpu:
        torch.cuda.empty_cache()  # of what captures took and need no more
    host = _host_seconds(models)
    before, began = _steps(models), time.perf_counter()
    while time.perf_counter() - began < (SECONDS if place.on_gpu else SECONDS / 10):
        models.one_round()
    place.wait()
    rate = (_steps(models) - before) / (time.perf_counter() - began)
    assert not any(trainer.finished for trainer in models.trainers), "a trainer has finished on the way"
    found: dict[str, object] = {"models_steps_per_second": round(rate, 1), "host_ms_of_a_round": round(1e3 * host, 3)}
    if models.bytes_per_second is None:
        return {**found, "of": "small models on a CPU: shows the logic and no speed"}
    parameters = _parameters(models.trainers[0])
    floor = models.bytes_per_second / (BYTES_PER_PARAMETER * parameters)
    return {
        **found,
        "share_of_bandwidth_floor": round(rate / floor, 4),
        "reserved_gb": round(torch.cuda.memory_reserved() / 1e9, 2),
        "terabytes_per_second": round(models.bytes_per_second / 1e12, 2),
    }


def _check_room(models: Models, size: int) -> None:
    """Make sure that so many models are likely to fit: a graph that finds no room costs the whole process.

    Raises:
        NotHereError: they are not.
    """
    if models.too_many:
        raise NotHereError("fewer were too many")
    _, total = torch.cuda.mem_get_info()
    each = torch.cuda.memory_reserved() / max(1, len(models.trainers))
    if each * size > FITS * total:
        raise NotHereError(f"{size} models would take about {each * size / 1e9:.0f} GB of {total / 1e9:.0f}")


def _host_seconds(models: Models) -> float:
    """Return how long the host takes for a round while the device need not be waited for."""
    began = time.perf_counter()
    for _ in range(HOST_ROUNDS):
        models.one_round()
    seconds = (time.perf_counter() - began) / HOST_ROUNDS
    models.place.wait()
    return seconds


def _parameters(trainer: Stage1Trainer) -> int:
    networks = [trainer.tokenizer] if trainer.head is None else [trainer.tokenizer, trainer.head]
    return sum(parameter.numel() for network in networks for parameter in network.parameters())


def _steps(models: Models) -> int:
    return sum(trainer.steps_done for trainer in models.trainers)


def _bytes_per_second() -> float:
    """Return bytes a second that a large copy on the device reads and writes."""
    source = torch.empty(2**28, device="cuda")
    target = torch.empty_like(source)
    target.copy_(source)
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(20):
        target.copy_(source)
    torch.cuda.synchronize()
    rate = 20 * 2 * 4 * source.numel() / (time.perf_counter() - began)
    del source, target
    torch.cuda.empty_cache()
    return rate
