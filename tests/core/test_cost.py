"""Costs are counted, not measured: against hand counts and laws of scale."""

import math
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ncvq_core.config import TrialConfig
from ncvq_core.evaluation.cas import cas_training
from ncvq_core.prior import Prior
from ncvq_core.prior.prior import TokenSpace
from ncvq_core.prior.sampling import sample_tokens
from ncvq_core.stages.cost import Cost
from ncvq_core.stages.judge.cost import fcn_cost
from ncvq_core.stages.prior.cost import prior_cost, sampling_flops
from ncvq_core.stages.samples.cost import samples_cost
from ncvq_core.stages.tokenizer.cost import tokenizer_cost

pytestmark = pytest.mark.whole


def cost(series: int = 500, length: int = 140, **values: Any) -> Cost:
    values = {"dataset": "any", "epochs": 10, "projector_width": 256, **values}
    return tokenizer_cost(TrialConfig.from_dict(values).stage1, series, 1, length)


BARLOW: dict[str, Any] = {"ssl": "barlowtwins", "augmentations": ["flip"]}


@pytest.mark.parametrize("ssl", ["barlowtwins", "vicreg", "vibcreg"])
@pytest.mark.parametrize(("width", "channels"), [(64, 64), (512, 16)])
def test_projector_counted_by_hand(ssl: str, width: int, channels: int) -> None:
    """500 series are 4 batches of 125; both views pass the projector; backward costs two forwards."""
    sizes: dict[str, Any] = {"projector_width": width, "channels": channels}
    plain, with_head = cost(**sizes), cost(ssl=ssl, augmentations=["flip"], **sizes)
    one_row = 2 * (2 * channels * width + width * width + width * width)
    head = 3 * 10 * 4 * (2 * 125) * one_row
    assert with_head.flops == pytest.approx(2 * plain.flops + head, rel=1e-12)


def test_linear_in_epochs() -> None:
    for values in ({}, BARLOW):
        one, many = cost(epochs=1, **values), cost(epochs=17, **values)
        assert many.flops == pytest.approx(17 * one.flops)
        assert many.steps == 17 * one.steps == 17 * 4
        assert many.memory_bytes == one.memory_bytes


def test_steps_and_batches() -> None:
    assert cost(series=128).steps == 10
    assert cost(series=129).steps == 20
    assert cost(series=27).steps == 10
    assert cost(series=256).flops == pytest.approx(2 * cost(series=128).flops)
    assert cost(series=64).flops == pytest.approx(cost(series=128).flops / 2)


def test_grows_with_what_makes_a_model_bigger() -> None:
    base = cost(**BARLOW)
    for bigger in ({"channels": 128}, {"residual_blocks": 8}, {"projector_width": 1024}, {"length": 280}):
        values = {**BARLOW, **bigger}
        assert cost(**values).flops > 1.05 * base.flops, bigger
        assert cost(**values).memory_bytes > base.memory_bytes, bigger


def test_memory_holds_parameters_and_two_moments() -> None:
    """Of the large gradients there is a block of 1,024 rows at a time; the layers keep what 250 rows make of them."""
    small, large = cost(projector_width=256, **BARLOW), cost(projector_width=4096, **BARLOW)
    weights = [128 * width + 2 * width * width for width in (256, 4096)]
    layers = 4 * (1024 * 4096 + 2.5 * 250 * 3 * (4096 - 256))
    expected = 12 * (weights[1] - weights[0]) + layers
    assert large.memory_bytes - small.memory_bytes == pytest.approx(expected, rel=0.01)


MEASURED: list[tuple[dict[str, Any], int]] = [
    ({"length": 140}, 673),
    ({"length": 500}, 908),
    ({"ssl": "barlowtwins", "length": 140}, 1157),
    ({"ssl": "vibcreg", "length": 140}, 1167),
    ({"ssl": "byol", "length": 140}, 719),
    ({"ssl": "barlowtwins", "length": 140, "projector_width": 256}, 702),
    ({"length": 500, "channels": 128}, 1377),
]
"""512 series in batches of 128, float32, one thread; peaks in MB, see benchmarks/log/memory.md."""


@pytest.mark.parametrize(("values", "measured"), MEASURED)
def test_memory_is_the_measured_peak(values: dict[str, Any], measured: int) -> None:
    ssl = {"augmentations": ["flip"], "projector_width": 4096} if "ssl" in values else {}
    assert cost(series=512, **{**ssl, **values}).memory_bytes == pytest.approx(measured * 1e6, rel=0.1)


PRIORS: list[tuple[dict[str, Any], int]] = [
    ({}, 1235),
    ({"prior_batch_size": 64}, 655),
    ({"prior_layers": 2}, 934),
    ({"prior_width": 512}, 1899),
]
"""512 series of 40 tokens, ten steps."""


@pytest.mark.parametrize(("values", "measured"), PRIORS)
def test_memory_of_a_prior_is_the_measured_peak(values: dict[str, Any], measured: int) -> None:
    config = TrialConfig.from_dict({"dataset": "any", "stages": 2, **values})
    assert later(config, series=512)[0].memory_bytes == pytest.approx(measured * 1e6, rel=0.1)


def test_memory_of_a_small_batch_is_that_of_the_evaluation() -> None:
    """Of 256 series at a time, whatever the batch of the training is."""
    small, smaller = (cost(series=2000, batch_size=size).memory_bytes for size in (16, 8))
    assert small == smaller


def test_memory_grows_with_the_batch() -> None:
    assert cost(series=2000, batch_size=256).memory_bytes > cost(series=2000, batch_size=32).memory_bytes


def later(config: TrialConfig, series: int = 500, length: int = 140) -> tuple[Cost, Cost]:
    return prior_cost(config, series, 1, length), samples_cost(config, series, 50, 1, length)


def test_prior_counted_by_hand() -> None:
    """500 series of 40 tokens are 2 batches of 250; a token passes all weights, and attends to all tokens.

    But 2/π of the tokens are masked, and only those leave the last attention; and the first projection has 40 · 33
    inputs.
    """
    config = TrialConfig.from_dict({"dataset": "any", "stages": 2, "prior_epochs": 10})
    weights = 4 * (4 * 256 * 128 + 2 * 256 * 256)
    one = 2 * weights * 40 + 4 * 4 * 40**2 * 128
    one -= 2 * (256 * 128 + 2 * 256 * 256) * 40 * (1 - 2 / math.pi) + 2 * 256 * 3 * 128 * (40 - 40 * 33 / 250)
    assert later(config)[0].flops == pytest.approx(3 * 10 * 500 * one)
    assert later(config)[0].steps == 20


def test_samples_grow_with_steps_and_guidance() -> None:
    values = {"dataset": "any", "stages": 2}
    plain, long, guided = (
        later(TrialConfig.from_dict({**values, **more}))[1].flops
        for more in ({}, {"sampling_steps": 20}, {"guidance_scale": 2})
    )
    trained = fcn_cost(cas_training(0, torch.device("cpu")), 1000, 1, 140).flops
    assert guided - trained == pytest.approx(2 * (plain - trained))
    assert long - trained == pytest.approx((19 / 9) * (plain - trained), rel=0.01), "the first pass is shared"


@pytest.mark.thorough
@pytest.mark.parametrize("steps", [1, 2, 4])
@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("series", [64, 256])
def test_sampling_counts_the_operations_that_are_done(
    steps: int, guidance: float, series: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against torch's counter, which sees embeddings, class token and logits of the 40 tokens too: a few percent."""
    values = {"dataset": "any", "stages": 2, "sampling_steps": steps, "guidance_scale": guidance}
    config = TrialConfig.from_dict(values)
    assert config.stage2 is not None
    assert config.sampling is not None
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)  # the counter does not know its products
    prior = Prior(config.stage2, [TokenSpace(torch.randn(32, 64), (5, 8))], 2)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        sample_tokens(prior, torch.zeros(series).long(), config.sampling, torch.Generator())
    with FlopCounterMode(display=False) as shared, torch.inference_mode():
        prior.networks[0](torch.full((1, 40), 32), torch.zeros(1).long())
    done = counter.get_total_flops() - (1 if guidance == 1 else 2) * shared.get_total_flops()
    assert series * sampling_flops(config, 1, 140, series) == pytest.approx(done, rel=0.06, abs=1e6)
