"""The prior over the tokens of all bands."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.config.prior import Stage2Config
from ncvq_core.prior.band_prior import BandPrior, Size
from ncvq_core.prior.masking import random_masks
from ncvq_core.tokenizer import Tokenizer


class TokenSpace(NamedTuple):
    """What a band's tokens stand for."""

    codebook: Tensor
    """(K, D)."""
    size: Size
    """(H, W) of the map of tokens."""


def token_spaces(tokenizer: Tokenizer) -> list[TokenSpace]:
    """Return what the tokens of each band of a tokenizer stand for, the lowest band first."""
    return [TokenSpace(network.codebook.codes, network.token_map) for network in tokenizer.networks]


class Prior(nn.Module):
    """One `BandPrior` a band, each conditioned on the tokens of the band below it.

    Args:
        config: sizes of the networks.
        spaces: of each band, the lowest first.
        classes: number of classes.
    """

    def __init__(self, config: Stage2Config, spaces: list[TokenSpace], classes: int) -> None:
        """Draw initial weights; they come from torch's global generator."""
        super().__init__()
        self.classes = classes
        lower = [None, *spaces]
        self.networks = [
            BandPrior(config, space.codebook, space.size, classes, below)
            for space, below in zip(spaces, lower, strict=False)
        ]
        self.bands = nn.ModuleList(self.networks)

    def forward(self, tokens: list[Tensor], labels: Tensor, progress: Tensor, draws: torch.Generator) -> Tensor:
        """Return the cross-entropy of masked tokens, a scalar in nats a token: the mean of the bands' means.

        Args:
            tokens: (B, N) of each band.
            labels: (B,); the number of classes stands for no class.
            progress: t of the mask schedule for each series, (B,).
            draws: source of the masks.
        """
        losses, lower = [], None
        for network, band in zip(self.networks, tokens, strict=True):
            mask = random_masks(progress, network.positions, draws)
            masked = band.masked_fill(mask, network.codes)
            if band.device.type == "cpu":  # as many rows as there are masked tokens: no fixed shape, which a GPU needs
                rows = mask.flatten().nonzero().squeeze(1)
                losses.append(functional.cross_entropy(network(masked, labels, lower, rows), band.flatten()[rows]))
            else:
                logits = network(masked, labels, lower)
                errors = functional.cross_entropy(logits.flatten(0, 1), band.flatten(), reduction="none")
                losses.append((errors * mask.flatten()).sum() / mask.sum())
            lower = band
        return torch.stack(losses).mean()

    def decoding_codes(self, codebooks: list[Tensor]) -> list[Tensor]:
        """Return the codes (K, D) of each band with which samples are decoded: stage 1's, or those trained here."""
        return [
            network.embedding.codes if network.embedding.decodes else codebook
            for network, codebook in zip(self.networks, codebooks, strict=True)
        ]
