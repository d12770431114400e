"""A bidirectional transformer (Vaswani et al. 2017, arXiv 1706.03762), normalised before each block."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ncvq_core.linear import Linear
from ncvq_core.prior.normalized_linear import NormalizedLinear

HEAD_WIDTH = 64


class Attention(nn.Module):
    """Multi-head self-attention over all positions, with heads of 64 features.

    Args:
        width: features of a position.
        heads: number of heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        """Draw initial weights."""
        super().__init__()
        self.heads = heads
        self.queries_keys_values = NormalizedLinear(width, 3 * heads * HEAD_WIDTH, bias=False)
        self.output = Linear(heads * HEAD_WIDTH, width, bias=False)

    def forward(self, x: Tensor, places: Tensor | None = None) -> Tensor:
        """Map (B, N, width) to (B, N, width), or to (B, M, width) at the positions `places` (B, M) only."""
        projected = self.queries_keys_values(x).unflatten(2, (3, self.heads, HEAD_WIDTH))
        queries, keys, values = projected.permute(2, 0, 3, 1, 4)
        if places is not None:
            queries = queries.gather(2, places[:, None, :, None].expand(-1, self.heads, -1, HEAD_WIDTH))
        attended = attend(queries, keys, values)
        mixed: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return mixed


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Return softmax(q kᵀ / √d) v for queries (B, heads, M, d), keys and values (B, heads, N, d).

    In bfloat16 on a CPU as plain products, which for these short sequences take half the time of torch's fused kernel.
    """
    if queries.device.type != "cpu" or queries.dtype != torch.bfloat16:
        return functional.scaled_dot_product_attention(queries, keys, values)
    batch, heads, positions, width = queries.shape
    queries, keys, values = (part.reshape(batch * heads, -1, width) for part in (queries, keys, values))
    scores = torch.bmm(queries * width**-0.5, keys.transpose(1, 2))
    return torch.bmm(scores.softmax(dim=2), values).view(batch, heads, positions, width)


class Transformer(nn.Module):
    """Layers of attention and feed-forward blocks, each with a residual connection, and RMSNorm before each block.

    Args:
        width: features of a position.
        layers: number of layers.
        heads: attention heads of 64 features each.
        feedforward: hidden features of a feed-forward block, as a multiple of `width`.
    """

    def __init__(self, width: int, layers: int, heads: int, feedforward: int) -> None:
        """Draw initial weights."""
        super().__init__()
        hidden = feedforward * width
        self.blocks = nn.ModuleList()
        for _ in range(layers):
            self.blocks.append(Attention(width, heads))
            self.blocks.append(nn.Sequential(NormalizedLinear(width, hidden), nn.GELU(), Linear(hidden, width)))

    def forward(self, x: Tensor, places: Tensor | None = None) -> Tensor:
        """Map (B, N, width) to (B, N, width), or to (B, M, width) at the positions `places` (B, M) only.

        What no other position depends on, from the last attention on, is then computed at these positions only.
        """
        *earlier, attention, feedforward = self.blocks
        for block in earlier:
            x = x + block(x)
        x = (x if places is None else at(x, places)) + attention(x, places)
        output: Tensor = x + feedforward(x)
        return output


def at(x: Tensor, places: Tensor) -> Tensor:
    """Return (B, M, width), the positions `places` (B, M) of x (B, N, width)."""
    return x.gather(1, places.unsqueeze(2).expand(-1, -1, x.shape[2]))
