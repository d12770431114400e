"""Files of tensors: the bytes of the safetensors library, and no second copy of what is in them."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ncvq_core.training.tensor_bytes import tensors_digest
from orchestrator.execution.tensor_file import TensorFile, write_sealed_tensors, write_tensors
from orchestrator.store.sealed import verify

ROOT = Path(__file__).parents[2]


def tensors() -> dict[str, Tensor]:
    """Of every type and shape that a run has, and some it has not; names that JSON must escape."""
    kept = {
        "weight": torch.randn(3, 5),
        'α "quoted"\n': torch.randn(7).bfloat16(),
        "scaling": torch.tensor([0.1, 2], dtype=torch.float64),
        "steps_done": torch.tensor(7),
        "generator": torch.Generator().get_state(),
        "mask": torch.tensor([True, False, True]),
        "half": torch.randn(3).half(),
        "empty": torch.zeros(0, 4),
        "nothing": torch.zeros(0, dtype=torch.bool),
        "nan": torch.tensor([torch.nan, torch.inf, -0.0]),
        "turned": torch.randn(4, 6).T,
        "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "every other": torch.arange(10)[::2],
        "parameter": torch.nn.Parameter(torch.randn(2)),
    }
    return kept | {str(kind): torch.ones(3, dtype=kind) for kind in (torch.int32, torch.int16, torch.int8)}


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape), name
        ours, theirs = (each.detach().contiguous().flatten().view(torch.uint8) for each in (found[name], tensor))
        assert torch.equal(ours, theirs), name


def test_the_bytes_are_those_of_the_library(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for kept in (tensors(), {}, {"one": torch.tensor(1)}, {"none": torch.zeros(0)}):
        digest = write_tensors(path, kept)
        assert path.read_bytes() == save({name: tensor.contiguous() for name, tensor in kept.items()})
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest() == tensors_digest(kept)


def test_tensors_come_back_bit_for_bit(tmp_path: Path) -> None:
    path, kept = tmp_path / "file", tensors()
    write_tensors(path, kept)
    assert_same(load_file(path), kept)
    read = TensorFile(path)
    assert read.metadata == {}
    assert len(read) == len(kept)
    assert_same(dict(read), kept)


def test_a_sealed_file_is_one_of_the_library_too(tmp_path: Path) -> None:
    path, kept = tmp_path / "file", tensors()
    write_sealed_tensors(path, kept, {"words": 'ö "quoted"', "more": "{}"})
    assert verify(path)
    assert_same(load_file(path), kept)
    metadata = TensorFile(path).metadata
    assert metadata.pop("sha256").startswith("ncvq-sha256:")
    assert metadata == {"words": 'ö "quoted"', "more": "{}"}


def test_tensors_that_share_memory_are_each_kept(tmp_path: Path) -> None:
    base = torch.randn(6)
    kept = {"all": base, "half": base[:3], "again": base}
    write_tensors(tmp_path / "file", kept)
    assert_same(load_file(tmp_path / "file"), kept)


def test_a_tensor_that_is_not_there_is_missing(tmp_path: Path) -> None:
    write_tensors(tmp_path / "file", {"one": torch.tensor(1)})
    read = TensorFile(tmp_path / "file")
    assert "two" not in read
    with pytest.raises(KeyError, match="two"):
        read["two"]


def test_a_cut_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_tensors(path, tensors())
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(SafetensorError):
            TensorFile(path)


def test_a_read_tensor_outlives_its_file_and_may_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_tensors(path, {"one": torch.ones(5)})
    tensor = TensorFile(path)["one"]
    path.unlink()
    tensor += 1
    assert tensor.tolist() == [2.0] * 5


MEASURED = """\
import sys, torch
from pathlib import Path
from ncvq_core.training.memory import peak_memory_bytes, reset_peak_memory
from ncvq_core.training.named_tensors import load_in_turn, Under
from orchestrator.execution.tensor_file import TensorFile, write_sealed_tensors, write_tensors

cpu, path = torch.device("cpu"), Path(sys.argv[1])
module = torch.nn.Sequential(*(torch.nn.Linear(1024, 1024) for _ in range(64)))  # 268 MB in 64 parts
state = {f"model.{name}": tensor for name, tensor in module.state_dict().items()}
for work in (
    lambda: write_sealed_tensors(path, state, {}),
    lambda: load_in_turn(module, Under(TensorFile(path), "model.")),
    lambda: write_tensors(path, {name: tensor.T for name, tensor in state.items()}),
):
    reset_peak_memory(cpu)
    before = peak_memory_bytes(cpu)
    work()
    print(peak_memory_bytes(cpu) - before)
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_neither_writing_nor_reading_holds_a_second_copy(tmp_path: Path) -> None:
    """Beside 268 MB in 64 parts: a few parts at a time, of those that are laid out anew or read."""
    command = [sys.executable, "-c", MEASURED, tmp_path / "file"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    extra = [int(line) for line in done.stdout.split()]
    assert len(extra) == 3
    assert all(size < 25e6 for size in extra), extra
