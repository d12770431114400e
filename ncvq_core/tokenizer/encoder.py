"""The encoder: a spectrogram becomes a short feature map."""

from torch import nn

from ncvq_core.tokenizer.blocks import ResidualBlock, halving_block


def build_encoder(channels_in: int, channels: int, halvings: int, residual_blocks: int) -> nn.Sequential:
    """Return a network from (B, channels_in, H, W) to (B, channels, H, ⌊W / 2^halvings⌋)."""
    return nn.Sequential(
        halving_block(channels_in, channels),
        *(halving_block(channels, channels) for _ in range(halvings - 1)),
        *(ResidualBlock(channels) for _ in range(residual_blocks)),
    )
