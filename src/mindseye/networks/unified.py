"""The whole network: eyes, decoder with two experts, and the way in and out of latent space.

The autoencoder stands beside it (`vae.py`), as its weights do in a checkpoint.
"""
# N tokens, Nu of the und stream, Ng of the gen stream, P patches, L latent tokens, D hidden_size, V vocab_size,
# Z latent_token_size

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .attention import Attend
from .config import LatentGrid, UnifiedConfig
from .decoder import Decoder
from .embeddings import Connector, PositionTable, TimestepEmbedder
from .grids import grid_indices, to_patches
from .interface import Streams
from .text_network import TextNetwork
from .vit import Vit


class UnifiedModel(TextNetwork):
    """A BAGEL-family network; parameters bear the names they have in `ema.safetensors`.

    With `understanding_only` the `gen` expert and everything around latents do not exist.
    """

    def __init__(self, config: UnifiedConfig, understanding_only: bool = False) -> None:
        super().__init__(config.decoder)
        self.config = config
        self.understanding_only = understanding_only
        width = config.decoder.hidden_size
        self.language_model = Decoder(config.decoder, understanding_only)
        self.vit_model = Vit(config.vit)
        self.connector = Connector(config.vit.hidden_size, width)
        self.vit_pos_embed = PositionTable(config.vit_max_num_patch_per_side, width)
        if not understanding_only:
            self.time_embedder = TimestepEmbedder(width)
            self.vae2llm = nn.Linear(config.latent_token_size, width)
            self.llm2vae = nn.Linear(width, config.latent_token_size)
            self.latent_pos_embed = PositionTable(config.max_latent_size, width)

    def embed_text(self, ids: Tensor) -> Tensor:
        """Token ids (N,) -> (N, D)."""
        return self.language_model.model.embed_tokens(ids)

    def embed_images(self, images: Sequence[Tensor]) -> Sequence[Tensor]:
        """Pixels (C, H, W) in -1..1 of each image, sides multiples of the patch size -> its tokens (n, D)."""
        vit, side = self.config.vit, self.config.vit_max_num_patch_per_side
        patches = [to_patches(pixels, vit.patch_size) for pixels in images]
        places = [grid_indices(x.shape[1] // vit.patch_size, x.shape[2] // vit.patch_size, side) for x in images]
        lengths = [len(each) for each in patches]
        packed = torch.cat(patches).to(self.device, self.dtype)
        return self.embed_vit(packed, torch.cat(places).to(self.device), lengths).split(lengths)

    def embed_vit(self, patches: Tensor, position_indices: Tensor, lengths: Sequence[int]) -> Tensor:
        """Packed patches (P, rows * columns * channels), `lengths` patches an image -> (P, D).

        `position_indices` (P,) are row * vit_max_num_patch_per_side + column.
        """
        features = self.vit_model(patches, position_indices, lengths)
        return self.connector(features) + self.vit_pos_embed(position_indices)

    def embed_latents(self, latent_tokens: Tensor, t: Tensor, lengths: Tensor, position_indices: Tensor) -> Tensor:
        """Latent tokens (L, Z) of I images with `lengths` (I,) tokens each, at times t (I,) -> (L, D).

        `position_indices` (L,) are row * max_latent_size + column.
        """
        embedded = self.vae2llm(latent_tokens.to(self.dtype))
        times = self.time_embedder(t, self.dtype).repeat_interleave(lengths, dim=0, output_size=embedded.shape[0])
        return embedded + times + self.latent_pos_embed(position_indices)

    def forward(self, und: Tensor, gen: Tensor | None, positions: Tensor, attend: Attend) -> Streams:
        """States before the final norms; und (Nu, D), gen (Ng, D) or None, positions (Nu + Ng,) in stream order."""
        return self.language_model(und, gen, positions, attend)

    def logits(self, states: Tensor) -> Tensor:
        """States (N, D) of the und stream -> scores over words (N, V)."""
        return self.language_model.logits(states)

    def velocity(self, states: Tensor) -> Tensor:
        """States (L, D) of the gen stream -> velocity from data to noise (L, Z)."""
        return self.llm2vae(self.language_model.model.norm_moe_gen(states))

    @property
    def latents(self) -> LatentGrid | None:
        return None if self.understanding_only else self.config.latents

    def initialise(self, generator: torch.Generator) -> None:
        """Random weights for training from nothing: normal with deviation 0.02, velocity head at zero."""
        for name, parameter in self.named_parameters():
            if "norm" in name and name.endswith("weight"):
                parameter.data.fill_(1.0)
            elif parameter.dim() < 2:
                parameter.data.zero_()
            elif "pos_embed" not in name:
                parameter.data.normal_(std=0.02, generator=generator)
        for table in (self.vit_pos_embed, self.latent_pos_embed):
            table.reset()
        self.llm2vae.weight.data.zero_()
