"""Files of tensors in the safetensors format, written and read without a second copy of what is in them.

The library's `save` holds the whole file in memory, and its `save_file` all tensors that must be brought to the host or
laid out anew. Here one tensor at a time is.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from ncvq_core.training.tensor_bytes import file_header, in_order, tensor_content
from orchestrator.store.sealed import MARK, PLACEHOLDER, patch

SEAL = "sha256"
"""Key of the metadata that seals a file."""


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
    return _write(path, file_header(tensors, {}), tensors)


def write_sealed_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a file that carries its checksum (see `sealed`), with words beside the tensors."""
    header = file_header(tensors, {**metadata, SEAL: PLACEHOLDER})
    digest = _write(path, header, tensors)
    patch(path, header.rindex(MARK) + len(MARK), digest)


def _write(path: Path, header: bytes, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(header)
    with path.open("wb") as file:
        file.write(header)
        for name in in_order(tensors):
            content = tensor_content(tensors[name])
            digest.update(content)
            file.write(content)
    return digest.hexdigest()
