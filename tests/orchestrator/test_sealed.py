"""Checksums inside files: a file on the disk and its content in memory are judged alike."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.store.sealed import MARK, PLACEHOLDER, is_whole, seal, verify

PLACE = PLACEHOLDER.encode()
TEXT = st.binary(max_size=40)


def sealed(path: Path, content: bytes) -> bytes:
    """Content with its checksum."""
    path.write_bytes(content)
    seal(path)
    return path.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=TEXT, after=TEXT, place=st.integers(0, 200), flip=st.integers(1, 255))
def test_one_changed_byte_is_seen_in_both(tmp_path: Path, before: bytes, after: bytes, place: int, flip: int) -> None:
    """Wherever it is."""
    path = tmp_path / "file"
    content = sealed(path, before + PLACE + after)
    assert is_whole(content)
    assert verify(path)
    changed = bytearray(content)
    changed[place % len(content)] ^= flip
    path.write_bytes(changed)
    assert not is_whole(bytes(changed))
    assert not verify(path)


@pytest.mark.parametrize("cut", [b"", b"x" * 2**20, b"x" * (2**20 - 30), b"x" * (2**21 - 77)])
@pytest.mark.parametrize(
    "change",
    [
        lambda content: content + PLACE,  # two
        lambda content: content.replace(MARK, b"ncvq-sha255:"),  # none
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content[content.find(MARK) :] if not content.startswith(MARK) else content[1:],
        lambda content: content.upper().replace(MARK.upper(), MARK),
    ],
)
def test_a_seal_across_chunks_is_seen_in_both(tmp_path: Path, cut: bytes, change: object) -> None:
    """However long the file is, and whatever became of it."""
    path = tmp_path / "file"
    content = sealed(path, cut + PLACE + b"end")
    assert is_whole(content)
    assert verify(path)
    assert callable(change)
    path.write_bytes(changed := change(content))
    assert not is_whole(changed)
    assert not verify(path)
