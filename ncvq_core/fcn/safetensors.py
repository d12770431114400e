"""Reading a safetensors file: a JSON header that names dtype, shape and place of each tensor, then their bytes."""

import json
import math
from pathlib import Path

import torch
from torch import Tensor

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
}


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name; nothing is executed.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file, is cut off, or holds a dtype that is not in DTYPES.
    """
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8:start].decode())
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        return {name: _tensor(entry, content[start:]) for name, entry in entries.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a safetensors file: {error}") from error


def _tensor(entry: dict[str, object], data: bytes) -> Tensor:
    dtype, shape, (first, last) = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]  # type: ignore[index, misc]
    part = data[first:last]
    if len(part) != math.prod(shape) * dtype.itemsize:  # type: ignore[arg-type]
        raise ValueError("cut off")
    flat = torch.frombuffer(bytearray(part), dtype=dtype) if part else torch.empty(0, dtype=dtype)
    return flat.reshape(shape)  # type: ignore[arg-type]
