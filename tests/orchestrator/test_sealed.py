"""Sealed files: any change of a bit is seen, whatever the format, and wherever the seal lies."""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file, save_file

from orchestrator.store.sealed import DIGITS, MARK, PLACEHOLDER, patch, seal, verify

CHUNK = 2**20


def json_file(path: Path) -> None:
    path.write_text(json.dumps({"seal": PLACEHOLDER, "value": 2.7312355, "words": "ä"}))


def parquet_file(path: Path) -> None:
    schema = pa.schema([("value", pa.float64())], metadata={"seal": PLACEHOLDER})
    pq.write_table(pa.Table.from_pylist([{"value": 2.7312355}], schema=schema), path)


def tensor_file(path: Path) -> None:
    save_file({"weight": torch.randn(40)}, path, {"seal": PLACEHOLDER})


WRITERS = [json_file, parquet_file, tensor_file]


@pytest.mark.parametrize("write", WRITERS)
def test_every_flip_of_every_bit_is_seen(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path)
    assert not verify(path)
    seal(path)
    assert verify(path)
    content = path.read_bytes()
    assert content.count(MARK) == 1
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        assert not verify(path), bit
    path.write_bytes(content)
    assert verify(path)


@pytest.mark.parametrize("write", WRITERS)
def test_every_shorter_or_longer_file_is_seen(write: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path)
    seal(path)
    content = path.read_bytes()
    changed = [content[:length] for length in range(len(content))]
    changed += [content + b"\0", b"\0" + content, content + content, content[:99] + content[100:] + content[99:100]]
    for each in changed:
        path.write_bytes(each)
        assert not verify(path), len(each)


def test_a_sealed_file_is_still_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for write, read in (
        (json_file, lambda: json.loads(path.read_text())["value"] == 2.7312355),
        (parquet_file, lambda: pq.read_table(path)["value"].to_pylist() == [2.7312355]),
        (tensor_file, lambda: load_file(path)["weight"].shape == (40,)),
    ):
        write(path)
        seal(path)
        assert read()


def test_the_rule_is_the_one_in_words(tmp_path: Path) -> None:
    path = tmp_path / "file"
    json_file(path)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    seal(path)
    assert json.loads(path.read_text())["seal"] == f"ncvq-sha256:{expected}"


@pytest.mark.parametrize("before", [0, 1, CHUNK - 90, 2 * CHUNK, *range(CHUNK - 80, CHUNK + 2), 3 * CHUNK + 5])
def test_a_seal_may_lie_anywhere(before: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(random.Random(before).randbytes(before) + PLACEHOLDER.encode() + b"after")
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    seal(path)
    assert verify(path)
    assert path.read_bytes()[before:] == f"ncvq-sha256:{expected}after".encode()


@pytest.mark.parametrize("apart", [0, 1, 5, CHUNK - 100, CHUNK - 80, CHUNK - 40, CHUNK, 2 * CHUNK])
def test_two_seals_are_none(apart: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(PLACEHOLDER.encode() + b"." * apart + PLACEHOLDER.encode())
    with pytest.raises(ValueError, match="not exactly one"):
        seal(path)
    assert not verify(path)


def test_the_mark_alone_is_no_seal(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(MARK + b"see above; " + PLACEHOLDER.encode() + MARK)
    seal(path)
    assert verify(path)
    path.write_bytes(MARK + b"0" * (DIGITS - 1))
    assert not verify(path)
    with pytest.raises(ValueError, match="not exactly one"):
        seal(path)


def test_a_digest_known_already_is_patched_in(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    for each in (path, other):
        json_file(each)
    seal(path)
    content = other.read_bytes()
    patch(other, content.index(MARK) + len(MARK), hashlib.sha256(content).hexdigest())
    assert other.read_bytes() == path.read_bytes()


def test_what_is_no_file_is_not_sound(tmp_path: Path) -> None:
    assert not verify(tmp_path)
    assert not verify(tmp_path / "missing")
    (tmp_path / "empty").touch()
    assert not verify(tmp_path / "empty")
