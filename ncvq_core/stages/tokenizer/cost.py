"""What stage 1 costs."""

from collections.abc import Callable

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.evaluation.tokenizer import BATCH as EVALUATION_BATCH
from ncvq_core.stages.cost import BYTES, RUNTIME_BYTES, Cost
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.training.batches import batch_shape
from ncvq_core.training.fast.linear import ROWS
from ncvq_core.training.optimizer import LARGE

_PROBES_BYTES = 85_000_000
"""scikit-learn, which the evaluation of stage 1 loads."""
_SAVED = 1.27
"""Each layer's output is kept once for the backward pass; the gradients of a few are there at the same time."""
_EVALUATED = 0.6
"""Share of the outputs that are there at a time where nothing is kept: the holes of freed ones do not all fit."""
_HEAD_COPIES = 2.5
"""Of the output of each linear layer of an SSL head: its norm, its ReLU and the loss keep some too."""


def tokenizer_cost(config: Stage1Config, series: int, channels: int, length: int) -> Cost:
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
        features_of_bands = tokenizer.encode(tokenizer.transform(x))
        encoded = sum(outputs)
        tokenizer.decode(features_of_bands)
    for handle in handles:
        handle.remove()
    flops = views * counter.get_total_flops()
    if head is not None:
        flops += _product_flops(head, views * batch)
    memory = _memory(tokenizer, head, views * encoded, sum(outputs) - encoded, batch)
    total_steps = config.epochs * steps
    return Cost(flops=3.0 * flops * total_steps, memory_bytes=memory, steps=total_steps)


def _memory(tokenizer: nn.Module, head: nn.Module | None, encoded: int, decoded: int, batch: int) -> int:
    """Estimate the peak of stage 1, in training or in its evaluation.

    Args:
        tokenizer: the model.
        head: of SSL.
        encoded: elements of the outputs of all layers of the encoders, of all views.
        decoded: the same of the decoders, which go backward one view after the other.
        batch: series a step.
    """
    trained, head_weights = _elements(tokenizer), _elements(head) if head else 0
    states = 3 * BYTES * (trained + head_weights)  # weights and two moments
    training = states + BYTES * (trained + _SAVED * (encoded + decoded))
    if head is not None:
        training += _head_bytes(head, 2 * batch)
    views = 1 if head is None else 2
    evaluated = (encoded / views + decoded) * EVALUATION_BATCH / batch
    evaluation = states + _PROBES_BYTES + BYTES * _EVALUATED * evaluated
    return RUNTIME_BYTES + int(max(training, evaluation))


def _head_bytes(head: nn.Module, rows: int) -> float:
    """Return what SSL adds while it goes backward: a block of a large gradient, and what its layers keep."""
    layers = [module for module in head.modules() if isinstance(module, nn.Linear)]
    kept = _HEAD_COPIES * rows * sum(layer.out_features for layer in layers)
    large = [min(ROWS, layer.out_features) * layer.in_features for layer in layers if layer.weight.numel() >= LARGE]
    return BYTES * (kept + max(large, default=0))


def _elements(module: nn.Module) -> int:
    """Return the number of a module's weights."""
    return sum(parameter.numel() for parameter in module.parameters())


def _product_flops(head: nn.Module, rows: int) -> int:
    """FLOPs of a head's linear layers on (rows, features)."""
    layers = [module for module in head.modules() if isinstance(module, nn.Linear)]
    return sum(2 * rows * layer.in_features * layer.out_features for layer in layers)


def _recorder(outputs: list[int]) -> Callable[..., None]:
    def record(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and not list(module.children()):
            outputs.append(output.numel())

    return record
