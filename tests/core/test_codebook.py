"""The codebook against brute force and slow moving averages."""

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncvq_core.tokenizer.codebook import Codebook, perplexity

CODES, DIMENSION = 12, 6
Array = NDArray[np.float64]


def codebook(decay: float = 0.9, seed: int = 0) -> Codebook:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Codebook(CODES, DIMENSION, decay)


def features(seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(3, DIMENSION, 5, 4, generator=torch.Generator().manual_seed(seed))


def rows(z: Tensor) -> Array:
    """(B, D, H, W) → (B·H·W, D)."""
    return np.moveaxis(z.detach().double().numpy(), 1, -1).reshape(-1, DIMENSION)


def nearest(flat: Array, codes: Array) -> NDArray[np.int64]:
    return np.array([np.argmin([((row - code) ** 2).sum() for code in codes]) for row in flat])


def test_each_position_gets_its_nearest_code() -> None:
    book, z = codebook(), features()
    codes = book.codes.double().numpy().copy()
    quantized = book(z)
    expected = nearest(rows(z), codes)
    np.testing.assert_array_equal(quantized.tokens.numpy().ravel(), expected)
    assert quantized.tokens.shape == (3, 5, 4)
    assert quantized.features.shape == z.shape
    np.testing.assert_allclose(rows(quantized.features), codes[expected], atol=1e-6)
    np.testing.assert_array_equal(quantized.usage.numpy(), np.bincount(expected, minlength=CODES))
    assert float(quantized.commitment) == pytest.approx(((rows(z) - codes[expected]) ** 2).mean(), rel=1e-5)


def test_quantised_features_are_codes_to_the_bit() -> None:
    """Else equal codes at two positions differ by rounding, and the gradient of a maximum over positions is noise."""
    book, z = codebook().eval(), features(scale=5.0)
    quantized = book(z)
    assert torch.equal(quantized.features.permute(0, 2, 3, 1), book.codes[quantized.tokens])


def test_distances() -> None:
    book, flat = codebook(), torch.randn(7, DIMENSION, generator=torch.Generator().manual_seed(1))
    expected = [[float((row - code).square().sum()) for code in book.codes] for row in flat]
    np.testing.assert_allclose(book.distances(flat).numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("decay", [0.9, 0.5, 0.0])
def test_codes_follow_moving_averages(decay: float) -> None:
    book = codebook(decay)
    codes = book.codes.double().numpy().copy()
    sizes, sums = np.ones(CODES), codes.copy()
    for step in range(6):
        z = features(step, scale=0.7)
        flat, tokens = rows(z), nearest(rows(z), codes)
        book(z)
        for code in range(CODES):
            assigned = flat[tokens == code]
            sizes[code] = decay * sizes[code] + (1 - decay) * len(assigned)
            sums[code] = decay * sums[code] + (1 - decay) * assigned.sum(axis=0)
        smoothed = (sizes + 1e-5) / (sizes.sum() + CODES * 1e-5) * sizes.sum()
        codes = sums / smoothed[:, None]
        np.testing.assert_allclose(book.codes.numpy(), codes, rtol=1e-4, atol=1e-5)


def test_evaluation_changes_nothing() -> None:
    book = codebook().eval()
    before = copy.deepcopy(book.state_dict())
    book(features())
    for name, value in book.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_training_and_evaluation_quantise_alike() -> None:
    z = features()
    trained, evaluated = codebook()(z), codebook().eval()(z)
    for one, other in zip(trained, evaluated, strict=True):
        assert torch.equal(one, other)


def test_gradients_pass_straight_through() -> None:
    z, weight = features().requires_grad_(), features(7)
    (gradient,) = torch.autograd.grad((codebook()(z).features * weight).sum(), z)
    torch.testing.assert_close(gradient, weight)


def test_commitment_pulls_features_towards_their_codes() -> None:
    book, z = codebook().eval(), features().requires_grad_()
    quantized = book(z)
    (gradient,) = torch.autograd.grad(quantized.commitment, z)
    torch.testing.assert_close(gradient, 2 * (z - quantized.features).detach() / z.numel())
    assert not list(book.parameters()), "codes follow moving averages, not gradients"


def largest_norm_after_first_update(cluster_size: float) -> tuple[float, float]:
    """Return the largest norm of a code after one update, and the largest one of codes and features before it."""
    book, z = codebook(), features(scale=3.0)
    book.cluster_size.fill_(cluster_size)
    bound = max(np.linalg.norm(rows(z), axis=1).max(), float(book.codes.norm(dim=1).max()))
    book(z)
    return float(book.codes.norm(dim=1).max()), bound


def test_the_first_update_moves_codes_towards_their_features_only() -> None:
    """With cluster sizes of 1 a new code lies between the old one and the mean of its features (known fault 2)."""
    norm, bound = largest_norm_after_first_update(1.0)
    assert norm <= bound * 1.001
    norm, bound = largest_norm_after_first_update(0.0)
    assert norm > 10 * bound, "the fault that starting at 1 avoids"


def test_unused_codes_stay_at_the_first_update() -> None:
    book = codebook()
    before = book.codes.clone()
    unused = book(features()[:1, :, :1, :2]).usage == 0
    assert int(unused.sum()) >= CODES - 2
    torch.testing.assert_close(book.codes[unused], before[unused], rtol=1e-4, atol=0)
    assert not torch.allclose(book.codes[~unused], before[~unused], rtol=1e-2)


def test_cluster_sizes_start_at_one_and_codes_differ() -> None:
    book = codebook()
    assert torch.equal(book.cluster_size, torch.ones(CODES))
    assert torch.equal(book.cluster_sum, book.codes)
    assert len(book.codes.unique(dim=0)) == CODES
    assert not torch.equal(book.codes, codebook(seed=1).codes)


@pytest.mark.parametrize("counts", [[1, 1, 1, 1], [5, 0, 0, 0], [3, 2, 0, 7], [1, 999, 0, 0]])
def test_perplexity(counts: list[int]) -> None:
    share = np.array(counts) / sum(counts)
    entropy = -sum(part * np.log(part) for part in share if part)
    assert float(perplexity(torch.tensor(counts, dtype=torch.float32))) == pytest.approx(np.exp(entropy), rel=1e-5)
