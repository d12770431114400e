"""Every bad value gives one line: the field, the value and the allowed range, or the valid names."""

from typing import Any

import pytest

from ncvq_core.config import TrialConfig
from ncvq_core.config.tokenizer import Stage1Config
from ncvq_core.errors import ConfigError

BASE = {"dataset": "FordA", "ssl": "barlowtwins", "augmentations": ["flip"]}


def error_of(**values: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        TrialConfig.from_dict({**BASE, **values})
    assert "\n" not in str(caught.value)
    return caught.value


OUT_OF_RANGE = [
    ("seed", -1, "an integer ≥ 0 and ≤ 2.14748e+09"),
    ("seed", 2**31, "an integer ≥ 0 and ≤ 2.14748e+09"),
    ("ssl_weight", -0.1, "a number ≥ 0"),
    ("aug_recon_weight", -1, "a number ≥ 0"),
    ("epochs", 0, "an integer ≥ 1"),
    ("batch_size", 1, "an integer ≥ 2"),
    ("learning_rate", 0, "a number > 0"),
    ("weight_decay", -1e-9, "a number ≥ 0"),
    ("precision", "fp16", "one of fp32, bf16"),
    ("channels", 0, "an integer ≥ 1"),
    ("residual_blocks", -1, "an integer ≥ 0"),
    ("downsampled_width", 0, "an integer ≥ 1"),
    ("high_downsampled_width", 0, "an integer ≥ 1"),
    ("tokenizer", "fft", "one of stft, stft_lfhf, wavelet"),
    ("codebook_size", 1, "an integer ≥ 2"),
    ("codebook_decay", 1.1, "a number ≥ 0 and ≤ 1"),
    ("codebook_decay", -0.1, "a number ≥ 0 and ≤ 1"),
    ("commitment_weight", -1, "a number ≥ 0"),
    ("projector_width", 1, "an integer ≥ 2"),
    ("val_fraction", 0.51, "a number ≥ 0 and ≤ 0.5"),
    ("evaluate_every", -1, "an integer ≥ 0"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), OUT_OF_RANGE)
def test_out_of_range(field: str, value: Any, allowed: str) -> None:
    error = error_of(**{field: value})
    assert str(error) == f"{field} = {value!r}: must be {allowed}"
    assert error.field == field


EDGES = {
    "seed": (0, 2**31 - 1), "epochs": (1,), "batch_size": (2,), "learning_rate": (1e-12,), "weight_decay": (0,),
    "residual_blocks": (0,), "codebook_size": (2,), "codebook_decay": (0, 1), "projector_width": (2,),
    "val_fraction": (0, 0.5), "precision": ("fp32", "bf16"), "ssl_weight": (0,), "aug_recon_weight": (0,),
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in EDGES.items() for value in values])
def test_the_edges_of_a_range_are_allowed(field: str, value: Any) -> None:
    assert getattr(TrialConfig.from_dict({**BASE, field: value}).stage1, field) == value


WRONG_TYPES = [
    ("epochs", 2.0), ("epochs", "2"), ("epochs", None), ("epochs", [2]), ("epochs", float("nan")),
    ("learning_rate", "0.1"), ("learning_rate", float("nan")), ("learning_rate", float("inf")),
    ("learning_rate", None), ("precision", 32), ("dataset", 5), ("dataset", None), ("aug_recon_weight", "1"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_TYPES)
def test_wrong_types(field: str, value: Any) -> None:
    assert str(error_of(**{field: value})).startswith(f"{field} = {value!r}: must be ")


NUMBERS = ("seed", "epochs", "batch_size", "learning_rate", "aug_recon_weight", "residual_blocks", "ssl_weight")


@pytest.mark.parametrize("field", NUMBERS)
def test_true_is_no_number(field: str) -> None:
    assert str(error_of(**{field: True})).startswith(f"{field} = True: must be ")


def test_unknown_names_list_the_valid_ones_nearest_first() -> None:
    text = str(error_of(augmentations=["gausian_noise"]))
    assert text.startswith(
        "unknown augmentation 'gausian_noise' (did you mean 'gaussian_noise'?); valid: gaussian_noise, "
    )
    assert "slice_and_shuffle" in text
    text = str(error_of(ssl="vicregg"))
    assert text.startswith("unknown ssl method 'vicregg' (did you mean 'vicreg'?); valid: vicreg, vibcreg, ")
    assert "none" in text
    text = str(error_of(epoch=5))
    assert text.startswith("unknown setting 'epoch' (did you mean 'epochs'?); valid: epochs, ")
    assert "projector_width" in text
    text = str(error_of(augmentations=[{"gaussian_noise": {"standard_deviatoin": 0.1}}]))
    assert text.startswith(
        "unknown parameter of gaussian_noise 'standard_deviatoin' (did you mean 'standard_deviation'?)"
    )
    text = str(error_of(ssl="zzzzzz"))
    assert "did you mean" not in text
    assert "valid: barlowtwins" in text


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            {"gaussian_noise": {"standard_deviation": -1}},
            "gaussian_noise.standard_deviation = -1: must be a number ≥ 0",
        ),
        ({"slice_and_shuffle": {"segments": 1}}, "slice_and_shuffle.segments = 1: must be an integer ≥ 2"),
        ({"slice_and_shuffle": {"segments": True}}, "slice_and_shuffle.segments = True: must be an integer ≥ 2"),
        (
            {"noise_window": {"window_fraction": 1.5}},
            "noise_window.window_fraction = 1.5: must be a number > 0 and ≤ 1",
        ),
    ],
)
def test_parameters_of_augmentations(written: Any, message: str) -> None:
    error = error_of(augmentations=[written])
    assert str(error) == message
    assert error.field == "augmentations"


def test_parameters_of_ssl_methods() -> None:
    error = error_of(ssl={"vibcreg": {"groups": 0}})
    assert str(error) == "vibcreg.groups = 0: must be an integer ≥ 1"
    assert error.field == "ssl"


@pytest.mark.parametrize("written", [5, None, [], ["flip"], {}, {"flip": 1}, {"flip": {}, "slope": {}}, {"flip": None}])
def test_malformed_components(written: Any) -> None:
    assert "NAME or {NAME: {parameter: value}}" in str(error_of(augmentations=[written]))
    assert "NAME or {NAME: {parameter: value}}" in str(error_of(ssl=written))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"augmentations": "flip"}, "augmentations = 'flip': must be a list of augmentations"),
        ({"augmentations": []}, "augmentations = []: an SSL method needs at least one augmentation"),
        ({"evaluate_every": 5}, "evaluate_every needs val_fraction > 0: TEST is read once, at the end"),
        ({"dataset": ""}, "dataset = '': must be the name of a dataset"),
        ({"ssl": "none", "aug_recon_weight": -1}, "aug_recon_weight = -1: must be a number ≥ 0"),
        ({"ssl": "none", "ssl_weight": True}, "ssl_weight = True: must be a number ≥ 0"),
    ],
)
def test_values_that_do_not_fit_together(values: dict[str, Any], message: str) -> None:
    assert str(error_of(**values)) == message


def test_a_bad_augmentation_is_an_error_even_where_it_has_no_effect() -> None:
    assert error_of(ssl="none", augmentations=["flipp"]).field == "augmentations"


def test_the_dataset_is_required() -> None:
    with pytest.raises(ConfigError, match=r"^dataset is missing: "):
        TrialConfig.from_dict({"epochs": 3})


def test_values_without_effect_are_refused_where_they_would_make_two_ids_of_one_experiment() -> None:
    with pytest.raises(ConfigError, match="ssl none has no augmented view"):
        Stage1Config(dataset="FordA", aug_recon_weight=0.1)
