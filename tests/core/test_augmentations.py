"""What every registered augmentation promises, whatever it does."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from ncvq_core.augmentations import AUGMENTATIONS, augment
from ncvq_core.errors import DataError
from ncvq_core.settings import written_fields

NAMES = list(AUGMENTATIONS)
ON_SPECTRUM = ("point_mask", "frequency_mask", "block_mask", "phase_shift", "frequency_scale")
"""They work in float32, as the STFT does."""
few = settings(max_examples=15, deadline=None, derandomize=True)
every = pytest.mark.parametrize("name", NAMES)
every_random = pytest.mark.parametrize("name", [name for name in NAMES if name != "flip"])  # flip draws nothing


def draw(batch: int, channels: int, length: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = Generator().manual_seed(batch + channels + length)
    return torch.randn(batch, channels, length, generator=generator, dtype=dtype)


def applied(name: str, x: Tensor, seed: int = 0) -> Tensor:
    return AUGMENTATIONS.parse(name)(x, Generator().manual_seed(seed))


@every
@few
@given(batch=st.integers(1, 6), channels=st.integers(1, 3), length=st.integers(16, 99), seed=st.integers(0, 2**31))
def test_shape_and_type_are_kept_and_the_input_is_not_touched(
    name: str, batch: int, channels: int, length: int, seed: int
) -> None:
    x = draw(batch, channels, length)
    before = x.clone()
    out = applied(name, x, seed)
    assert out.shape == x.shape
    assert out.dtype == x.dtype
    assert bool(out.isfinite().all())
    assert torch.equal(x, before)
    out.zero_()
    assert torch.equal(x, before), "the result shares memory with the input"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ON_SPECTRUM])
def test_float64_stays_float64(name: str) -> None:
    assert applied(name, draw(4, 2, 40, torch.float64)).dtype == torch.float64


@every
def test_equal_seeds_give_equal_results_and_different_seeds_different_ones(name: str) -> None:
    x = draw(8, 2, 60)
    assert torch.equal(applied(name, x, 1), applied(name, x, 1))
    if name != "flip":
        assert not torch.equal(applied(name, x, 1), applied(name, x, 2))


@every_random
def test_every_call_draws_anew_from_the_generator(name: str) -> None:
    generator, x = Generator().manual_seed(0), draw(8, 2, 60)
    augmentation = AUGMENTATIONS.parse(name)
    assert not torch.equal(augmentation(x, generator), augmentation(x, generator))


@every
def test_the_global_generator_is_neither_read_nor_moved(name: str) -> None:
    x = draw(4, 2, 60)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = applied(name, x)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(applied(name, x), first)


@every_random
def test_series_of_a_batch_are_drawn_apart(name: str) -> None:
    x = draw(1, 2, 60).expand(12, 2, 60)
    out = applied(name, x)
    assert len({row.numpy().tobytes() for row in out}) >= 3


@every
def test_equal_channels_stay_equal_where_all_channels_are_treated_alike(name: str) -> None:
    alike = {"window_warp", "amplitude_resize", "slice_and_shuffle", "slope", "flip"}
    apart = {"gaussian_noise", "magnitude_warp", "noise_window"}
    out = applied(name, draw(6, 1, 60).repeat(1, 3, 1))
    if name in alike:
        assert torch.equal(out[:, 0], out[:, 1])
        assert torch.equal(out[:, 0], out[:, 2])
    elif name in apart:
        assert not torch.equal(out[:, 0], out[:, 1])


@every
def test_parameters_have_ranges_and_are_read_back(name: str) -> None:
    augmentation = AUGMENTATIONS.parse(name)
    assert AUGMENTATIONS.written(augmentation) == name
    assert AUGMENTATIONS.parse({name: written_fields(augmentation, keep_defaults=True)}) == augmentation


def test_a_set_is_applied_in_order_with_one_generator() -> None:
    x, names = draw(5, 2, 50), ("window_warp", "slope", "slice_and_shuffle")
    generator, expected = Generator().manual_seed(4), x
    for name in names:
        expected = AUGMENTATIONS.parse(name)(expected, generator)
    together = augment(x, [AUGMENTATIONS.parse(name) for name in names], Generator().manual_seed(4))
    assert torch.equal(together, expected)
    assert torch.equal(augment(x, [], Generator()), x)


def test_series_shorter_than_the_number_of_segments_are_refused() -> None:
    with pytest.raises(DataError, match=r"^slice_and_shuffle: series of length 3 cannot be cut into 4 segments$"):
        applied("slice_and_shuffle", draw(2, 1, 3))
