"""Cut each series into segments and permute them (Um et al. 2017, arXiv 1706.00527; the study, arXiv 2408.16613)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ncvq_core.augmentations.base import Augmentation
from ncvq_core.errors import DataError
from ncvq_core.settings import setting

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True, kw_only=True)
class SliceAndShuffle(Augmentation):
    """Cut at distinct random points, so that no segment is empty, and put the segments in random order."""

    segments: int = setting(4, "number of segments", minimum=2)

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Return x, (B, C, L), with the segments of each series permuted, all channels alike.

        Raises:
            DataError: the series are shorter than the number of segments.
        """
        import torch

        batch, _, length = x.shape
        if length < self.segments:
            raise DataError(f"slice_and_shuffle: series of length {length} cannot be cut into {self.segments} segments")
        keys = torch.rand(batch, length - 1, generator=generator, device=x.device)
        cuts = keys.topk(self.segments - 1, dim=1).indices.add(1).sort(dim=1).values
        order = torch.rand(batch, self.segments, generator=generator, device=x.device).argsort(dim=1)
        starts = torch.cat([torch.zeros_like(cuts[:, :1]), cuts], dim=1)
        ends = torch.cat([cuts, torch.full_like(cuts[:, :1], length)], dim=1)
        new_ends = (ends - starts).gather(1, order).cumsum(dim=1)
        new_starts = new_ends - (ends - starts).gather(1, order)
        time = torch.arange(length, device=x.device).expand(batch, length).contiguous()
        segment = torch.searchsorted(new_ends, time, right=True)
        source = time + (starts.gather(1, order) - new_starts).gather(1, segment)
        return x.gather(2, source.unsqueeze(1).expand_as(x))
