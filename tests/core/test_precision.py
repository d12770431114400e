"""Which precision a device is given where speed is all that counts."""

import pytest
import torch

from ncvq_core import precision
from ncvq_core.evaluation.cas import cas_training

CPU = torch.device("cpu")


@pytest.mark.parametrize(("has", "expected"), [(True, "bf16"), (False, "fp32")])
def test_cas_takes_bfloat16_only_where_the_processor_has_it(
    has: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: has)
    assert cas_training(0, CPU).precision == expected


def test_this_processor_is_asked_and_a_gpu_has_it() -> None:
    assert precision.has_bfloat16(CPU) == torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert precision.has_bfloat16(torch.device("cuda"))
