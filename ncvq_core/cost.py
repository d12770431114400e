"""What a training costs: floating-point operations and memory, counted without running it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ncvq_core.batches import batch_shape
from ncvq_core.stage1_config import Stage1Config
from ncvq_core.tokenizer import Tokenizer

_BYTES = 4
_RUNTIME_BYTES = 450_000_000
_SAVED_COPIES = 3


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate for a whole stage."""

    flops: float
    """Floating-point operations of all matrix products and convolutions, forward and backward."""
    memory_bytes: int
    """Peak resident memory of a CPU process: libraries, parameters with optimiser state, saved activations."""
    steps: int
    """Optimiser steps."""


def stage1_cost(config: Stage1Config, series: int, channels: int, length: int) -> Cost:
    """Estimate stage 1 on `series` training series of shape (channels, length); backward counts as two forwards."""
    steps, batch = batch_shape(series, config.batch_size)
    with torch.device("meta"):
        tokenizer = Tokenizer(config, channels, length)
        x = torch.empty(batch, channels, length)
        features = 2 * config.channels * len(tokenizer.bands)
        head = config.ssl.head(features, config.projector_width) if config.ssl else None
    views = 1 if head is None else 2
    outputs: list[int] = []
    handles = [module.register_forward_hook(_recorder(outputs)) for module in tokenizer.modules()]
    with FlopCounterMode(display=False) as counter:
        tokenizer.decode(tokenizer.encode(tokenizer.transform(x)))
    for handle in handles:
        handle.remove()
    flops = views * counter.get_total_flops()
    parameters = sum(parameter.numel() for parameter in tokenizer.parameters())
    if head is not None:
        flops += _product_flops(head, views * batch)
        parameters += sum(parameter.numel() for parameter in head.parameters())
    memory = _RUNTIME_BYTES + 4 * _BYTES * parameters + _SAVED_COPIES * _BYTES * views * sum(outputs)
    total_steps = config.epochs * steps
    return Cost(flops=3.0 * flops * total_steps, memory_bytes=memory, steps=total_steps)


def _product_flops(head: nn.Module, rows: int) -> int:
    """FLOPs of a head's linear layers on (rows, features)."""
    layers = [module for module in head.modules() if isinstance(module, nn.Linear)]
    return sum(2 * rows * layer.in_features * layer.out_features for layer in layers)


def _recorder(outputs: list[int]) -> Callable[..., None]:
    def record(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and not list(module.children()):
            outputs.append(output.numel())

    return record
