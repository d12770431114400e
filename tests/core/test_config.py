"""What a trial is: its canonical form and its ids."""

import dataclasses
from typing import Any

import pytest

from ncvq_core.config import TrialConfig, field_names
from ncvq_core.config.prior import SamplingConfig, Stage2Config
from ncvq_core.config.tokenizer import Stage1Config, augmentations_text
from ncvq_core.errors import ConfigError
from ncvq_core.ssl import SSL_METHODS

WARP = ["window_warp", "amplitude_resize"]
BARLOW = {"dataset": "FordA", "ssl": "barlowtwins", "augmentations": WARP}
NOISE = {"gaussian_noise": {"standard_deviation": 0.1}}

GOLDEN = [
    # If one of these fails, a default or the canonical form has changed, and every stored result would be lost.
    ({"dataset": "FordA"}, "9c43782e6ebd", "5e043714113b"),
    ({"dataset": "FordA", "seed": 3, "epochs": 250}, "829c6351550b", "a1afaa1a94a3"),
    (BARLOW, "e76e9b058004", "b61c9f801b3d"),
    ({**BARLOW, "aug_recon_weight": 0.5, "ssl_weight": 2}, "87aab8f05ea1", "d1d9823d2c71"),
    (
        {"dataset": "ECG5000", "ssl": {"vibcreg": {"groups": 8}}, "augmentations": [NOISE, "flip"]},
        "5bf836ccac2a",
        "4be204d610cf",
    ),
]


def trial(**values: Any) -> TrialConfig:
    return TrialConfig.from_dict(values)


@pytest.mark.parametrize(("values", "stage1_id", "trial_id"), GOLDEN)
def test_ids_are_stable(values: dict[str, Any], stage1_id: str, trial_id: str) -> None:
    config = TrialConfig.from_dict(values)
    assert (config.stage1_id, config.trial_id) == (stage1_id, trial_id)


def test_defaults_are_those_of_the_study() -> None:
    config = trial(**BARLOW).stage1
    assert (config.epochs, config.batch_size, config.learning_rate, config.weight_decay) == (1000, 128, 1e-3, 1e-3)
    assert (config.channels, config.residual_blocks, config.downsampled_width) == (64, 4, 8)
    assert (config.codebook_size, config.codebook_decay, config.commitment_weight) == (32, 0.9, 1.0)
    assert (config.projector_width, config.precision, config.val_fraction) == (4096, "fp32", 0.0)
    assert (config.aug_recon_weight, config.ssl_weight, config.seed) == (0.1, None, 0)
    assert (SSL_METHODS.parse("barlowtwins").default_weight, SSL_METHODS.parse("vibcreg").default_weight) == (1, 0.01)


def test_without_ssl_nothing_of_the_augmented_view_counts() -> None:
    plain = trial(dataset="FordA")
    dressed = trial(dataset="FordA", ssl="none", augmentations=WARP, aug_recon_weight=0.7, ssl_weight=3)
    assert dressed == plain
    assert (dressed.stage1_id, dressed.trial_id) == (plain.stage1_id, plain.trial_id)
    assert plain.stage1.ssl is None
    assert plain.to_dict()["ssl"] == "none"


@pytest.mark.parametrize(
    "values",
    [
        {"aug_recon_weight": 1, "ssl_weight": 2, "learning_rate": 1, "weight_decay": 0},
        {"codebook_decay": 1, "commitment_weight": 3, "val_fraction": 0},
        {"ssl": {"vicreg": {"covariance": 2}}, "augmentations": [{"gaussian_noise": {"standard_deviation": 1}}]},
    ],
)
def test_whole_numbers_and_floats_are_one_value(values: dict[str, Any]) -> None:
    def as_floats(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: as_floats(item) for key, item in value.items()}
        if isinstance(value, list):
            return [as_floats(item) for item in value]
        return float(value) if isinstance(value, int) else value

    assert trial(**{**BARLOW, **values}).trial_id == trial(**{**BARLOW, **as_floats(values)}).trial_id


@pytest.mark.parametrize(
    "same",
    [
        {"ssl_weight": 1.0},
        {"ssl_weight": 1},
        {"ssl_weight": None},
        {"aug_recon_weight": 0.1},
        {"aug_recon_weight": None},
        {"epochs": 1000, "seed": 0, "precision": "fp32"},
        {"ssl": {"barlowtwins": {}}},
        {"ssl": {"barlowtwins": {"off_diagonal_weight": 0.005}}},
        {"augmentations": [{"window_warp": {"window_fraction": 0.4}}, {"amplitude_resize": {}}]},
        {"augmentations": tuple(WARP)},
    ],
)
def test_writing_out_a_default_is_the_same_trial(same: dict[str, Any]) -> None:
    assert trial(**{**BARLOW, **same}).trial_id == trial(**BARLOW).trial_id


DIFFERENT: list[dict[str, Any]] = [
    {"dataset": "ECG5000"},
    {"seed": 1},
    {"ssl": "none"},
    {"ssl": "vicreg"},
    {"ssl": {"barlowtwins": {"off_diagonal_weight": 0.01}}},
    {"ssl_weight": 0.5},
    {"augmentations": WARP[::-1]},
    {"augmentations": WARP[:1]},
    {"augmentations": [*WARP, "flip"]},
    {"augmentations": [WARP[0], {WARP[1]: {"standard_deviation": 0.3}}]},
    {"aug_recon_weight": 0},
    {"epochs": 999},
    {"batch_size": 64},
    {"learning_rate": 2e-3},
    {"weight_decay": 0.0},
    {"precision": "bf16"},
    {"channels": 32},
    {"residual_blocks": 3},
    {"downsampled_width": 16},
    {"codebook_size": 64},
    {"codebook_decay": 0.8},
    {"commitment_weight": 0.5},
    {"projector_width": 256},
    {"val_fraction": 0.2},
    {"val_fraction": 0.2, "evaluate_every": 5},
    {"tokenizer": "stft_lfhf"},
    {"tokenizer": "wavelet"},
    {"tokenizer": "wavelet", "high_downsampled_width": 16},
    {"tokenizer": "wavelet", "band_augmentations": {"low": ["flip"]}},
    {"tokenizer": "wavelet", "band_augmentations": {"high": ["flip"]}},
]


def test_every_value_that_matters_changes_the_id() -> None:
    trials = [trial(**BARLOW), *(trial(**{**BARLOW, **values}) for values in DIFFERENT)]
    assert len({one.trial_id for one in trials}) == len(trials)
    assert len({one.stage1_id for one in trials}) == len(trials)
    for one in trials:
        assert len(one.trial_id) == len(one.stage1_id) == 12
        assert int(one.trial_id, 16) >= 0


def test_no_field_is_forgotten_above() -> None:
    changed = {key for values in DIFFERENT for key in values}
    assert changed == {field.name for field in dataclasses.fields(Stage1Config)}


@pytest.mark.parametrize("values", [{}, *DIFFERENT], ids=str)
def test_round_trip(values: dict[str, Any]) -> None:
    config = trial(**{**BARLOW, **values})
    written = config.to_dict()
    assert set(written) == {field.name for field in dataclasses.fields(Stage1Config)}
    assert TrialConfig.from_dict(written) == config
    assert TrialConfig.from_dict(written).trial_id == config.trial_id


def test_from_dict_leaves_its_argument_as_it_was() -> None:
    values = {**BARLOW, "ssl_weight": 1.0}
    before = dict(values)
    TrialConfig.from_dict(values)
    assert values == before


def test_augmentations_as_text() -> None:
    config = trial(**{**BARLOW, "augmentations": ["window_warp", NOISE]})
    assert augmentations_text(config.stage1.augmentations) == "window_warp+gaussian_noise(standard_deviation=0.1)"
    assert augmentations_text(()) == ""


@pytest.mark.parametrize("ssl", ["none", "byol"])
def test_projector_width_without_effect_is_one_trial(ssl: str) -> None:
    values = {"dataset": "A", "ssl": ssl, "augmentations": ["flip"]}
    assert len({TrialConfig.from_dict({**values, "projector_width": width}).trial_id for width in (64, 512)}) == 1
    values["ssl"] = "barlowtwins"
    assert len({TrialConfig.from_dict({**values, "projector_width": width}).trial_id for width in (64, 512)}) == 2


def test_method_without_weight_of_the_view_is_refused() -> None:
    config = TrialConfig.from_dict({"dataset": "A", "ssl": "vicreg", "augmentations": ["flip"]}).stage1
    with pytest.raises(ConfigError, match="aug_recon_weight = None: an SSL method needs a weight"):
        dataclasses.replace(config, aug_recon_weight=None)


PRIOR = {**BARLOW, "stages": 2}
GOLDEN_PRIOR = ("6eee47b8a20f", "10fe2cf58808", "7919f0be839a")
OTHER_PRIORS = [
    {"token_embedding": "codebook_init"},
    {"prior_epochs": 3},
    {"prior_batch_size": 16},
    {"prior_learning_rate": 1e-4},
    {"prior_weight_decay": 0},
    {"prior_width": 64},
    {"prior_layers": 2},
    {"prior_heads": 4},
    {"prior_feedforward": 2},
    {"class_dropout": 0.1},
    {"token_temperature": 0.5},
]
OTHER_SAMPLING = [{"sampling_steps": 4}, {"choice_temperature": 1}, {"guidance_scale": 2}]


def test_ids_with_a_prior_are_stable() -> None:
    config = TrialConfig.from_dict(PRIOR)
    assert config.stage1_id == "e76e9b058004"
    assert (config.stage2_id, config.samples_id, config.trial_id) == GOLDEN_PRIOR


def test_no_setting_of_the_prior_is_forgotten_above() -> None:
    assert [key for values in OTHER_PRIORS for key in values] == [
        item.name for item in dataclasses.fields(Stage2Config)
    ]
    sampling = [key for values in OTHER_SAMPLING for key in values]
    assert sampling == [item.name for item in dataclasses.fields(SamplingConfig)]
    assert set(field_names()) >= set(sampling)


@pytest.mark.parametrize("values", [*OTHER_PRIORS, *OTHER_SAMPLING], ids=str)
def test_trials_share_what_they_have_in_common(values: dict[str, Any]) -> None:
    one, other = TrialConfig.from_dict(PRIOR), TrialConfig.from_dict({**PRIOR, **values})
    assert one.stage1_id == other.stage1_id
    assert (one.stage2_id == other.stage2_id) == (values in OTHER_SAMPLING)
    assert one.samples_id != other.samples_id
    assert one.trial_id != other.trial_id
    assert TrialConfig.from_dict(other.to_dict()) == other


def test_a_finetuned_codebook_shares_the_training_of_an_initial_one() -> None:
    """They differ in the codes that decode samples, and in nothing that is trained."""
    one, other = (
        TrialConfig.from_dict({**PRIOR, "token_embedding": f"codebook_{kind}"}) for kind in ("init", "finetuned")
    )
    assert one.stage2_id == other.stage2_id
    assert one.samples_id != other.samples_id
    assert one.trial_id != other.trial_id


def test_settings_of_the_prior_need_stage_2() -> None:
    with pytest.raises(ConfigError, match="prior_epochs belongs to the prior: it needs stages: 2"):
        trial(dataset="FordA", prior_epochs=2)
    with pytest.raises(ConfigError, match="stages = 3: must be 1"):
        trial(dataset="FordA", stages=3)
    assert trial(dataset="FordA", stages=1) == trial(dataset="FordA")
