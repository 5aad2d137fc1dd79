"""An endless stream of batches of the world. A batch depends on the seed and its number alone."""
# B pictures, S side in px, P patches, L latent tokens, Z latent_token_size, I images in the gen stream

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..networks.vae import Autoencoder
from ..worlds.world import World
from .batches import Batch, pack
from .pixels import to_latent_tokens, to_patches
from .plans import Encode, ImageSegment, Plan, Planner, drop_conditions, plan_length
from .recipe import DataSettings

ENCODED_AT_ONCE = 8  # pictures; few stay in the processor's cache, which makes encoding four times as fast


@dataclass(frozen=True)
class PicturedBatch:
    """A batch with the pictures it speaks of."""

    batch: Batch
    pictures: np.ndarray
    """(B, S, S, 3) uint8, each picture once."""
    vit_rows: np.ndarray
    """Which picture each ViT image is."""
    latent_rows: np.ndarray
    """Which picture each image of the gen stream is."""


@dataclass(frozen=True)
class WorldStream:
    """Batches by number."""

    settings: DataSettings
    planner: Planner
    seed: int
    world: World
    side: int
    """px of a picture."""

    def __getitem__(self, number: int) -> PicturedBatch:
        plans = self.plans(number)
        batch = pack(plans, self.planner.marks, self.settings.stretch)
        images = batch.images
        row_of = {image: row for row, image in enumerate(images)}
        return PicturedBatch(
            batch,
            draw_pictures(images, self.world, self.side),
            _rows(batch.vit_images, row_of),
            _rows(batch.latent_images, row_of),
        )

    def plans(self, number: int) -> list[Plan]:
        """Plans of random episodes that fill the token budget."""
        rng = np.random.default_rng((self.seed, number))
        mix = self.settings.phase_at(number).mix
        plans: list[Plan] = []
        num_tokens = 0
        while True:
            episode = self.world.sample_episode(rng, self.settings.split, mix=mix)
            looks_back = rng.random() < self.settings.look_back
            sees_latents = rng.random() < self.settings.latents_with_questions
            plan = self.planner.plan(episode.steps, looks_back, sees_latents)
            plan = drop_conditions(plan, self.settings.dropout, rng)
            num_tokens += plan_length(plan)
            if num_tokens > self.settings.tokens_per_batch and plans:
                return plans
            plans.append(plan)


def draw_pictures(scenes: Sequence[Hashable], world: World, side: int) -> np.ndarray:
    """(B, S, S, 3) uint8 pictures of scenes."""
    return np.stack([world.render(scene, side) for scene in scenes])


def _rows(images: Sequence[ImageSegment], row_of: dict[Hashable, int]) -> np.ndarray:
    return np.array([row_of[segment.image] for segment in images], np.int64)


def cached(encode: Encode, size: int = 50_000) -> Encode:
    """The same function with a memory: texts of the world come again and again."""
    return lru_cache(maxsize=size)(encode)


@torch.no_grad()
def see(pictured: PicturedBatch, autoencoder: Autoencoder, sizes: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """ViT patches (P, numbers) and clean latent tokens (L, Z); `sizes` are the patch sides of ViT and latents."""
    pixels = torch.from_numpy(pictured.pictures).permute(0, 3, 1, 2).float() / 127.5 - 1  # (B, 3, S, S)
    vit_patch, latent_patch = sizes
    patches = to_patches(pixels[torch.from_numpy(pictured.vit_rows)], vit_patch).flatten(0, 1)
    needed, rows = np.unique(pictured.latent_rows, return_inverse=True)
    if not len(needed):
        width = latent_patch**2 * autoencoder.config.z_channels
        return patches, torch.zeros(0, width)
    with torch.autocast("cpu", torch.bfloat16):
        some = pixels[torch.from_numpy(needed)].split(ENCODED_AT_ONCE)
        latents = torch.cat([autoencoder.encode(few).float() for few in some])
    tokens = to_latent_tokens(latents, latent_patch)  # (needed, tokens, Z)
    return patches, tokens[torch.from_numpy(rows)].flatten(0, 1)
