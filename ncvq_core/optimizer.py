"""AdamW, and its state as named tensors."""

import torch
from torch import Tensor, nn


def adamw(modules: nn.Module, learning_rate: Tensor, weight_decay: float) -> torch.optim.AdamW:
    """Return a fused AdamW that reads its learning rate from a tensor, which the caller may change between steps."""
    return torch.optim.AdamW(modules.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the state of each parameter as `INDEX.NAME` tensors."""
    states = optimizer.state_dict()["state"]
    return {f"{index}.{name}": value for index, state in states.items() for name, value in state.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` returned."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value.clone()
    rates = [group["lr"] for group in optimizer.param_groups]
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate  # load_state_dict put a copy here, which would not follow the schedule
