"""How tokens become vectors: the ablation factor `token_embedding`."""

import torch
from torch import Tensor, nn
from torch.nn import functional

INITIAL_DEVIATION = 0.02
"""Standard deviation of initial tables, as in MaskGIT (arXiv 2202.04200)."""


class TokenEmbedding(nn.Module):
    """A table with a vector for each code, and one for a token that is masked.

    | kind | the codes' vectors |
    |---|---|
    | learned | a table of its own |
    | codebook_init | a table of its own that starts as stage 1's codebook |
    | codebook_frozen | stage 1's codebook, as it is |
    | codebook_finetuned | stage 1's codebook, trained: samples are decoded with what it becomes |

    A codebook is scaled by a constant to the size of a learned table, so that kinds differ by their geometry and not
    by the size of their first logits.

    Args:
        kind: one of `TOKEN_EMBEDDINGS`.
        codebook: (K, D), stage 1's codes.

    Attributes:
        codes: (K, D).
    """

    codes: Tensor
    scale: Tensor

    def __init__(self, kind: str, codebook: Tensor) -> None:
        """Draw or copy the initial vectors."""
        super().__init__()
        self.decodes = kind == "codebook_finetuned"
        size = torch.tensor(INITIAL_DEVIATION) if kind == "learned" else codebook.square().mean().sqrt()
        self.register_buffer("scale", INITIAL_DEVIATION / size)
        self.mask = nn.Parameter(INITIAL_DEVIATION * torch.randn(1, codebook.shape[1]))
        if kind == "codebook_frozen":
            self.register_buffer("codes", codebook.clone())
        elif kind == "learned":
            self.codes = nn.Parameter(INITIAL_DEVIATION * torch.randn(codebook.shape))
        else:
            self.codes = nn.Parameter(codebook.clone())

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (B, N), where K stands for a masked one, to vectors (B, N, D)."""
        return functional.embedding(tokens, torch.cat([self.vectors, self.mask]))

    @property
    def vectors(self) -> Tensor:
        """The codes' vectors, (K, D)."""
        return self.codes * self.scale
