"""SimSiam: predict the other view's projection, without a momentum network (Chen and He 2021, arXiv 2011.10566)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ncvq_core.settings import setting
from ncvq_core.ssl.base import HeadSize, SSLMethod, projector_layers, size_of

if TYPE_CHECKING:
    from ncvq_core.ssl.head import SSLHead


@dataclass(frozen=True, kw_only=True)
class SimSiam(SSLMethod):
    """A predictor on one view and a stopped gradient on the other keep the representation from collapsing."""

    default_weight: ClassVar[float] = 1.0
    bottleneck: int = setting(4, "how many times narrower the predictor's hidden layer is", minimum=1)

    def head(self, features: int, width: int) -> SSLHead:
        """Build projector and predictor."""
        from ncvq_core.ssl.heads.simsiam import SimSiamHead

        return SimSiamHead(features, width, self._hidden(width))

    def head_size(self, features: int, width: int) -> HeadSize:
        """Return the size of projector and predictor."""
        hidden = self._hidden(width)
        layers = (*projector_layers(features, width), (width, hidden), (hidden, width))
        return size_of(layers, normalised=3 * width + hidden)

    def _hidden(self, width: int) -> int:
        return max(2, width // self.bottleneck)
