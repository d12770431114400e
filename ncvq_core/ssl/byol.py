"""BYOL: predict a momentum network's projection of the other view (Grill et al. 2020, arXiv 2006.07733)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ncvq_core.settings import setting
from ncvq_core.ssl.base import HeadSize, SSLMethod, size_of

if TYPE_CHECKING:
    from ncvq_core.ssl.head import SSLHead


@dataclass(frozen=True, kw_only=True)
class BYOL(SSLMethod):
    """Online encoder, projector and predictor learn to predict what their slowly moving average sees."""

    default_weight: ClassVar[float] = 1.0
    uses_projector_width: ClassVar[bool] = False
    momentum: float = setting(0.9, "decay τ of the target network", minimum=0, maximum=1)
    hidden: int = setting(512, "hidden features of projector and predictor", minimum=2)
    output: int = setting(512, "features of a projection", minimum=2)

    def head(self, features: int, width: int) -> SSLHead:
        """Build projector, predictor and the target projector; `width` is not used: the paper fixes the sizes."""
        from ncvq_core.ssl.heads.byol import BYOLHead

        return BYOLHead(features, self)

    def head_size(self, features: int, width: int) -> HeadSize:
        """Return the size of projector, predictor and target projector."""
        projector, behind = (features, self.hidden), (self.hidden, self.output)
        layers = (projector, behind, (self.output, self.hidden), behind, projector, behind)
        return size_of(layers, normalised=3 * self.hidden)
