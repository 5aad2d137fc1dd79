"""Replays the recorded training case of the reference through our own lessons, batches and losses."""
# L latent tokens, Z latent_token_size, I images in the gen stream, z latent channels

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from ..inputs.formats.bagel import BagelFormat
from ..inputs.segments import LatentSegment, VitSegment
from ..inputs.tokenizer import Tokenizer
from ..networks.grids import grid_indices, latent_to_tokens
from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from .batches import Batch, pack
from .latents import latents_of
from .lessons import Lesson, Taught, ends_with, num_features, taught_answer
from .objectives.flow import Noise, shifted_times
from .objectives.unified import errors_of, network_input


def replay_train_case(
    model: UnifiedModel,
    autoencoder: Autoencoder,
    tokenizer: Tokenizer,
    expected: Mapping[str, Tensor],
    cases: Mapping[str, Any],
) -> dict[str, Tensor]:
    """What our training computes for the recorded samples, under the recorded names (`train.*`).

    `expected` are the recorded tensors (pixels, noise and timesteps are taken from them), `cases` the content
    of `cases.json`. Gradients are left in the model. `train.grad_norm.<parameter>` are their norms.
    """
    samples = cases["cases"]["train"]["samples"]
    names = {item["image"] for sample in samples for item in sample if item["kind"] == "vae_image"}
    padded = encode_padded(autoencoder, {name: expected[f"pixels.vae.{name}"] for name in sorted(names)})
    recorded = Recorded(model, tokenizer, expected, padded)
    batch = pack([recorded.lesson(sample) for sample in samples])
    config = model.config
    lengths = torch.tensor([num_features(segment) for segment in batch.latent_images])
    firsts = lengths.cumsum(0) - lengths
    times = shifted_times(expected["train.timesteps_raw"][firsts], config.timestep_shift)
    latents = latents_of(batch.latent_images, autoencoder, config.latent_patch_size, expected["train.noise"].device)
    errors = errors_of(model, network_input(batch, latents, Noise(expected["train.noise"], times)))
    model.zero_grad()
    ce, mse = errors.ce.mean(), errors.mse.mean()
    (ce + mse).backward()
    found = {"train.ce": errors.ce.detach(), "train.mse": errors.mse.detach()}
    found |= {"train.loss_ce_mean": ce.detach(), "train.loss_mse_mean": mse.detach()}
    found |= describe_batch(batch)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            found[f"train.grad_norm.{name}"] = parameter.grad.norm()
    return found


@torch.no_grad()
def encode_padded(autoencoder: Autoencoder, pictures: Mapping[int, Tensor]) -> dict[int, Tensor]:
    """Latents (z, h, w) of pictures (3, H, W) padded to one size, as the reference's training does.

    Its autoencoder thus sees the padding; only the recorded case needs that, our training has one size.
    """
    height, width = (max(picture.shape[axis] for picture in pictures.values()) for axis in (1, 2))
    scale, latents = autoencoder.config.downsample, {}
    for name, picture in pictures.items():
        padded = torch.zeros(1, 3, height, width)
        padded[0, :, : picture.shape[1], : picture.shape[2]] = picture
        latent = autoencoder.encode(padded)[0]
        latents[name] = latent[:, : picture.shape[1] // scale, : picture.shape[2] // scale]
    return latents


@dataclass(frozen=True)
class Recorded:
    """The recorded samples' parts, as lessons."""

    model: UnifiedModel
    tokenizer: Tokenizer
    expected: Mapping[str, Tensor]
    latents: Mapping[int, Tensor]
    """(z, h, w) by the number of the image."""

    def lesson(self, sample: Iterable[Mapping[str, Any]]) -> Lesson:
        """The lesson of one recorded sample."""
        return tuple(self.text(item) if item["kind"] == "text" else self.image(item) for item in sample)

    def text(self, item: Mapping[str, Any]) -> Taught:
        """A text, read or learnt."""
        special, prompt_format = self.tokenizer.special, BagelFormat(self.tokenizer)
        opens = {None: None, "<|vision_start|>": special.image_start, "<|im_start|>": special.start}
        then, ids = opens[item.get("end_token_predicts")], self.tokenizer.encode(item["text"])
        if item["loss"]:
            return taught_answer(ids, prompt_format, then)
        segment = prompt_format.written(ids, "user")
        return Taught(segment, ends_with(segment, then))

    def image(self, item: Mapping[str, Any]) -> Taught:
        """An image for the ViT, as clean latents or as latents to learn."""
        config, frame = self.model.config, BagelFormat(self.tokenizer).image_frame
        name, content = item["image"], str(item["image"]).encode()
        if item["kind"] == "vit_image":
            pixels = self.expected[f"pixels.vit.{name}"]
            num_tokens = pixels[0].numel() // config.vit.patch_size**2
            return Taught(VitSegment(pixels, num_tokens, frame, content))
        latent = self.latents[name]
        rows, columns = (side // config.latent_patch_size for side in latent.shape[1:])
        places = grid_indices(rows, columns, config.max_latent_size)
        blank = PIL.Image.new("RGB", (columns * config.pixels_per_token, rows * config.pixels_per_token))
        tokens = latent_to_tokens(latent, config.latent_patch_size)
        return Taught(LatentSegment(blank, frame, content, tokens, places), is_drawn=bool(item["loss"]))


def describe_batch(batch: Batch) -> dict[str, Tensor]:
    """Ids, positions, masks and labels of a batch in sample order, under the recorded names."""
    order = np.concatenate(batch.sample_rows)  # place in stream order of each token in sample order
    num_text = len(batch.text_ids)
    num_und = num_text + sum(num_features(segment) for segment in batch.vit_images)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    in_order = np.argsort(place[:num_text])  # texts are packed in sample order already
    found = {
        "train.text_ids": batch.text_ids[in_order],
        "train.text_indexes": place[:num_text][in_order],
        "train.position_ids": batch.positions[order],
        "train.vit_token_indexes": place[num_text:num_und],
        "train.vae_token_indexes": place[num_und:],
        "train.ce_indexes": place[batch.label_indices],
        "train.label_ids": batch.labels,
        "train.mse_indexes": place[num_und:][batch.drawn_tokens],
    }
    masks = {}
    for bucket in batch.buckets:
        for rows, mask in zip(bucket.rows, bucket.mask, strict=True):
            number = next(i for i, own in enumerate(batch.sample_rows) if own[0] == rows[0])
            length = len(batch.sample_rows[number])
            masks[f"train.mask.{number}"] = mask[:length, :length].astype(np.uint8)
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in (found | masks).items()}
