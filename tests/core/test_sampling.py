"""Samples: of the prior's tokens, and of series."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from ncvq_core.config import TrialConfig
from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.data import Dataset
from ncvq_core.errors import CheckpointError, ConfigError
from ncvq_core.prior import Prior
from ncvq_core.prior.band_prior import BandPrior
from ncvq_core.prior.prior import TokenSpace
from ncvq_core.prior.sampling import _all_masked, _first_logits, _guided_logits, sample_tokens
from ncvq_core.prior.series_sampler import Generator, load_generator
from ncvq_core.stages.prior.run import Stage2Run

pytestmark = pytest.mark.whole

Trials = Callable[..., TrialConfig]
Train = Callable[[TrialConfig], dict[str, Tensor]]


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def prior(bands: int = 1) -> Prior:
    torch.manual_seed(0)
    spaces = [TokenSpace(torch.randn(5, 8), (2, 3 * (band + 1))) for band in range(bands)]
    return Prior(Stage2Config(prior_width=16, prior_layers=1), spaces, 2).eval().requires_grad_(False)


@pytest.mark.parametrize("steps", [1, 3, 10])
@pytest.mark.parametrize("bands", [1, 2])
def test_every_token_is_decided(steps: int, bands: int) -> None:
    tokens = sample_tokens(prior(bands), torch.tensor([0, 1, 2]), SamplingConfig(sampling_steps=steps), draws())
    assert [band.shape for band in tokens] == [(3, 6 * (band + 1)) for band in range(bands)]
    assert all(0 <= int(band.min()) <= int(band.max()) < 5 for band in tokens)


def test_tokens_follow_the_predicted_distribution() -> None:
    model = prior()
    network = model.networks[0]
    network.output.linear.weight.zero_()
    network.output.linear.bias.copy_(torch.tensor([0.5, 0.3, 0.2, 1e-9, 1e-9]).log())
    (tokens,) = sample_tokens(model, torch.zeros(3000).long(), SamplingConfig(sampling_steps=1), draws())
    shares = torch.bincount(tokens.flatten(), minlength=5) / tokens.numel()
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.3, 0.2, 0, 0]), atol=0.015, rtol=0)


def test_a_step_keeps_the_surest_tokens() -> None:
    """At choice temperature 0, what stays after a step is what was drawn with the highest probability."""
    model = prior()
    network = model.networks[0]
    seen: list[Tensor] = []
    network.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    sample_tokens(model, torch.zeros(64).long(), SamplingConfig(sampling_steps=2, choice_temperature=0), draws())
    assert seen[0].tolist() == [[network.codes] * 6], "before any token is decided, series of a class share a pass"
    probabilities = network(seen[0], torch.zeros(1).long()).softmax(dim=2).expand(64, -1, -1)
    kept = seen[1] != network.codes
    assert kept.sum(dim=1).tolist() == [2] * 64  # ⌊6 cos(π/4)⌋ = 4 are masked again
    chance = probabilities.gather(2, seen[1].clamp(max=4).unsqueeze(2)).squeeze(2)
    assert chance[kept].mean() > probabilities.max(dim=2).values.mean() * 0.9


def only_sees(network: BandPrior) -> None:
    """Make the logits of a network depend on nothing, up to what a test then sets."""
    for parameter in network.parameters():
        parameter.zero_()
    network.output.gain.fill_(1)


@pytest.mark.parametrize("steps", [1, 4])
def test_tokens_of_the_lower_band_decide_those_of_the_upper(steps: int) -> None:
    """The upper band's network is set to predict, at each position, the lower band's token at that time."""
    model = prior(bands=2)
    network = model.networks[1]
    only_sees(network)
    network.lower_embedding.codes[:, :5] = torch.eye(5)
    network.lower_embedding.input.weight[:8] = torch.eye(8)
    network.output.linear.weight[:, :5] = 100 * torch.eye(5)
    lower, upper = sample_tokens(model, torch.arange(3), SamplingConfig(sampling_steps=steps), draws())
    assert len(lower.unique()) > 1
    assert torch.equal(upper.view(3, 2, 6), lower.view(3, 2, 3).repeat_interleave(2, dim=2))


def test_choice_temperature_changes_the_tokens() -> None:
    labels, model = torch.zeros(8).long(), prior()
    surest, default, wild = (
        sample_tokens(model, labels, SamplingConfig(choice_temperature=temperature), draws())[0]
        for temperature in (0, 4, 100)
    )
    assert not torch.equal(surest, default)
    assert not torch.equal(default, wild)


def test_noise_on_the_choice_falls_over_the_steps() -> None:
    """MaskGIT: it is Gumbel's, times temperature · (1 − progress).

    Half of the positions have a certain token, the others any of the five. Where a step keeps one, it is thus a certain
    one with odds of a · exp(log 5 / noise) to b, where a and b positions of either kind are left.
    """
    model = prior()
    network = model.networks[0]
    only_sees(network)
    certain = torch.tensor([True, False] * 3)
    network.position[1:, 0] = certain.float()
    network.position[1:, 1] = 1 - certain.float()
    network.output.linear.weight[0, 0] = 10
    masks: list[Tensor] = []
    network.register_forward_pre_hook(lambda module, inputs: masks.append(inputs[0] == module.codes))
    config = SamplingConfig(sampling_steps=10, choice_temperature=4)
    sample_tokens(model, torch.zeros(3000).long(), config, draws())
    checked = []
    for step, (before, after) in enumerate(pairwise([masks[0].expand(3000, -1), *masks[1:]])):
        a, b = (before & certain).sum(dim=1), (before & ~certain).sum(dim=1)
        open_ = (a > 0) & (b > 0)
        kept = before & ~after
        if int(kept[0].sum()) == 1:
            odds = a * 5 ** (1 / (4 * (1 - (step + 1) / 10))) / b
            share = (kept & certain).any(dim=1)[open_].float().mean()
            assert float(share) == pytest.approx(float((odds / (1 + odds))[open_].mean()), abs=0.025), step
            checked.append(step)
    assert checked == [0, 3, 5, 6, 7]


def test_each_series_starts_from_its_own_class() -> None:
    model = prior()
    model.networks[0].label[1] = 3.0
    labels = torch.tensor([1, 0, 2, 1])
    tokens, places = _all_masked(model.networks[0], labels)
    expected = _guided_logits(model.networks[0], 2, tokens, places, labels, None, 3.0)
    torch.testing.assert_close(_first_logits(model.networks[0], 2, labels, None, 3.0), expected)


def test_guidance_moves_away_from_no_class() -> None:
    model, labels = prior(), torch.zeros(8).long()
    network = model.networks[0]
    network.label[2] = 0.0
    network.label[0] = 3.0
    plain = sample_tokens(model, labels, SamplingConfig(), draws())[0]
    assert torch.equal(plain, sample_tokens(model, labels, SamplingConfig(guidance_scale=1.0), draws())[0])
    assert not torch.equal(plain, sample_tokens(model, labels, SamplingConfig(guidance_scale=8.0), draws())[0])
    none = torch.full_like(labels, 2)
    unguided = sample_tokens(model, none, SamplingConfig(), draws())[0]
    assert torch.equal(unguided, sample_tokens(model, labels, SamplingConfig(guidance_scale=0.0), draws())[0])


@pytest.fixture(scope="module", params=["stft", "stft_lfhf", "wavelet"])
def generator(
    request: pytest.FixtureRequest, prior_config: Trials, tokenizer_of: Train, gunpoint: Dataset
) -> Generator:
    config = prior_config(tokenizer=request.param)
    tokenizer = tokenizer_of(config)
    run = Stage2Run(config, gunpoint, tokenizer)
    run.advance()
    return load_generator(config, gunpoint, tokenizer, run.result().tensors)


def test_series_are_in_the_units_of_the_data(generator: Generator, gunpoint: Dataset) -> None:
    labels = torch.tensor([0, 1, 2] * 10)
    samples = generator.sample(labels, draws())
    assert samples.shape == (30, 1, gunpoint.length)
    assert samples.isfinite().all()
    assert torch.equal(samples, generator.sample(labels, draws())), "a seed decides everything"
    assert not torch.equal(samples, generator.sample(labels, draws(1)))
    assert generator.unconditional(3).tolist() == [2, 2, 2]
    shifted = generator.tokenizer.scaling
    generator.tokenizer = generator.tokenizer._replace(
        scaling=type(shifted)(mean=(5.0,), standard_deviation=(2 * shifted.standard_deviation[0],))
    )
    expected = (samples - shifted.mean[0]) * 2 + 5
    torch.testing.assert_close(generator.sample(labels, draws()), expected, atol=1e-4, rtol=1e-4)
    generator.tokenizer = generator.tokenizer._replace(scaling=shifted)


def test_a_trial_without_a_prior_cannot_be_sampled(prior_config: Trials, gunpoint: Dataset) -> None:
    with pytest.raises(ConfigError, match="no prior to sample from: it needs stages: 2"):
        load_generator(TrialConfig.from_dict({"dataset": "GunPoint"}), gunpoint, {}, {})


def test_a_prior_on_another_tokenizer_is_refused(prior_config: Trials, tokenizer_of: Train, gunpoint: Dataset) -> None:
    """Of the same shapes: another training of stage 1."""
    config = prior_config()
    tokenizer = tokenizer_of(config)
    prior = Stage2Run(config, gunpoint, tokenizer)
    while not prior.finished:
        prior.advance()
    tensors = prior.result().tensors
    load_generator(config, gunpoint, tokenizer, tensors)
    other = {name: tensor * 1.001 if name.endswith("weight") else tensor for name, tensor in tokenizer.items()}
    with pytest.raises(CheckpointError, match="was trained on another tokenizer than stage 1's"):
        load_generator(config, gunpoint, other, tensors)


def test_tensors_of_another_trial_are_refused(prior_config: Trials, tokenizer_of: Train, gunpoint: Dataset) -> None:
    config = prior_config()
    tokenizer = tokenizer_of(config)
    prior = Stage2Run(config, gunpoint, tokenizer).result().tensors
    with pytest.raises(CheckpointError, match="stage 2 does not fit GunPoint"):
        load_generator(prior_config(prior_width=64), gunpoint, tokenizer, prior)
    with pytest.raises(CheckpointError, match="stage 1 does not fit GunPoint"):
        load_generator(prior_config(channels=32), gunpoint, tokenizer, prior)
