"""Global generators, on which nothing may depend and which nothing may change (known fault 7)."""

import random
from typing import Any

import numpy as np
import torch


def seed_globals(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def global_state() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()
    return random.getstate(), name, np.asarray(keys).tobytes(), tuple(rest), torch.get_rng_state().numpy().tobytes()
