"""Images as rows of tokens."""

import torch

from mindseye.networks.grids import grid_indices, latent_to_tokens, to_patches, tokens_to_latent


def test_patches_are_row_column_channel() -> None:
    pixels = torch.arange(3 * 4 * 6).float().view(3, 4, 6)
    patches = to_patches(pixels, 2)
    assert patches.shape == (6, 12)
    assert torch.equal(patches[4], pixels[:, 2:4, 2:4].permute(1, 2, 0).flatten())


def test_latents_come_back_from_their_tokens() -> None:
    latent = torch.randn(4, 6, 10)
    tokens = latent_to_tokens(latent, 2)
    assert tokens.shape == (15, 16)
    assert torch.equal(tokens_to_latent(tokens, 3, 5, 2), latent)


def test_places_count_along_the_table() -> None:
    assert grid_indices(2, 3, 10).tolist() == [0, 1, 2, 10, 11, 12]
