"""TRAIN as tokens, drawn anew at each step."""

import torch
from torch import Tensor
from torch.nn import functional

from ncvq_core.prior.prior import token_spaces
from ncvq_core.tokenizer import Tokenizer
from ncvq_core.training.precision import check_exact_float32
from ncvq_core.training.sizes import EVALUATION_BATCH

BATCH = EVALUATION_BATCH


class TokenSource:
    """Draws tokens of series from softmax(−d² / temperature) over the codes, d being the distance to each code.

    The distances are computed once, by the frozen tokenizer, so that a token takes one random number: where it lies in
    the cumulative probabilities of the codes.

    Args:
        tokenizer: stage 1's model, in evaluation mode.
        series: scaled series, (n, C, L).
        temperature: of the softmax; 0 always takes the nearest code.

    Attributes:
        spaces: what the tokens of each band stand for.
    """

    def __init__(self, tokenizer: Tokenizer, series: Tensor, temperature: float) -> None:
        """Compute the probabilities."""
        check_exact_float32(series.device)
        self.spaces = token_spaces(tokenizer)
        parts: list[list[Tensor]] = [[] for _ in self.spaces]
        with torch.no_grad():
            for x in torch.split(series, BATCH):
                features = tokenizer.encode(tokenizer.transform(x))
                for part, book, band in zip(parts, tokenizer.codebooks, features, strict=True):
                    flat = band.permute(0, 2, 3, 1).flatten(0, 2)
                    distances = book.distances(flat).view(len(x), -1, len(book.codes))
                    part.append(cumulative_probabilities(distances, temperature))
        self.cumulative = [torch.cat(part) for part in parts]
        """(n, N, K − 1) of each band: all but the last, which is 1."""

    def draw(self, batch: Tensor, draws: torch.Generator) -> list[Tensor]:
        """Return tokens (B, N) of each band for the series with indices (B,)."""
        tokens = []
        for cumulative in self.cumulative:
            uniform = torch.rand(len(batch), cumulative.shape[1], 1, generator=draws, device=cumulative.device)
            tokens.append(torch.searchsorted(cumulative[batch], uniform, right=True).squeeze(2))
        return tokens


def cumulative_probabilities(distances: Tensor, temperature: float) -> Tensor:
    """Return the cumulative probabilities (…, K − 1) of codes at squared distances (…, K), without the last, 1."""
    if temperature:
        probabilities = (-distances / temperature).softmax(dim=-1)
    else:
        probabilities = functional.one_hot(distances.argmin(dim=-1), distances.shape[-1]).float()
    cumulative = probabilities.cpu().cumsum(dim=-1)  # on a GPU torch (2.11) has no deterministic one
    return cumulative[..., :-1].contiguous().to(distances.device)
