"""Which precision a device is given where speed is all that counts."""

import pytest
import torch

from ncvq_core.evaluation.cas import cas_training
from ncvq_core.training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(("has", "expected"), [(True, "bf16"), (False, "fp32")])
def test_cas_takes_bfloat16_only_where_the_processor_has_it(
    has: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: has)
    assert cas_training(0, CPU).precision == expected


@pytest.mark.parametrize(("onednn", "processor"), [(False, False), (False, True), (True, False), (True, True)])
def test_bfloat16_on_a_cpu_takes_the_processor_and_onednn(
    onednn: bool, processor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: onednn)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: processor, raising=False)
    assert precision.has_bfloat16(CPU) == (onednn and processor)
    assert precision.fastest_precision(CPU) == ("bf16" if onednn and processor else "fp32")
    assert precision.has_bfloat16(torch.device("cuda"))
