"""A bidirectional transformer (Vaswani et al. 2017, arXiv 1706.03762), normalised before each block."""

from torch import Tensor, nn
from torch.nn import functional

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
        self.queries_keys_values = nn.Linear(width, 3 * heads * HEAD_WIDTH, bias=False)
        self.output = nn.Linear(heads * HEAD_WIDTH, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, N, width) to (B, N, width)."""
        projected = self.queries_keys_values(x).unflatten(2, (3, self.heads, HEAD_WIDTH))
        queries, keys, values = projected.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(queries, keys, values)
        mixed: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return mixed


class Transformer(nn.Module):
    """Layers of attention and feed-forward blocks, each with a residual connection, and RMSNorm before each block.

    RMSNorm is that of Zhang and Sennrich 2019 (arXiv 1910.07467).

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
            self.blocks.append(nn.Sequential(nn.RMSNorm(width), Attention(width, heads)))
            feed = (nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
            self.blocks.append(nn.Sequential(nn.RMSNorm(width), *feed))
        self.norm = nn.RMSNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, N, width) to (B, N, width)."""
        for block in self.blocks:
            x = x + block(x)
        normalised: Tensor = self.norm(x)
        return normalised
