"""Files of tensors in the safetensors format, written and read without a second copy of what is in them.

The library's `save` holds the whole file in memory, and its `save_file` all tensors that must be brought to the host or
laid out anew. Here one tensor at a time is. The bytes are those of the library, so that a file's checksum does not
depend on who wrote it.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from orchestrator.store.sealed import MARK, PLACEHOLDER, patch

SEAL = "sha256"
"""Key of the metadata that seals a file."""

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


class TensorFile(Mapping[str, Tensor]):
    """Tensors by name that stay in their file: each is mapped anew when asked for, and let go with the last use.

    A mapped tensor costs memory only where it is read. It must not be read any more when the file was changed in place;
    one that was replaced is still there.

    Args:
        path: a safetensors file.

    Raises:
        SafetensorError: it is none, or cut off.
        OSError: it cannot be read.

    Attributes:
        metadata: the words beside the tensors.
    """

    def __init__(self, path: Path) -> None:
        """Read names and metadata."""
        self._path = path
        with safe_open(path, framework="pt") as file:
            self._keys: dict[str, None] = dict.fromkeys(file.keys())
            self.metadata: dict[str, str] = file.metadata() or {}

    def __getitem__(self, name: str) -> Tensor:
        """Return a tensor on the CPU."""
        if name not in self._keys:
            raise KeyError(name)
        with safe_open(self._path, framework="pt") as file:
            tensor: Tensor = file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._keys)

    def __len__(self) -> int:
        """Count the tensors."""
        return len(self._keys)


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> str:
    """Write a file and return its checksum: 64 hex digits of SHA-256 over all of it, computed along the way."""
    return _write(path, _header(tensors, {}), tensors)


def write_sealed_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a file that carries its checksum (see `sealed`), with words beside the tensors."""
    header = _header(tensors, {**metadata, SEAL: PLACEHOLDER})
    digest = _write(path, header, tensors)
    patch(path, header.rindex(MARK) + len(MARK), digest)


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the checksum of the file that `write_tensors` would write."""
    digest = hashlib.sha256(_header(tensors, {}))
    for name in _in_order(tensors):
        digest.update(_content(tensors[name]))
    return digest.hexdigest()


def _write(path: Path, header: bytes, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(header)
    with path.open("wb") as file:
        file.write(header)
        for name in _in_order(tensors):
            content = _content(tensors[name])
            digest.update(content)
            file.write(content)
    return digest.hexdigest()


def _in_order(tensors: Mapping[str, Tensor]) -> list[str]:
    types = list(_NAMES)
    return sorted(tensors, key=lambda name: (types.index(tensors[name].dtype), name))


def _header(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return what comes before the tensors: the length of the JSON, and the JSON, which says where each begins."""
    entries: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name in _in_order(tensors):
        tensor = tensors[name]
        start, end = end, end + tensor.nbytes
        entries[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def _content(tensor: Tensor) -> memoryview:
    """Return the bytes of a tensor; where it lies on the host in one piece they are its own, not a copy."""
    return tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data
