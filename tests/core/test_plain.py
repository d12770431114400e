"""With `NCVQ_PLAIN=1` everything runs in plain torch, with the same numbers up to rounding and the same names."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.config.fcn import FcnTraining
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.data import Dataset
from ncvq_core.errors import ConfigError
from ncvq_core.fcn.train import FcnTrainer, LabelledSeries
from ncvq_core.stages.prior.run import Stage2Run
from ncvq_core.stages.tokenizer.trainer import Stage1Trainer
from ncvq_core.training.optimizer import LARGE, PlainAdamW
from ncvq_core.training.switch import SWITCH, is_plain
from ncvq_core.training.trainer import Trainer

pytestmark = pytest.mark.whole

STEPS = 4
RELATIVE = 2e-3
"""Largest difference of a loss over some steps: Adam turns the signs of gradients near 0 into steps of full size."""
RELATIVE_OF_GRADIENT = 5e-3
"""Largest difference of a gradient from the same weights, as a part of its largest entry."""
NO_GRADIENT = 1e-4
"""As a part of the largest gradient of all; below it is rounding alone, as for a bias before a norm."""

Make = Callable[[], Trainer]


@pytest.fixture(params=["none", "barlowtwins", "byol", "simsiam", "prior", "fcn"])
def make(
    request: pytest.FixtureRequest,
    small_config: Callable[..., Stage1Config],
    prior_config: Callable[..., TrialConfig],
    tokenizer_of: Callable[[TrialConfig], dict[str, Tensor]],
    gunpoint: Dataset,
    series: Tensor,
) -> Make:
    """Make a trainer of a stage, or of an SSL method in stage 1."""
    if request.param == "prior":
        config = prior_config()
        return lambda: Stage2Run(config, gunpoint, tokenizer_of(config), torch.device("cpu")).trainer
    if request.param == "fcn":
        settings = FcnTraining(
            epochs=4, steps=STEPS, batch_size=50, precision="fp32", seed=0, patience=9, learning_rate=1e-4
        )
        return lambda: FcnTrainer(settings, LabelledSeries(series, gunpoint.train_labels), 2)
    wide = {"projector_width": 1100} if request.param == "barlowtwins" else {}
    return lambda: Stage1Trainer(small_config(ssl=request.param, batch_size=25, **wide), series)


def built(make: Make, monkeypatch: pytest.MonkeyPatch, *, plain: bool) -> Trainer:
    monkeypatch.setenv(SWITCH, "1" if plain else "0")
    return make()


def train(trainer: Trainer, steps: int) -> dict[str, Tensor]:
    for _ in range(steps):
        trainer.step()
    return {name: tensor.clone() for name, tensor in trainer.state().items()}


def assert_near(trainer: Trainer, other: Trainer, steps: int) -> None:
    """Train both: the gradients of the first step are the same, which Adam's moments hold, and later the losses."""
    before = trainer.state(), other.state()
    assert before[0].keys() == before[1].keys()
    for name, tensor in before[0].items():
        torch.testing.assert_close(tensor, before[1][name], rtol=0, atol=0, equal_nan=True)
    state, expected = train(trainer, 1), train(other, 1)
    moments = [name for name in state if name.endswith("exp_avg")]
    largest_of_all = max(float(expected[name].abs().max()) for name in moments)
    for name in moments:
        largest = float(expected[name].abs().max())
        difference = float((state[name] - expected[name]).abs().max())
        assert difference <= RELATIVE_OF_GRADIENT * largest + NO_GRADIENT * largest_of_all, (
            f"{name}: {difference} of {largest}"
        )
    state, expected = train(trainer, steps - 1), train(other, steps - 1)
    torch.testing.assert_close(state["history"], expected["history"], rtol=RELATIVE, atol=1e-5)
    assert torch.equal(state["generator.draws"], expected["generator.draws"])


def test_plain_torch_gives_the_same_numbers(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, plain = (built(make, monkeypatch, plain=switch) for switch in (False, True))
    assert_near(plain, fast, STEPS)


@pytest.mark.parametrize("plain_first", [True, False])
def test_a_checkpoint_of_the_one_is_loaded_by_the_other(
    make: Make, monkeypatch: pytest.MonkeyPatch, plain_first: bool
) -> None:
    begun, resumed = (built(make, monkeypatch, plain=switch) for switch in (plain_first, not plain_first))
    resumed.restore(train(begun, STEPS // 2))
    assert_near(resumed, begun, STEPS // 2)


def test_nothing_fast_is_used(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, fast = (built(make, monkeypatch, plain=switch) for switch in (True, False))
    assert isinstance(plain._optimizer, PlainAdamW)
    assert not any(".fast." in type(module).__module__ for module in plain._modules.modules())
    assert ".fast." in type(fast._optimizer).__module__


def test_a_large_weight_is_among_those_compared(series: Tensor, small_config: Callable[..., Stage1Config]) -> None:
    trainer = Stage1Trainer(small_config(ssl="barlowtwins", projector_width=1100), series)
    assert max(parameter.numel() for parameter in trainer._modules.parameters()) >= LARGE
    assert len(trainer._optimizer.parts) > 1


@pytest.mark.parametrize(("written", "expected"), [("1", True), ("0", False), ("", False)])
def test_the_switch(written: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, written)
    assert is_plain() == expected


def test_another_value_of_the_switch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "yes")
    with pytest.raises(ConfigError, match="NCVQ_PLAIN = 'yes': must be 1"):
        is_plain()
