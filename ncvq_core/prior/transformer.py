"""A bidirectional transformer (Vaswani et al. 2017, arXiv 1706.03762), normalised before each block."""

from torch import Tensor, nn

from ncvq_core.config.prior import HEAD_WIDTH
from ncvq_core.training.layers import attention, linear, normalized_linear


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
        self.queries_keys_values = normalized_linear(width, 3 * heads * HEAD_WIDTH, bias=False)
        self.attend = attention()
        self.output = linear(heads * HEAD_WIDTH, width, bias=False)

    def forward(self, x: Tensor, rows: Tensor | None = None, projected: Tensor | None = None) -> Tensor:
        """Map (B, N, width) to (B, N, width), or to (R, width) at some rows of (B · N, width) only.

        Args:
            x: the positions.
            rows: (R,), the rows asked for; None for all.
            projected: (B, N, 3 · heads · 64), what `queries_keys_values` makes of x, where it is known already.
        """
        projected = self.queries_keys_values(x) if projected is None else projected
        queries, keys, values = projected.unflatten(2, (3, self.heads, HEAD_WIDTH)).permute(2, 0, 3, 1, 4)
        attended = self.attend(queries, keys, values).transpose(1, 2).flatten(2)
        mixed: Tensor = self.output(at(attended, rows))
        return mixed


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
            self.blocks.append(nn.Sequential(normalized_linear(width, hidden), nn.GELU(), linear(hidden, width)))

    @property
    def first(self) -> Attention:
        """The first block."""
        block = self.blocks[0]
        assert isinstance(block, Attention)
        return block

    def forward(self, x: Tensor, rows: Tensor | None = None, projected: Tensor | None = None) -> Tensor:
        """Map (B, N, width) to (B, N, width), or to (R, width) at some rows of (B · N, width) only.

        What no other position depends on, from the last attention's output on, is then computed at these rows only.

        Args:
            x: the positions.
            rows: (R,), the rows asked for; None for all.
            projected: what the first attention's `queries_keys_values` makes of x, where it is known already.
        """
        for index, (attention_block, feedforward) in enumerate(zip(self.blocks[::2], self.blocks[1::2], strict=True)):
            asked = rows if index == len(self.blocks) // 2 - 1 else None
            x = at(x, asked) + attention_block(x, asked, None if index else projected)
            x = x + feedforward(x)
        return x


def at(x: Tensor, rows: Tensor | None) -> Tensor:
    """Return (R, width), some rows (R,) of x (B, N, width) as (B · N, width); x itself for None."""
    return x if rows is None else x.flatten(0, 1).index_select(0, rows)
