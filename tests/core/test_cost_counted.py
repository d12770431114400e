"""Closed arithmetic of stage 1's cost, against layers that are built, and counted as they run, without memory."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ncvq_core.config import TrialConfig
from ncvq_core.config.fcn import KERNELS, WIDTHS
from ncvq_core.config.shapes import band_shapes
from ncvq_core.config.tokenizer import BANDS, PRECISIONS, Stage1Config
from ncvq_core.fcn import Fcn
from ncvq_core.ssl import SSL_METHODS
from ncvq_core.ssl.base import SSLMethod
from ncvq_core.stages.judge.cost import fcn_cost
from ncvq_core.stages.samples.cost import CAS_TRAINING
from ncvq_core.stages.tokenizer.cost import tokenizer_cost
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.training.precision import PRODUCT_TYPES

pytestmark = [pytest.mark.whole, pytest.mark.thorough]

SMALL = {"channels": 4, "projector_width": 8}


def config(**values: Any) -> Stage1Config:
    with_ssl = {"augmentations": ["flip"]} if values.get("ssl", "none") != "none" else {}
    return TrialConfig.from_dict({"dataset": "any", **with_ssl, **values}).stage1


def weights(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def counted(config: Stage1Config, series: int, channels: int, length: int) -> tuple[float, int]:
    """Operations and bytes of stage 1, by torch's counter and the outputs of all layers."""
    steps = -(-series // config.batch_size)
    batch = -(-series // steps)
    with torch.device("meta"):
        tokenizer = Tokenizer(config, channels, length)
        x = torch.empty(batch, channels, length)
        width = 2 * config.channels * len(tokenizer.bands)
        head = config.ssl.head(width, config.projector_width) if config.ssl else None
    layers = [each for each in head.modules() if isinstance(each, nn.Linear)] if head else []
    views, outputs = 2 if head else 1, [0]
    for module in tokenizer.modules():
        module.register_forward_hook(recorder(outputs))
    with FlopCounterMode(display=False) as counter:
        maps = tokenizer.encode(tokenizer.transform(x))
        encoded = views * sum(outputs)
        tokenizer.decode(maps)
    decoded = sum(outputs) - encoded // views
    flops = views * counter.get_total_flops()
    flops += sum(2 * views * batch * layer.in_features * layer.out_features for layer in layers)
    states = 12 * (weights(tokenizer) + (weights(head) if head else 0))
    training = states + 4 * (weights(tokenizer) + 1.27 * (encoded + decoded))
    if head:
        large = [min(1024, each.out_features) * each.in_features for each in layers if each.weight.numel() >= 1_000_000]
        training += 4 * (2.5 * 2 * batch * sum(each.out_features for each in layers) + max(large, default=0))
    evaluation = states + 85_000_000 + 4 * 0.6 * ((encoded / views + decoded) * 256 / batch)
    return 3.0 * flops * config.epochs * steps, 455_000_000 + int(max(training, evaluation))


def recorder(outputs: list[int]) -> Callable[..., None]:
    def record(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor) and not list(module.children()):
            outputs.append(output.numel())

    return record


@pytest.mark.parametrize("tokenizer", list(BANDS))
@pytest.mark.parametrize("ssl", ["none", *SSL_METHODS])
@pytest.mark.parametrize(("channels", "length"), [(1, 140), (3, 97)])
def test_each_tokenizer_and_method(tokenizer: str, ssl: str, channels: int, length: int) -> None:
    sizes = SMALL if channels > 1 else {"channels": 32, "projector_width": 2048}
    stage1 = config(tokenizer=tokenizer, ssl=ssl, **sizes)
    found = tokenizer_cost(stage1, 300, channels, length)
    assert (found.flops, found.memory_bytes) == counted(stage1, 300, channels, length)


@pytest.mark.parametrize("tokenizer", list(BANDS))
def test_each_length(tokenizer: str) -> None:
    for length in (8, 9, 10, 11, 15, 16, 17, 31, 33, 64, 129, 1025):
        stage1 = config(tokenizer=tokenizer, residual_blocks=1, **SMALL)
        found = tokenizer_cost(stage1, 20, 1, length)
        assert (found.flops, found.memory_bytes) == counted(stage1, 20, 1, length), length


@pytest.mark.parametrize("tokenizer", list(BANDS))
@pytest.mark.parametrize("precision", PRECISIONS)
def test_each_batch_width_and_precision(tokenizer: str, precision: str) -> None:
    for series, batch_size, more in (
        (2, 128, {"residual_blocks": 0}),
        (129, 128, {"downsampled_width": 1}),
        (1000, 7, {"downsampled_width": 64}),
        (4001, 512, {"channels": 70}),
    ):
        values = {**SMALL, "tokenizer": tokenizer, "precision": precision, "batch_size": batch_size, **more}
        stage1 = config(ssl="simsiam", epochs=3, **values)
        found = tokenizer_cost(stage1, series, 2, 50)
        assert (found.flops, found.memory_bytes) == counted(stage1, series, 2, 50), (series, more)


@pytest.mark.parametrize("name", list(SSL_METHODS))
@pytest.mark.parametrize(("features", "width"), [(8, 8), (128, 4096), (256, 3), (6, 50)])
def test_each_head_has_the_size_that_its_method_says(name: str, features: int, width: int) -> None:
    for method in (SSL_METHODS.parse(name), SSL_METHODS.parse({name: CHANGED[name]}) if name in CHANGED else None):
        if method is not None:
            assert method.head_size(features, width) == SSLMethod.head_size(method, features, width)


CHANGED = {"byol": {"hidden": 100, "output": 7}, "simsiam": {"bottleneck": 9}}


@pytest.mark.parametrize("tokenizer", list(BANDS))
@pytest.mark.parametrize("high_width", [1, 32])
def test_bands_have_the_shapes_of_the_model(tokenizer: str, high_width: int) -> None:
    more = {} if tokenizer == "stft" else {"high_downsampled_width": high_width}
    stage1 = config(tokenizer=tokenizer, **SMALL, **more)
    for length in (8, 9, 15, 16, 17, 140, 333):
        with torch.device("meta"):
            model = Tokenizer(stage1, 2, length)
        shapes = band_shapes(stage1, 2, length)
        assert [shape.tokens for shape in shapes] == [band.token_map[0] * band.token_map[1] for band in model.networks]
        assert [(shape.height, shape.width) for shape in shapes] == list(model.transform.sizes)


def test_convolutions_of_the_judge() -> None:
    with torch.device("meta"):
        network = Fcn(2, 5)
    found = [each for each in network.layers.modules() if isinstance(each, nn.Conv1d)]
    shapes = [tuple(each.weight.shape) for each in found] or [
        tuple(each.shape) for name, each in network.layers.named_parameters() if each.dim() == 3
    ]
    inside = (2, *WIDTHS)
    assert shapes == [(WIDTHS[place], inside[place], KERNELS[place]) for place in range(3)]
    products = sum(out * into * kernel for out, into, kernel in shapes)
    assert fcn_cost(CAS_TRAINING, 1000, 2, 50).flops == 3.0 * 2 * 50 * products * 16 * CAS_TRAINING.epochs_on(1000) * 63


def test_each_precision_has_a_type() -> None:
    assert set(PRECISIONS) == set(PRODUCT_TYPES)
