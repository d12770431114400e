"""Scaling: no digit is lost before it, each channel has its own, and where float32 suffices its bits stay."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from ncvq_core.data import Dataset, Scaling, load_dataset
from ncvq_core.data.scaling import Series
from ncvq_core.errors import DataError

LABELS = np.arange(6) % 2


def sines(size: float = 1.0, offset: float = 0.0) -> Series:
    """Six sines of 20 values, (6, 1, 20), in float64."""
    return size * np.sin(np.arange(20) * 0.7 + np.arange(6)[:, None, None]) + offset


def dataset(train: Series, test: Series | None = None) -> Dataset:
    test = train[:2] if test is None else test
    return Dataset(
        name="Made",
        train=train,
        train_labels=LABELS[: len(train)],
        test=test,
        test_labels=LABELS[: len(test)],
        classes=("a", "b"),
    )


def scaled_exactly(train: Series) -> np.ndarray:
    """Scale a channel in exact arithmetic, but for the root."""
    numbers = [Fraction(float(value)) for value in train.flatten()]
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
    size = Fraction(2) ** round(np.log2(float(max(abs(number - mean) for number in numbers))))
    deviation = size * Fraction(float(variance / size**2) ** 0.5)
    return np.array([float((number - mean) / deviation) for number in numbers]).reshape(train.shape)


@pytest.mark.parametrize(
    ("size", "offset"),
    [
        *((5, 1.7e9), (1, 1e9), (3, -1e9), (1e-3, 1e6), (1e5, 1e9), (2e-9, 1)),
        *((1e30, 0), (1e-23, 0), (2e19, 0), (1e-19, 0), (1e38, 0), (1e100, 1e103), (1e-40, 0), (1e-100, 1e-97)),
    ],
)
def test_series_keep_their_digits(size: float, offset: float) -> None:
    made = dataset(sines(size, offset))
    assert made.train.dtype == np.float64
    assert made.numerics_version == 2
    scaled = Scaling.of(made.train).apply(made.train)
    assert scaled.dtype == np.float32
    assert np.abs(scaled - scaled_exactly(sines(size, offset))).max() < 1e-6
    assert scaled.std() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(("size", "offset"), [(1, 0), (1, 600), (-1e15, 1e15), (1e-15, 0), (30, -20_000)])
def test_where_float32_suffices_numbers_keep_their_bits(size: float, offset: float) -> None:
    series = sines(size, offset)
    made, narrow = dataset(series), series.astype(np.float32)
    assert made.train.dtype == np.float32
    assert made.numerics_version == 1
    np.testing.assert_array_equal(made.train, narrow)
    mean, deviation = (float(of(narrow, dtype=np.float64)) for of in (np.nanmean, np.nanstd))
    scaling = Scaling.of(made.train)
    assert scaling == Scaling(mean=(mean,), standard_deviation=(deviation,))
    np.testing.assert_array_equal(scaling.apply(made.train), (narrow - mean) / deviation)
    restored = scaling.undo(torch.from_numpy(scaling.apply(made.train)))
    assert restored.dtype == torch.float32
    np.testing.assert_array_equal(restored, ((narrow - mean) / deviation) * np.float32(deviation) + np.float32(mean))


def test_checksums_of_stores_stay() -> None:
    known = {"GunPoint": "e52bb176d2a7af0d", "JapaneseVowels": "f5feaf3915f88296", "BasicMotions": "b36a691edf6f963a"}
    assert {name: load_dataset(name).checksum() for name in known} == known


def test_what_trains_differently_has_another_checksum() -> None:
    one = sines(5, 1.7e9)
    other = one.copy()
    other[0, 0, 0] += 1
    assert one.astype(np.float32).tobytes() == other.astype(np.float32).tobytes()
    assert dataset(one).checksum() != dataset(other).checksum()
    near = sines() * (1 + 1e-12)
    assert dataset(sines()).checksum() == dataset(near).checksum(), "alike in float32, in which both are trained on"


def test_series_that_come_as_float32_are_scaled_in_float64_where_that_helps() -> None:
    made = dataset(sines(1e30).astype(np.float32))
    assert made.train.dtype == np.float64
    assert Scaling.of(made.train).apply(made.train).std() == pytest.approx(1, rel=1e-6)


def test_test_alone_can_ask_for_float64() -> None:
    made = dataset(sines(), sines(1e39))
    assert made.test.dtype == made.train.dtype == np.float64
    assert np.isfinite(made.test).all()


@pytest.mark.parametrize("value", [7.0, 0.1, 1.7e9, 0.0])
def test_constant_series_become_0(value: float) -> None:
    made = dataset(np.full((4, 1, 16), value), np.full((2, 1, 16), value + 2))
    scaling = Scaling.of(made.train)
    assert scaling.standard_deviation == (1.0,)
    assert (scaling.apply(made.train) == 0).all()
    np.testing.assert_allclose(scaling.apply(made.test), 2, rtol=1e-6)


def test_each_channel_has_its_own() -> None:
    train = np.concatenate([sines(0.1, 0.1), sines(1000, 50_000), sines(5, 1.7e9)], axis=1)
    train[0, 0, 3:] = train[1, 1, :5] = train[2, 2, 7] = np.nan
    made = dataset(train)
    assert made.numerics_version == 2
    scaling = Scaling.of(made.train)
    scaled = scaling.apply(made.train)
    np.testing.assert_allclose(scaling.mean, np.nanmean(train, axis=(0, 2)), rtol=1e-12)
    np.testing.assert_allclose(scaling.standard_deviation, np.nanstd(train, axis=(0, 2)), rtol=1e-6)
    assert (scaled[np.isnan(train)] == 0).all()
    for channel in range(3):
        alone = scaled_exactly(train[3:, [channel]])
        assert np.corrcoef(scaled[3:, channel].flatten(), alone.flatten())[0, 1] == pytest.approx(1, abs=1e-6)
    restored = scaling.undo(torch.from_numpy(scaled)).numpy()
    present = ~np.isnan(train)
    error = np.abs(restored - train) / np.array(scaling.standard_deviation)[:, None]
    assert error[present].max() < 1e-6
    np.testing.assert_allclose(restored[0, 0, 3:], scaling.mean[0])


def test_channels_in_float32_are_given_back_in_float32() -> None:
    made = dataset(np.concatenate([sines(), sines(3, 20)], axis=1))
    scaling = Scaling.of(made.train)
    assert made.train.dtype == np.float32
    assert made.numerics_version == 2
    restored = scaling.undo(torch.from_numpy(scaling.apply(made.train)))
    assert restored.dtype == torch.float32
    np.testing.assert_allclose(restored, made.train, atol=1e-5)


def test_a_constant_channel_keeps_its_scale() -> None:
    scaling = Scaling.of(dataset(np.concatenate([sines(), np.full((6, 1, 20), 5.0)], axis=1)).train)
    assert (scaling.mean[1], scaling.standard_deviation[1]) == (5.0, 1.0)


def test_a_channel_without_values_is_refused() -> None:
    with pytest.raises(DataError, match=r"^Made: channel 2 of TRAIN holds missing values only$"):
        dataset(np.concatenate([sines(), np.full((6, 1, 20), np.nan)], axis=1), np.zeros((2, 2, 20)))


def test_a_channel_without_values_in_a_part_of_train_becomes_0() -> None:
    train = np.concatenate([sines(), np.full((6, 1, 20), np.nan)], axis=1)
    assert (Scaling.of(train).apply(train)[:, 1] == 0).all()


def test_scalings_pass_through_tensors() -> None:
    one = Scaling(mean=(2.0,), standard_deviation=(3.0,))
    several = Scaling(mean=(1.0, 2.0), standard_deviation=(3.0, 4.0))
    assert one.tensor().tolist() == [2.0, 3.0]
    assert several.tensor().shape == (2, 2)
    assert Scaling.of_tensor(one.tensor(), 1) == one
    assert Scaling.of_tensor(several.tensor(), 2) == several
    assert Scaling.of_tensor(one.tensor(), 2) == one, "as tokenizers of several channels had it"
    with pytest.raises(ValueError, match="a scaling of 2 channels, not 3"):
        Scaling.of_tensor(several.tensor(), 3)
