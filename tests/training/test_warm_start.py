"""A run begins with the weights of a model whose pictures were smaller and whose words were others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from mindseye.checkpoints.locate import find_folder
from mindseye.errors import SettingsError
from mindseye.inputs.tokenizer import Tokenizer
from mindseye.networks.config import VaeConfig
from mindseye.networks.unified import UnifiedModel
from mindseye.training.recipe import ModelSizes
from mindseye.training.stages import words_apart
from mindseye.training.vocabulary import train_vocabulary
from mindseye.training.warm_start import latents_in_anew, latents_out_anew, places_anew, spellings, start_from
from mindseye.worlds.world import sample_sentences, world_called

CHANNELS = 16
POCKET = find_folder("pocket")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """A vocabulary of the town."""
    folder, town = tmp_path_factory.mktemp("words"), world_called("town")
    train_vocabulary(sample_sentences(town, np.random.default_rng(0), 300), words_apart(town), 900, folder)
    return Tokenizer.from_folder(folder)


def a_model(vocab_size: int, **sizes: int) -> UnifiedModel:
    vae = VaeConfig(ch=64, ch_mult=(1, 1, 1, 1), num_res_blocks=0, norm_num_groups=16, scale_factor=1, shift_factor=0)
    model = UnifiedModel(ModelSizes(**sizes).unified(vocab_size, vae))
    model.initialise(torch.Generator().manual_seed(0))
    return model


def enlarged(patch: torch.Tensor) -> torch.Tensor:
    """(p, p, z) -> (3, 3, z)."""
    return F.interpolate(patch.permute(2, 0, 1)[None], size=(3, 3), mode="bilinear")[0].permute(1, 2, 0)


def test_an_enlarged_patch_is_read_and_drawn_as_before() -> None:
    dice = torch.Generator().manual_seed(1)
    patch = torch.randn(2, 2, CHANNELS, generator=dice)
    reads, draws = (torch.randn(*shape, generator=dice) for shape in ((8, 4 * CHANNELS), (4 * CHANNELS, 8)))
    state, bias = torch.randn(8, generator=dice), torch.randn(4 * CHANNELS, generator=dice)
    read = latents_in_anew(reads, 3, CHANNELS) @ enlarged(patch).flatten()
    torch.testing.assert_close(read, reads @ patch.flatten(), atol=1e-4, rtol=1e-4)
    drawn = latents_out_anew(draws, 3, CHANNELS) @ state + latents_out_anew(bias, 3, CHANNELS)
    expected = enlarged((draws @ state + bias).view(2, 2, CHANNELS)).flatten()
    torch.testing.assert_close(drawn, expected, atol=1e-4, rtol=1e-4)


def test_places_are_stretched() -> None:
    """Rows of a table of 2 x 2 places that say where they lie."""
    table = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert places_anew(table, 4) is table
    wide = places_anew(table, 16).view(4, 4, 2)
    assert wide[0, 0].tolist() == [0, 0] and wide[3, 3].tolist() == [1, 1] and wide[0, 3].tolist() == [0, 1]
    assert 0 < wide[0, 1, 1] < wide[0, 2, 1] < 1


def test_tokens_are_spelt_by_old_ones(words: Tokenizer) -> None:
    old = Tokenizer.from_folder(POCKET)
    spelling = spellings(words, old)
    assert len(spelling) == words.largest_id + 1
    for mark in ("<|im_start|>", "<|im_end|>", "<|vision_start|>"):
        assert spelling[words.special_ids[mark]] == [old.special_ids[mark]]
    for token, ids in enumerate(spelling):
        assert b"".join(map(old.token_bytes, ids)) == words.token_bytes(token)


def test_the_pocket_model_begins_a_run_with_larger_patches(words: Tokenizer) -> None:
    model = a_model(-(-(words.largest_id + 1) // 16) * 16, image_size=96, latent_patch_size=3)
    start_from(model, POCKET, words)
    given, now = load_file(POCKET / "ema.safetensors"), model.state_dict()
    same = "language_model.model.layers.3.mlp_moe_gen.up_proj.weight"
    assert torch.equal(now[same], given[same].float())
    old, name = Tokenizer.from_folder(POCKET), "language_model.model.embed_tokens.weight"
    end = given[name][old.special.end].float()
    assert torch.equal(now[name][words.special.end], end)
    assert now["vae2llm.weight"].shape == (256, 144)


def test_other_layers_do_not_fit(words: Tokenizer) -> None:
    model = a_model(words.largest_id + 1, hidden_size=128)
    with pytest.raises(SettingsError, match="other sizes than the recipe's model"):
        start_from(model, POCKET, words)
