"""The blocks of encoder and decoder."""

from unittest import mock

import pytest
import torch
from torch import nn

from ncvq_core.tokenizer import blocks


@pytest.mark.parametrize("product_type", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("width", [9, 16])
def test_halving_conv_is_a_convolution_with_replicate_padding(width: int, product_type: torch.dtype) -> None:
    torch.manual_seed(0)
    theirs = nn.Conv2d(6, 10, (3, 4), (1, 2), (1, 1), padding_mode="replicate")
    ours = blocks.HalvingConv(6, 10)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(4, 6, 5, width).to(memory_format=torch.channels_last).requires_grad_()
    results = []
    for conv in (ours, theirs):
        with torch.autocast("cpu", torch.bfloat16, enabled=product_type == torch.bfloat16):
            output = conv(x)
        gradients = torch.autograd.grad(output.square().sum(), [x, conv.weight, conv.bias])
        results.append([output, *gradients])
    assert results[0][0].shape == (4, 10, 5, width // 2)
    for mine, expected in zip(*results, strict=True):
        assert torch.equal(mine, expected)


def test_halving_conv_pads_anew_in_the_backward_pass() -> None:
    x = torch.randn(2, 3, 5, 8, requires_grad=True)
    with mock.patch.object(blocks, "_padded", wraps=blocks._padded) as padded:
        output = blocks.HalvingConv(3, 4)(x)
        assert padded.call_count == 1
        output.sum().backward()
    assert padded.call_count == 2
