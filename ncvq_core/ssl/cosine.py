"""The similarity of BYOL and SimSiam."""

from torch import Tensor
from torch.nn import functional


def mean_cosine(prediction: Tensor, target: Tensor) -> Tensor:
    """Return the mean of cos(prediction, target) over a batch (B, D); no gradient flows to the target."""
    return functional.cosine_similarity(prediction.float(), target.detach().float(), dim=1).mean()
