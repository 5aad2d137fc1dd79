"""Replays the recorded training case of the reference through our own plans, batches and losses."""
# L latent tokens, I images in the gen stream

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..networks.unified import UnifiedModel
from ..networks.vae import Autoencoder
from .batches import Batch, pack
from .losses import LossSettings, compute_losses, shifted_times, to_network_input
from .pixels import join, to_latent_tokens, to_patches
from .plans import ImageSegment, Marks, Plan, Segment, TextSegment

Encode = Callable[[str], Sequence[int]]
KINDS = {("vit_image", 0): "vit", ("vae_image", 0): "vae", ("vae_image", 1): "noisy"}


def replay_train_case(
    model: UnifiedModel,
    autoencoder: Autoencoder,
    encode: Encode,
    expected: Mapping[str, Tensor],
    cases: Mapping[str, Any],
) -> dict[str, Tensor]:
    """What our training computes for the recorded samples, under the recorded names (`train.*`).

    `expected` are the recorded tensors (pixels, noise and timesteps are taken from them), `cases` the content
    of `cases.json`. Gradients are left in the model. `train.grad_norm.<parameter>` are their norms.
    """
    marks = marks_from_cases(cases)
    samples = cases["cases"]["train"]["samples"]
    plans = [plan_sample(sample, model, encode, marks, expected) for sample in samples]
    batch = pack(plans, marks)
    config = model.config
    patches = [to_patches(expected[f"pixels.vit.{s.image}"][None], config.vit.patch_size)[0] for s in batch.vit_images]
    pictures = [expected[f"pixels.vae.{image.image}"] for image in batch.latent_images]
    latents = [
        to_latent_tokens(latent[None], config.latent_patch_size)[0] for latent in encode_padded(autoencoder, pictures)
    ]
    lengths = torch.tensor([s.rows * s.columns for s in batch.latent_images])
    firsts = lengths.cumsum(0) - lengths
    settings = LossSettings(timestep_shift=config.timestep_shift)
    given = to_network_input(
        batch,
        model,
        join(patches, config.vit.patch_size**2 * config.vit.num_channels),
        join(latents, config.latent_token_size),
        expected["train.noise"],
        shifted_times(expected["train.timesteps_raw"][firsts], settings.timestep_shift),
    )
    losses = compute_losses(model, given)
    model.zero_grad()
    losses.total(settings).backward()
    found = {"train.ce": losses.ce.detach(), "train.mse": losses.mse.detach()}
    found |= {
        "train.loss_ce_mean": losses.ce.detach().mean(),
        "train.loss_mse_mean": losses.mse.detach().mean(),
    }
    found |= describe_batch(batch)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            found[f"train.grad_norm.{name}"] = parameter.grad.norm()
    return found


@torch.no_grad()
def encode_padded(autoencoder: Autoencoder, pictures: Sequence[Tensor]) -> list[Tensor]:
    """Latents of pictures (3, H, W) padded to one size, as the reference's training does.

    Its autoencoder thus sees the padding; only the recorded case needs that, our training has one size.
    """
    height, width = (max(picture.shape[axis] for picture in pictures) for axis in (1, 2))
    scale, latents = autoencoder.config.downsample, []
    for picture in pictures:
        padded = torch.zeros(1, 3, height, width)
        padded[0, :, : picture.shape[1], : picture.shape[2]] = picture
        latent = autoencoder.encode(padded)[0]
        latents.append(latent[:, : picture.shape[1] // scale, : picture.shape[2] // scale])
    return latents


def marks_from_cases(cases: Mapping[str, Any]) -> Marks:
    """The recorded ids of the tokens that frame texts and images."""
    ids = cases["special_token_ids"]
    return Marks(ids["bos_token_id"], ids["eos_token_id"], ids["start_of_image"], ids["end_of_image"])


def plan_sample(
    sample: Sequence[Mapping[str, Any]],
    model: UnifiedModel,
    encode: Encode,
    marks: Marks,
    expected: Mapping[str, Tensor],
) -> Plan:
    """The plan of one recorded sample."""
    labels = {None: None, "<|vision_start|>": marks.image_start, "<|im_start|>": marks.start}
    config, segments = model.config, []
    for item in sample:
        segment: Segment
        if item["kind"] == "text":
            end_label = labels[item.get("end_token_predicts")]
            segment = TextSegment(tuple(encode(item["text"])), bool(item["loss"]), end_label)
        else:
            kind = KINDS[item["kind"], item["loss"]]
            eye, stride = ("vit", config.vit.patch_size) if kind == "vit" else ("vae", config.pixels_per_token)
            height, width = expected[f"pixels.{eye}.{item['image']}"].shape[1:]
            segment = ImageSegment(kind, item["image"], height // stride, width // stride)  # type: ignore[arg-type]
        segments.append(segment)
    return tuple(segments)


def describe_batch(batch: Batch) -> dict[str, Tensor]:
    """Ids, positions, masks and labels of a batch in sample order, under the recorded names."""
    order = np.concatenate(batch.sample_rows)  # place in stream order of each token in sample order
    num_text = len(batch.text_ids)
    num_und = num_text + sum(s.rows * s.columns for s in batch.vit_images)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    in_order = np.argsort(place[:num_text])  # texts are packed in sample order already
    labelled = place[batch.label_indices]
    is_noisy = np.repeat(
        [s.kind == "noisy" for s in batch.latent_images], [s.rows * s.columns for s in batch.latent_images]
    )
    found = {
        "train.text_ids": batch.text_ids[in_order],
        "train.text_indexes": place[:num_text][in_order],
        "train.position_ids": batch.positions[order],
        "train.vit_token_indexes": place[num_text:num_und],
        "train.vae_token_indexes": place[num_und:],
        "train.ce_indexes": labelled,
        "train.label_ids": batch.labels,
        "train.mse_indexes": place[num_und:][is_noisy],
    }
    masks = {}
    for bucket in batch.buckets:
        for rows, mask in zip(bucket.rows, bucket.mask, strict=True):
            number = next(i for i, own in enumerate(batch.sample_rows) if own[0] == rows[0])
            length = len(batch.sample_rows[number])
            masks[f"train.mask.{number}"] = mask[:length, :length].astype(np.uint8)
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in (found | masks).items()}
