"""Float32 is float32, whatever the process did before; the process of this group was not prepared."""

from collections.abc import Iterator
from functools import partial

import torch
from torch.nn import functional

from benchmarks.gpu.place import Check, Found, Place
from benchmarks.gpu.trainers import KINDS, tokenizer
from ncvq_core.errors import ConfigError
from ncvq_core.training.precision import check_exact_float32
from ncvq_core.training.process import prepare_process

LARGEST_ERROR = 5e-5
"""Of float32, against the largest number; that of TF32, which has ten bits, is some 2e-4."""


def checks(place: Place) -> Iterator[Check]:
    """Yield what holds before the process is prepared, and after."""
    yield Check(name="a stage is refused before", run=partial(_refused, place))
    yield Check(name="products and convolutions after", run=partial(_exact, place))
    yield Check(name="the flags after each trainer", run=partial(_kept, place))


def _refused(place: Place) -> None:
    place.need_gpu("TF32 is a GPU's: on a CPU no stage is refused")
    assert torch.backends.cudnn.allow_tf32, "torch's own default has changed"
    try:
        tokenizer(place)
    except ConfigError:
        return
    raise AssertionError("a trainer was made while convolutions are TF32")


def _exact(place: Place) -> Found:
    prepare_process()
    draws = torch.Generator(place.device).manual_seed(0)
    left, right = (torch.randn(256, 256, generator=draws, device=place.device) for _ in range(2))
    series, kernels = left[:16].unsqueeze(1), right[:8, :64].unsqueeze(1)
    found = {
        "product": _error(left @ right, left.double() @ right.double()),
        "convolution": _error(functional.conv1d(series, kernels), functional.conv1d(series.double(), kernels.double())),
    }
    assert max(found.values()) < LARGEST_ERROR, f"relative errors of {found}"
    return found


def _kept(place: Place) -> None:
    for build in KINDS.values():
        trainer = build(place, 0)
        trainer.step()
        check_exact_float32(torch.device("cuda"))


def _error(ours: torch.Tensor, exact: torch.Tensor) -> float:
    return float((ours - exact).abs().max() / exact.abs().max())
