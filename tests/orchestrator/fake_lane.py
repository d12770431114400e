"""A lane that captures on a CPU, where that fails as it does on a GPU."""

import torch

from ncvq_core.training.lane import Lane
from ncvq_core.training.trainer import Trainer


class FakeLane(Lane):
    """Fails at each capture with `first`, which torch's own exit from the capture hides."""

    first: Exception = RuntimeError("Cannot copy between CPU and CUDA tensors during CUDA graph capture\nunless pinned")

    def __init__(self, device: torch.device, *, capture: bool = True) -> None:
        super().__init__(device, capture=capture)
        self._capture = capture

    def capture(self, trainer: Trainer | None) -> None:
        if trainer is None or not self.would_capture(trainer):
            return
        try:
            raise self.first
        finally:
            raise torch.AcceleratorError("CUDA error: operation failed due to a previous error during capture")


SITECUSTOMIZE = """\
import importlib.util
import sys


class FakeLanes:
    def find_spec(self, name, *rest):
        if name != "orchestrator.execution.job":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            from tests.orchestrator.fake_lane import FakeLane

            module.Lane = FakeLane

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, FakeLanes())
"""
"""Gives every process with this module on its path such lanes."""
