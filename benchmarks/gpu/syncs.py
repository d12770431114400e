"""No step waits for the device: every method, tokenizer, augmentation, token embedding and the FCN."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.gpu.place import Check, Found, Place
from benchmarks.gpu.trainers import WITH_SSL, fcn, prior, tokenizer
from ncvq_core.augmentations import AUGMENTATIONS
from ncvq_core.config.prior import TOKEN_EMBEDDINGS
from ncvq_core.config.tokenizer import BANDS
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.training.precision import PRODUCT_TYPES
from ncvq_core.training.trainer import Trainer

BEFORE, STEPS, ON_A_CPU = 1, 6, 2
"""Steps that may wait, as the first one of a trainer may; those that may not, an epoch's end among them."""


def checks(place: Place) -> Iterator[Check]:
    """Yield a check for each."""
    for precision in PRODUCT_TYPES:
        for name, build in _builders(place, precision).items():
            yield Check(name=f"{name}, {precision}", run=partial(_never_waits, place, build))


def _builders(place: Place, precision: str) -> dict[str, Callable[[], Trainer]]:
    def stage1(**values: Any) -> Callable[[], Trainer]:
        return partial(tokenizer, place, precision=precision, **values)

    methods = {f"ssl {name}": stage1(**WITH_SSL | {"ssl": name}) for name in SSL_METHODS}
    tokenizers = {f"tokenizer {name}": stage1(**WITH_SSL, tokenizer=name) for name in BANDS}
    augmentations = {
        f"augmentation {name}": stage1(ssl="simsiam", augmentations=[name]) for name in AUGMENTATIONS
    }  # fmt: skip
    embeddings: dict[str, Callable[[], Trainer]] = {
        f"token embedding {embedding}, {bands}": partial(
            prior, place, embedding=embedding, precision=precision, tokenizer=bands
        )
        for embedding in TOKEN_EMBEDDINGS
        for bands in ("stft", "stft_lfhf")
    }
    return {
        "ssl none": stage1(), **methods, **tokenizers, **augmentations, **embeddings,
        "fcn": partial(fcn, place, precision=precision),
    }  # fmt: skip


def _never_waits(place: Place, build: Callable[[], Trainer]) -> Found | None:
    trainer = build()
    for _ in range(BEFORE):
        trainer.step()
    place.wait()
    with _no_waiting(place):
        for _ in range(STEPS if place.on_gpu else ON_A_CPU):
            trainer.step()
    place.wait()
    trainer.check()
    return None if place.on_gpu else {"of": "numbers read by Python; what kernels wait for is a GPU's"}


def _no_waiting(place: Place) -> AbstractContextManager[object]:
    return _sync_is_an_error() if place.on_gpu else _NoReading()  # type: ignore[no-untyped-call]


@contextmanager
def _sync_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


class _NoReading(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses that a tensor becomes a number of Python's, for which a GPU would be waited for."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert function is not torch.ops.aten._local_scalar_dense.default, "a step reads a number"
        return function(*args, **kwargs or {})
