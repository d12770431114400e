"""An encoder that learns series without labels: dilated convolutions, trained by contrast.

After Franceschi et al. 2019 (arXiv 1901.10738), whose encoder the Context-FID of PSA-GAN uses: dilated convolutions,
the largest value over time, and parts of one series that are nearer to each other than to parts of others. The loss
over a batch is the one of TS2Vec (Yue et al. 2022, arXiv 2106.10466) and others: cross-entropy of a part's partner
among all parts.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.training.seeding import initial_weights, stream

WIDTH, FEATURES = 32, 16
DILATIONS = (1, 2, 4, 8, 16)
STEPS, BATCH, LEARNING_RATE = 150, 32, 2e-3
LONGEST = 256
"""Points of a part that is trained on, at most."""
TEMPERATURE = 0.2
SEED = 0
"""Of every encoder: all trials of a dataset are judged by the same."""
AT_ONCE = 256
"""Series that are encoded at a time."""


class ContextEncoder(nn.Module):
    """Maps series to features.

    Args:
        channels: C of the series.
    """

    def __init__(self, channels: int) -> None:
        """Draw initial weights."""
        super().__init__()
        self.first = nn.Conv1d(channels, WIDTH, 1)
        self.blocks = nn.ModuleList(
            nn.Conv1d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation) for dilation in DILATIONS
        )
        self.final = nn.Linear(WIDTH, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """Map series (B, C, L) of any length to features (B, 16)."""
        x = self.first(x)
        for block in self.blocks:
            x = x + block(functional.gelu(x))
        features: Tensor = self.final(x.amax(dim=2))
        return features

    @torch.inference_mode()
    def features(self, series: Tensor) -> Tensor:
        """Return the features (n, 16) of scaled series (n, C, L)."""
        return torch.cat([self(part) for part in torch.split(series, AT_ONCE)])


def trained_encoder(series: Tensor) -> ContextEncoder:
    """Return an encoder trained on scaled series (n, C, L), n ≥ 2; equal series give an equal one."""
    draws = stream(SEED, "parts of context_fid", torch.device("cpu"))
    with initial_weights(SEED, "context_fid"):
        encoder = ContextEncoder(series.shape[1])
    optimizer = torch.optim.Adam(encoder.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        batch = series[torch.randperm(len(series), generator=draws)[:BATCH]]
        loss = contrast(encoder(_part(batch, draws)), encoder(_part(batch, draws)))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return encoder.eval()


def contrast(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean cross-entropy of the partner of each row among the rows of the other set, both ways.

    Args:
        one: features (B, D); row i is the partner of row i of the other.
        other: features (B, D).
    """
    cosines = functional.normalize(one, dim=1) @ functional.normalize(other, dim=1).T / TEMPERATURE
    partners = torch.arange(len(one))
    return 0.5 * (functional.cross_entropy(cosines, partners) + functional.cross_entropy(cosines.T, partners))


def _part(batch: Tensor, draws: torch.Generator) -> Tensor:
    """Return the same random part of all series (B, C, L): at least half of each, of at most LONGEST points."""
    length = min(batch.shape[2], LONGEST)
    size = int(torch.randint(-(-length // 2), length + 1, (), generator=draws))
    start = int(torch.randint(batch.shape[2] - size + 1, (), generator=draws))
    return batch[..., start : start + size]
