"""Files that carry their own checksum, so that file and checksum become visible in one step.

A file is sealed by the text `ncvq-sha256:` with 64 hex digits directly after it, somewhere in it and exactly once. The
digits are SHA-256 (FIPS 180-4) over all bytes of the file, with zeros in the place of these 64. Whoever writes a file
puts PLACEHOLDER where its format has room for a word (a value in JSON, metadata of Parquet and safetensors) and seals
it before it gets its name. The rule is about bytes alone, so that it is the same for all formats.
"""

import hashlib
import string
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

MARK = b"ncvq-sha256:"
DIGITS = 64
PLACEHOLDER = MARK.decode() + DIGITS * "0"
"""The text at the place of the checksum until the file is sealed."""

_CHUNK = 2**20
_HEX = frozenset(string.hexdigits.encode())


class _Seal(NamedTuple):
    """The checksum that a file contains, and the one that its content has."""

    position: int
    """Position of the first digit in the file, in bytes."""
    digits: bytes
    """The 64 hex digits that are in the file."""
    digest: bytes
    """The digits that the content gives."""


def seal(path: Path) -> None:
    """Put the checksum of a file in the place of its PLACEHOLDER.

    Raises:
        ValueError: there is none, or more than one.
    """
    with path.open("rb") as file:
        found = _read(file)
    if found is None:
        raise ValueError(f"{path}: has not exactly one place for a checksum")
    patch(path, found.position, found.digest.decode())


def patch(path: Path, position: int, digest: str) -> None:
    """Write 64 digits over those at a position, where the digest was computed while the file was written."""
    with path.open("r+b") as file:
        file.seek(position)
        file.write(digest.encode())


def verify(path: Path) -> bool:
    """Say whether a file is sealed and unchanged since; False where there is no file."""
    try:
        with path.open("rb") as file:
            return _holds(_read(file))
    except OSError:
        return False


def is_whole(content: bytes) -> bool:
    """Do the same as `verify` for the content of a file, without a copy of it."""
    positions = list(_seals(content))
    if len(positions) != 1:
        return False
    start, end = positions[0], positions[0] + DIGITS
    digest = hashlib.sha256(memoryview(content)[:start])
    digest.update(DIGITS * b"0")
    digest.update(memoryview(content)[end:])
    return content[start:end] == digest.hexdigest().encode()


def _holds(found: _Seal | None) -> bool:
    return found is not None and found.digits == found.digest


def _read(file: BinaryIO) -> _Seal | None:
    """Read a file once, a chunk at a time; None where it has no seal or several."""
    digest, seals, start, waiting = hashlib.sha256(), [], 0, bytearray()
    while chunk := file.read(_CHUNK):
        waiting += chunk
        seals += [(start + position, digits) for position, digits in _zeroed_seals(waiting)]
        ready = max(0, len(waiting) - len(PLACEHOLDER) + 1)  # a seal that is still cut off may begin after that
        digest.update(waiting[:ready])
        del waiting[:ready]
        start += ready
    digest.update(waiting)
    return _Seal(*seals[0], digest.hexdigest().encode()) if len(seals) == 1 else None


def _zeroed_seals(content: bytearray) -> list[tuple[int, bytes]]:
    """Find each whole seal's digits and their position, and put zeros there."""
    found = []
    for position in _seals(content):
        end = position + DIGITS
        found.append((position, bytes(content[position:end])))
        content[position:end] = DIGITS * b"0"
    return found


def _seals(content: bytes | bytearray) -> Iterator[int]:
    """Find where the digits of each whole seal begin."""
    position = content.find(MARK)
    while position >= 0:
        position += len(MARK)
        digits = content[position : position + DIGITS]
        if len(digits) == DIGITS and _HEX.issuperset(digits):
            yield position
        position = content.find(MARK, position)
