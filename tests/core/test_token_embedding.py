"""What `token_embedding` changes, and what it does not."""

import pytest
import torch

from ncvq_core.config.prior import TOKEN_EMBEDDINGS, Stage2Config
from ncvq_core.prior import Prior
from ncvq_core.prior.prior import TokenSpace
from ncvq_core.training.seeding import initial_weights

SPACE = TokenSpace(torch.randn(8, 4, generator=torch.Generator().manual_seed(0)), (2, 3))


def prior(kind: str) -> Prior:
    config = Stage2Config(token_embedding=kind, prior_width=16, prior_layers=1, prior_heads=1)
    with initial_weights(0, "prior"):
        return Prior(config, [SPACE, SPACE], classes=2)


@pytest.mark.parametrize("kind", TOKEN_EMBEDDINGS[1:])
def test_all_weights_but_the_table_start_alike(kind: str) -> None:
    ours, learned = prior(kind).state_dict(), prior("learned").state_dict()
    assert ours.keys() == learned.keys()
    other = {name for name, value in ours.items() if not torch.equal(value, learned[name])}
    tables = [f"bands.{band}.{table}" for band, table in ((0, "embedding"), (1, "embedding"), (1, "lower_embedding"))]
    assert other == {f"{table}.{part}" for table in tables for part in ("codes", "scale")}


def test_a_finetuned_codebook_is_the_prior_of_an_initial_one() -> None:
    """So that its config may name the training of the other: see `Stage2Config.as_trained`."""
    ours, theirs = prior("codebook_finetuned"), prior("codebook_init")
    trained = [{name for name, each in one.named_parameters() if each.requires_grad} for one in (ours, theirs)]
    assert trained[0] == trained[1]
    assert all(torch.equal(value, theirs.state_dict()[name]) for name, value in ours.state_dict().items())
    assert all(codes is not SPACE.codebook for codes in ours.decoding_codes([SPACE.codebook] * 2))
    assert all(codes is SPACE.codebook for codes in theirs.decoding_codes([SPACE.codebook] * 2))
