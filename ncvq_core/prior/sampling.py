"""Drawing tokens from a prior (MaskGIT, arXiv 2202.04200, section 3.2)."""

import torch
from torch import Tensor

from ncvq_core.config.prior import SamplingConfig, masked_after
from ncvq_core.prior.band_prior import BandPrior
from ncvq_core.prior.prior import Prior


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
    tokens, places = _all_masked(network, labels)
    logits = _first_logits(network, no_class, labels, lower, config.guidance_scale)
    for step in range(config.sampling_steps):
        if step:
            logits = _guided_logits(network, no_class, tokens, places, labels, lower, config.guidance_scale)
        drawn = (logits + _gumbel(logits, draws)).argmax(dim=2)
        tokens = tokens.scatter(1, places, drawn)
        still = masked_after(step, config.sampling_steps, network.positions)
        if not still:
            break
        sureness = logits.log_softmax(dim=2).gather(2, drawn.unsqueeze(2)).squeeze(2)
        noise = config.choice_temperature * (1 - (step + 1) / config.sampling_steps)
        sureness = sureness + noise * _gumbel(sureness, draws)
        places = places.gather(1, sureness.argsort(dim=1)[:, :still])
        tokens = tokens.scatter(1, places, network.codes)
    return tokens


def _all_masked(network: BandPrior, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return tokens (B, N), none of them decided, and the masked positions, (B, N)."""
    tokens = torch.full((len(labels), network.positions), network.codes, device=labels.device)
    return tokens, torch.arange(network.positions, device=labels.device).expand_as(tokens)


def _first_logits(network: BandPrior, no_class: int, labels: Tensor, lower: Tensor | None, scale: float) -> Tensor:
    """Return logits (B, N, K) before any token is decided; in the lowest band they depend on the class alone."""
    if lower is not None:
        return _guided_logits(network, no_class, *_all_masked(network, labels), labels, lower, scale)
    classes, which = torch.unique(labels, return_inverse=True)
    return _guided_logits(network, no_class, *_all_masked(network, classes), classes, None, scale)[which]


def _guided_logits(
    network: BandPrior,
    no_class: int,
    tokens: Tensor,
    places: Tensor,
    labels: Tensor,
    lower: Tensor | None,
    scale: float,
) -> Tensor:
    """Return logits (B, M, K) at M places, moved away from those without a class.

    Guidance: Ho and Salimans 2022, arXiv 2207.12598.
    """
    series = torch.arange(len(tokens), device=tokens.device).unsqueeze(1)
    rows = (series * network.positions + places).flatten()
    logits: Tensor = network(tokens, labels, lower, rows)
    if scale != 1:
        without: Tensor = network(tokens, torch.full_like(labels, no_class), lower, rows)
        logits = without + scale * (logits - without)
    return logits.view(*places.shape, -1)


def _gumbel(like: Tensor, draws: torch.Generator) -> Tensor:
    return -torch.empty_like(like).exponential_(generator=draws).log()
