"""The prior of one band's tokens."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.config.prior import Stage2Config
from ncvq_core.prior.token_embedding import TokenEmbedding
from ncvq_core.prior.transformer import Transformer
from ncvq_core.training.layers import normalized_linear

Size = tuple[int, int]


class BandPrior(nn.Module):
    """Predicts the masked tokens of one band from the others, the class, and the tokens of the lower band if any.

    The embedding of tokens is not tied to the output, so that `token_embedding` changes how tokens enter and nothing
    else: a frozen codebook as output weights would limit how sure the prior can be. The lower band's tokens are
    embedded, brought to this band's map by nearest neighbours and added, position by position (TimeVQVAE,
    arXiv 2303.04743, section 3.2).

    Args:
        config: sizes of the network.
        codebook: (K, D), this band's codes.
        size: (H, W) of this band's map of tokens.
        classes: number of classes.
        lower: codes and map size of the lower band; None for the lowest.
    """

    def __init__(
        self,
        config: Stage2Config,
        codebook: Tensor,
        size: Size,
        classes: int,
        lower: tuple[Tensor, Size] | None = None,
    ) -> None:
        """Draw initial weights."""
        super().__init__()
        codes = len(codebook)
        self.codes, self.size, self.positions = codes, size, size[0] * size[1]
        width = config.prior_width
        self.embedding = TokenEmbedding(config.token_embedding, codebook, width)
        self.position = nn.Parameter(torch.randn(1 + self.positions, width))
        self.label = nn.Parameter(torch.randn(classes + 1, width))
        self.lower_size: Size | None = None
        if lower is not None:
            self.lower_size = lower[1]
            self.lower_embedding = TokenEmbedding(config.token_embedding, lower[0], width)
        self.transformer = Transformer(width, config.prior_layers, config.prior_heads, config.prior_feedforward)
        self.output = normalized_linear(width, codes)

    def forward(
        self, tokens: Tensor, labels: Tensor, lower: Tensor | None = None, rows: Tensor | None = None
    ) -> Tensor:
        """Return logits (B, N, K), float32, or (R, K) of some tokens.

        Args:
            tokens: (B, N); K stands for a masked token.
            labels: (B,); the number of classes stands for no class.
            lower: tokens (B, N′) of the lower band, none of them masked.
            rows: (R,), the tokens asked for, as rows of (B · N); None for all.
        """
        x, projected = self._embedded(tokens, labels, lower)
        if rows is None:
            x = self.transformer(x, projected=projected)[:, 1:]
        else:
            x = self.transformer(x, rows + rows // self.positions + 1, projected)  # a class token before each series
        logits: Tensor = self.output(x)
        return logits.float()

    def _embedded(self, tokens: Tensor, labels: Tensor, lower: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return the transformer's input (B, 1 + N, width), and its first projection where that is cheap.

        Without a lower band, an input depends on token and position alone. Where there are less than half as many such
        pairs as inputs, all pairs are projected and looked up.
        """
        table = self.embedding.table()
        pairs = len(self.label) + self.positions * len(table)
        if lower is not None or 2 * pairs > len(tokens) * (1 + self.positions):
            x = functional.embedding(tokens, table)
            if lower is not None:
                x = x + self._condition(lower)
            classes = functional.embedding(labels, self.label).unsqueeze(1).to(x.dtype)
            return torch.cat([classes, x], dim=1) + self.position, None
        inputs = (table.unsqueeze(0) + self.position[1:].unsqueeze(1)).flatten(0, 1)
        inputs = torch.cat([self.label + self.position[0], inputs])
        places = torch.arange(self.positions, device=tokens.device) * len(table) + len(self.label)
        which = torch.cat([labels.unsqueeze(1), places + tokens], dim=1)
        projected = self.transformer.first.queries_keys_values(inputs)
        return functional.embedding(which, inputs), functional.embedding(which, projected)

    def _condition(self, lower: Tensor) -> Tensor:
        assert self.lower_size is not None
        vectors = self.lower_embedding(lower)
        as_map = vectors.transpose(1, 2).unflatten(2, self.lower_size)
        resized: Tensor = functional.interpolate(as_map, self.size).flatten(2).transpose(1, 2)
        return resized
