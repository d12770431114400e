"""TRAIN as tokens, drawn anew at each step."""

import torch
from torch import Tensor

from ncvq_core.prior.prior import token_spaces
from ncvq_core.tokenizer import Tokenizer

BATCH = 256


class TokenSource:
    """Draws tokens of series from softmax(−d² / temperature) over the codes, d being the distance to each code.

    The distances are computed once, by the frozen tokenizer.

    Args:
        tokenizer: stage 1's model, in evaluation mode.
        series: scaled series, (n, C, L).
        temperature: of the softmax; 0 always takes the nearest code.

    Attributes:
        spaces: what the tokens of each band stand for.
    """

    def __init__(self, tokenizer: Tokenizer, series: Tensor, temperature: float) -> None:
        """Compute the distances."""
        self.temperature = temperature
        self.spaces = token_spaces(tokenizer)
        parts: list[list[Tensor]] = [[] for _ in self.spaces]
        with torch.no_grad():
            for x in torch.split(series, BATCH):
                features = tokenizer.encode(tokenizer.transform(x))
                for part, book, band in zip(parts, tokenizer.codebooks, features, strict=True):
                    flat = band.permute(0, 2, 3, 1).flatten(0, 2)
                    part.append(book.distances(flat).view(len(x), -1, len(book.codes)))
        self.distances = [torch.cat(part) for part in parts]
        """(n, N, K) of each band."""

    def draw(self, batch: Tensor, draws: torch.Generator) -> list[Tensor]:
        """Return tokens (B, N) of each band for the series with indices (B,)."""
        tokens = []
        for distances in self.distances:
            distance = distances[batch]
            if self.temperature:
                noise = torch.empty_like(distance).exponential_(generator=draws).log()
                distance = distance / self.temperature + noise  # the Gumbel-max trick, as a minimum
            tokens.append(distance.argmin(dim=2))
        return tokens
