"""Drawing tokens from a prior (MaskGIT, arXiv 2202.04200, section 3.2)."""

import torch
from torch import Tensor

from ncvq_core.prior.band_prior import BandPrior
from ncvq_core.prior.masking import masked_after
from ncvq_core.prior.prior import Prior
from ncvq_core.stage2_config import SamplingConfig


def sample_tokens(prior: Prior, labels: Tensor, config: SamplingConfig, draws: torch.Generator) -> list[Tensor]:
    """Draw the tokens of series, one band after the other, each conditioned on the one below.

    Args:
        prior: in evaluation mode.
        labels: (B,), class of each series; the number of classes stands for none.
        config: how they are drawn.
        draws: source of all randomness.

    Returns:
        Tokens (B, N) of each band.
    """
    tokens: list[Tensor] = []
    for network in prior.networks:
        lower = tokens[-1] if tokens else None
        tokens.append(_sample_band(network, prior.classes, labels, lower, config, draws))
    return tokens


def _sample_band(
    network: BandPrior,
    no_class: int,
    labels: Tensor,
    lower: Tensor | None,
    config: SamplingConfig,
    draws: torch.Generator,
) -> Tensor:
    """Decide all tokens (B, N) of a band: each step draws every masked one and keeps those it is surest of."""
    tokens = torch.full((len(labels), network.positions), network.codes, device=labels.device)
    for step in range(config.sampling_steps):
        logits = _guided_logits(network, no_class, tokens, labels, lower, config.guidance_scale)
        masked = tokens == network.codes
        drawn = (logits + _gumbel(logits, draws)).argmax(dim=2)
        sureness = logits.log_softmax(dim=2).gather(2, drawn.unsqueeze(2)).squeeze(2)
        noise = config.choice_temperature * (1 - (step + 1) / config.sampling_steps)
        sureness = (sureness + noise * _gumbel(sureness, draws)).masked_fill(~masked, torch.inf)
        tokens = torch.where(masked, drawn, tokens)
        still = masked_after(step, config.sampling_steps, network.positions)
        tokens = tokens.scatter(1, sureness.argsort(dim=1)[:, :still], network.codes)
    return tokens


def _guided_logits(
    network: BandPrior, no_class: int, tokens: Tensor, labels: Tensor, lower: Tensor | None, scale: float
) -> Tensor:
    """Return logits (B, N, K), moved away from those without a class (Ho and Salimans 2022, arXiv 2207.12598)."""
    logits: Tensor = network(tokens, labels, lower)
    if scale == 1:
        return logits
    without: Tensor = network(tokens, torch.full_like(labels, no_class), lower)
    return without + scale * (logits - without)


def _gumbel(like: Tensor, draws: torch.Generator) -> Tensor:
    return -torch.empty_like(like).exponential_(generator=draws).log()
