"""A network that follows another one."""

import torch
from torch import nn


@torch.no_grad()
def follow_parameters(target: nn.Module, online: nn.Module, momentum: float) -> None:
    """Move the target's parameters to momentum · target + (1 − momentum) · online."""
    torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), 1 - momentum)
