"""What a stage 1 is: its configuration, from which every number of the tokenizer follows."""

from dataclasses import dataclass
from typing import Any

from ncvq_core.augmentations import AUGMENTATIONS, Augmentation
from ncvq_core.errors import ConfigError, unknown_name
from ncvq_core.settings import check_value, setting, validate, written_fields
from ncvq_core.ssl import SSL_METHODS, SSLMethod

NO_SSL = "none"
PRECISIONS = ("fp32", "bf16")
BANDS: dict[str, tuple[str, ...]] = {"stft": ("all",), "stft_lfhf": ("low", "high"), "wavelet": ("low", "high")}
"""Names of each tokenizer's bands; `ncvq_core.config.shapes` adds those of plugins."""
TOKENIZER_CHECKSUMS: dict[str, str] = {}
"""Of the plugin of each tokenizer that is not ncvq's own."""

SSL_SETTINGS = frozenset({"augmentations", "band_augmentations", "aug_recon_weight", "ssl_weight", "projector_width"})
"""Settings that have no effect with `ssl: none`."""

BandAugmentations = tuple[str, tuple[Augmentation, ...]]
DEFAULT_AUG_RECON_WEIGHT = 0.1


@dataclass(frozen=True, kw_only=True)
class Stage1Config:
    """Everything that the tokenizer's training depends on (defaults: the published study).

    `ssl` is None for the plain VQVAE, which has no augmented view: `augmentations`, `aug_recon_weight` and
    `ssl_weight` then have no effect and are None or empty, so that equal experiments are equal configs.
    """

    dataset: str = setting(help="name of the dataset")
    seed: int = setting(0, "seeds initial weights, batch order and augmentations", minimum=0, maximum=2**31 - 1)
    ssl: SSLMethod | None = None
    ssl_weight: float | None = setting(None, "weight of the SSL loss; null: the method's own", minimum=0)
    augmentations: tuple[Augmentation, ...] = ()
    band_augmentations: tuple[BandAugmentations, ...] = ()
    """Sets of single bands, by the band's name; the other bands have `augmentations`."""
    aug_recon_weight: float | None = setting(
        None, "weight of the augmented view's reconstruction; null: 0.1", minimum=0
    )
    epochs: int = setting(1000, "passes over TRAIN", minimum=1)
    batch_size: int = setting(128, "series a step, at most", minimum=2)
    learning_rate: float = setting(1e-3, "AdamW's initial rate, cosine to 0 over all steps", above=0)
    weight_decay: float = setting(1e-3, "AdamW's decoupled weight decay", minimum=0)
    precision: str = setting("fp32", "arithmetic of the matrix products", choices=PRECISIONS)
    tokenizer: str = setting("stft", "how a series is split before it is encoded")
    channels: int = setting(64, "channels of the encoder and dimension of a code", minimum=1)
    residual_blocks: int = setting(4, "residual blocks of the encoder, and of the decoder", minimum=0)
    downsampled_width: int = setting(8, "the encoder halves the time axis down to about this width", minimum=1)
    high_downsampled_width: int = setting(32, "the same for the high band of a tokenizer with two", minimum=1)
    codebook_size: int = setting(32, "number of codes", minimum=2)
    codebook_decay: float = setting(0.9, "decay of the codebook's moving averages", minimum=0, maximum=1)
    commitment_weight: float = setting(1.0, "weight of the commitment loss", minimum=0)
    projector_width: int = setting(4096, "features of each of the projector's three layers", minimum=2)
    val_fraction: float = setting(0.0, "part of TRAIN cut off for validation, stratified", minimum=0, maximum=0.5)
    evaluate_every: int = setting(0, "epochs between evaluations on the validation part; 0: never", minimum=0)

    def __post_init__(self) -> None:
        """Check each value, and that values fit together."""
        validate(self)
        if self.tokenizer not in BANDS:
            raise ConfigError(f"tokenizer = {self.tokenizer!r}: must be one of {', '.join(BANDS)}", "tokenizer")
        if not self.dataset:
            raise ConfigError("dataset = '': must be the name of a dataset", "dataset")
        if self.ssl is None:
            if any(getattr(self, name) not in ((), None) for name in SSL_SETTINGS - {"projector_width"}):
                raise ConfigError("ssl none has no augmented view: leave augmentations and weights out", "ssl")
        elif self.aug_recon_weight is None:
            raise ConfigError("aug_recon_weight = None: an SSL method needs a weight, 0 or more", "aug_recon_weight")
        elif not self.augmentations:
            raise ConfigError("augmentations = []: an SSL method needs at least one augmentation", "augmentations")
        for band, _ in self.band_augmentations:
            if band not in BANDS[self.tokenizer]:
                raise unknown_name(
                    f"band of tokenizer {self.tokenizer}", band, BANDS[self.tokenizer], "band_augmentations"
                )
        if self.evaluate_every and not self.val_fraction:
            raise ConfigError("evaluate_every needs val_fraction > 0: TEST is read once, at the end", "evaluate_every")


def plugins_of(config: Stage1Config) -> dict[str, dict[str, str]]:
    """Return the checksum of the plugin of each component that comes from one, as a part of a canonical form."""
    if not (AUGMENTATIONS.has_plugins or SSL_METHODS.has_plugins or TOKENIZER_CHECKSUMS):
        return {}
    sets = (config.augmentations, *(items for _, items in config.band_augmentations))
    found = {AUGMENTATIONS.name(item): AUGMENTATIONS.checksum(item) for items in sets for item in items}
    ssl = {SSL_METHODS.name(config.ssl): SSL_METHODS.checksum(config.ssl)} if config.ssl else {}
    tokenizer = {config.tokenizer: TOKENIZER_CHECKSUMS.get(config.tokenizer)}
    parts = {
        kind: {name: checksum for name, checksum in each.items() if checksum}
        for kind, each in (("augmentation_plugins", found), ("ssl_plugins", ssl), ("tokenizer_plugins", tokenizer))
    }
    return {kind: each for kind, each in parts.items() if each}


def augmentations_text(augmentations: tuple[Augmentation, ...]) -> str:
    """Return a set as text: `window_warp+amplitude_resize`."""
    return "+".join(AUGMENTATIONS.text(augmentation) for augmentation in augmentations)


def band_augmentations_text(bands: tuple[BandAugmentations, ...]) -> str:
    """Return sets of bands as text: `high: gaussian_noise; low: window_warp`."""
    return "; ".join(f"{band}: {augmentations_text(items)}" for band, items in bands)


def stage1_from_dict(values: dict[str, Any]) -> Stage1Config:
    """Build a stage 1 from written values, dropping those that have no effect in it.

    Raises:
        ConfigError: a wrong type or a value out of range.
    """
    values = dict(values)
    tokenizer = values.get("tokenizer", "stft")
    if isinstance(tokenizer, str) and len(BANDS.get(tokenizer, ())) == 1:
        check_value(Stage1Config, "high_downsampled_width", values.pop("high_downsampled_width", 1))
    method = values.pop("ssl", NO_SSL)
    augmentations = _parse_set(values.pop("augmentations", ()), "augmentations")
    bands = _parse_bands(values.pop("band_augmentations", {}))
    if method == NO_SSL:
        for key in SSL_SETTINGS & values.keys():
            check_value(Stage1Config, key, values.pop(key, None))
        return Stage1Config(**values)
    if values.get("aug_recon_weight") is None:
        values["aug_recon_weight"] = DEFAULT_AUG_RECON_WEIGHT
    ssl = _parse_ssl(method)
    check_value(Stage1Config, "ssl_weight", values.get("ssl_weight"))
    if not ssl.uses_projector_width:
        check_value(Stage1Config, "projector_width", values.pop("projector_width", 2))
    if values.get("ssl_weight") == ssl.default_weight:
        values["ssl_weight"] = None
    return Stage1Config(ssl=ssl, augmentations=augmentations, band_augmentations=bands, **values)


def _parse_set(written: Any, field: str) -> tuple[Augmentation, ...]:
    if not isinstance(written, list | tuple):
        raise ConfigError(f"{field} = {written!r}: must be a list of augmentations", field)
    return tuple(AUGMENTATIONS.parse(item, field) for item in written)


def _parse_bands(written: Any) -> tuple[BandAugmentations, ...]:
    field = "band_augmentations"
    if not isinstance(written, dict):
        raise ConfigError(f"{field} = {written!r}: must map a band to a list of augmentations", field)
    return tuple((str(band), _parse_set(items, field)) for band, items in sorted(written.items(), key=str))


def _parse_ssl(written: Any) -> SSLMethod:
    if isinstance(written, str) and written not in SSL_METHODS:
        raise unknown_name(SSL_METHODS.kind, written, [NO_SSL, *SSL_METHODS], "ssl")
    return SSL_METHODS.parse(written, "ssl")


def written_stage1(config: Stage1Config, *, keep_defaults: bool) -> dict[str, Any]:
    """Return a stage 1 as plain values; `stage1_from_dict` reads them back."""
    values = written_fields(config, keep_defaults=keep_defaults)
    for key in ("ssl", "augmentations", "band_augmentations"):
        values.pop(key, None)
    if config.ssl is not None:
        values["ssl"] = SSL_METHODS.written(config.ssl)
        values["augmentations"] = [AUGMENTATIONS.written(item) for item in config.augmentations]
        if config.band_augmentations or keep_defaults:
            values["band_augmentations"] = {
                band: [AUGMENTATIONS.written(item) for item in items] for band, items in config.band_augmentations
            }
    elif keep_defaults:
        values |= {"ssl": NO_SSL, "augmentations": [], "band_augmentations": {}}
    return values
