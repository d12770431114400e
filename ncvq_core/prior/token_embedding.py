"""How tokens become vectors: the ablation factor `token_embedding`."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class TokenEmbedding(nn.Module):
    """A table with a vector for each code and one for a masked token, and a linear map to the transformer's width.

    | kind | the codes' vectors |
    |---|---|
    | learned | a table of its own |
    | codebook_init | a table of its own that starts as stage 1's codebook |
    | codebook_frozen | stage 1's codebook, as it is |
    | codebook_finetuned | stage 1's codebook, trained: samples are decoded with what it becomes |

    All vectors start with elements of size 1 (from N(0, 1), or a codebook scaled by a constant), so that kinds differ
    by their geometry alone. Much smaller ones, such as MaskGIT's 0.02, vanish beside the first block's output, and the
    loss then rests at the entropy of single tokens for hundreds of steps.

    Args:
        kind: one of `TOKEN_EMBEDDINGS`.
        codebook: (K, D), stage 1's codes.
        width: features of a token in the transformer.

    Attributes:
        codes: (K, D).
    """

    codes: Tensor
    scale: Tensor

    def __init__(self, kind: str, codebook: Tensor, width: int) -> None:
        """Draw or copy the initial vectors."""
        super().__init__()
        self.decodes = kind == "codebook_finetuned"
        size = torch.tensor(1.0) if kind == "learned" else codebook.square().mean().sqrt()
        self.register_buffer("scale", 1 / size)
        self.input = nn.Linear(codebook.shape[1], width)
        self.mask = nn.Parameter(torch.randn(1, codebook.shape[1]))
        drawn = torch.randn(codebook.shape)  # by every kind, so that all others of a seed's initial weights are equal
        if kind == "codebook_frozen":
            self.register_buffer("codes", codebook.clone())
        elif kind == "learned":
            self.codes = nn.Parameter(drawn)
        else:
            self.codes = nn.Parameter(codebook.clone())

    def table(self) -> Tensor:
        """Return the vectors (K + 1, width) of all tokens, that of a masked one last."""
        vectors: Tensor = self.input(torch.cat([self.codes * self.scale, self.mask]))
        return vectors

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, N), where K stands for a masked one, to vectors (B, N, width)."""
        return functional.embedding(tokens, self.table())
