"""Checksums of tensors: which weights these are, whatever file they came in."""

import hashlib
from collections.abc import Mapping

from torch import Tensor


def tensors_checksum(tensors: Mapping[str, Tensor]) -> str:
    """Return 16 hex digits of SHA-256 over names, shapes, types and values."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()[:16]
