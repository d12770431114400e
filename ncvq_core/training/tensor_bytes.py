"""The bytes of a safetensors file, without a file: what it begins with, and what of each tensor follows.

They are those of the library, so that a file's checksum does not depend on who wrote it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_NAMES = {
    torch.int64: "I64",
    torch.float64: "F64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""Of the types of tensors; they lie in the file in this order, which keeps each aligned to its size."""

_ALIGNMENT = 8


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the checksum of a file of tensors and nothing else: 64 hex digits of SHA-256."""
    digest = hashlib.sha256(file_header(tensors, {}))
    for name in in_order(tensors):
        digest.update(tensor_content(tensors[name]))
    return digest.hexdigest()


def in_order(tensors: Mapping[str, Tensor]) -> list[str]:
    """Return the names in the order in which tensors lie in the file."""
    types = list(_NAMES)
    return sorted(tensors, key=lambda name: (types.index(tensors[name].dtype), name))


def file_header(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return what comes before the tensors: the length of the JSON, and the JSON, which says where each begins."""
    entries: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in in_order(tensors):
        tensor = tensors[name]
        start, end = end, end + tensor.nbytes
        entries[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def tensor_content(tensor: Tensor) -> memoryview:
    """Return the bytes of a tensor; where it lies on the host in one piece they are its own, not a copy."""
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data
