"""Files that carry their own checksum, so that file and checksum become visible in one step.

A file is sealed by the text `ncvq-sha256:` with 64 hex digits directly after it, somewhere in it and exactly once. The
digits are SHA-256 (FIPS 180-4) over all bytes of the file, with zeros in the place of these 64. Whoever writes a file
puts PLACEHOLDER where its format has room for a word (a value in JSON, metadata of Parquet and safetensors) and seals
it before it gets its name. Only bytes are looked at, so that one rule serves all formats.
"""

import hashlib
import string
from pathlib import Path
from typing import NamedTuple

MARK = b"ncvq-sha256:"
DIGITS = 64
PLACEHOLDER = MARK.decode() + DIGITS * "0"
"""What stands in a file that is not sealed yet."""

_CHUNK = 2**20
_HEX = frozenset(string.hexdigits.encode())


class _Seal(NamedTuple):
    """What a file says of itself, and what is true."""

    position: int
    """Of the first digit in the file."""
    digits: bytes
    """64 hex digits, as they are there."""
    digest: bytes
    """The digits that would be right."""


def seal(path: Path) -> None:
    """Put the checksum of a file in the place of its PLACEHOLDER.

    Raises:
        ValueError: there is none, or more than one.
    """
    found = _read(path)
    if found is None:
        raise ValueError(f"{path}: has not exactly one place for a checksum")
    patch(path, found.position, found.digest.decode())


def patch(path: Path, position: int, digest: str) -> None:
    """Write 64 digits over those at a position, where the digest was computed while the file was written."""
    with path.open("r+b") as file:
        file.seek(position)
        file.write(digest.encode())


def verify(path: Path) -> bool:
    """Say whether a file is sealed and every bit of it as it was then; False for one that is not there."""
    try:
        found = _read(path)
    except OSError:
        return False
    return found is not None and found.digits == found.digest


def _read(path: Path) -> _Seal | None:
    """Read a file once, a chunk at a time; None where it has no seal or several."""
    digest, seals, start, waiting = hashlib.sha256(), [], 0, bytearray()
    with path.open("rb") as file:
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
    position = content.find(MARK)
    while position >= 0:
        position += len(MARK)
        digits = bytes(content[position : position + DIGITS])
        if len(digits) == DIGITS and _HEX.issuperset(digits):
            found.append((position, digits))
            content[position : position + DIGITS] = DIGITS * b"0"
        position = content.find(MARK, position)
    return found
