"""Replaying recorded outputs of the reference implementation and measuring how far ours are from them."""
# L latent tokens, Z latent_token_size, V vocab_size, H and W pixels

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import PIL.Image
import torch
from safetensors.torch import load_file
from torch import Tensor

from ..errors import InputError
from ..events import ImageDone, TextDone
from ..generation.engine import Engine
from ..generation.views import View
from ..generation.watched import WatchedConversation
from ..generation.work import Story
from ..inputs.image_processors import BagelImageProcessor
from ..inputs.images import ImageLimits, ImageTransforms, open_image, resize_to_limits, to_pixels
from ..loaded import LoadedModel
from ..messages import Image, Text
from ..networks.grids import grid_indices, to_patches
from ..networks.unified import UnifiedModel
from ..params import ImageParams, TextParams

TOLERANCE = 1e-4
OPTION_NAMES = (
    "cfg_text_scale",
    "cfg_img_scale",
    "cfg_interval",
    "cfg_renorm_type",
    "cfg_renorm_min",
    "timestep_shift",
    "num_timesteps",
    "enable_taylorseer",
)
OFFICIAL = {"cfg_text_scale": 3.0, "cfg_img_scale": 1.5, "cfg_interval": (0.4, 1.0), "timestep_shift": 3.0}


@dataclass(frozen=True)
class Check:
    """One comparison: the largest |ours - recorded| / largest |recorded|, or a yes or no."""

    case: str
    what: str
    error: float
    tolerance: float = TOLERANCE

    @property
    def agrees(self) -> bool:
        return self.error <= self.tolerance


def worst_by_case(checks: Iterable[Check]) -> list[Check]:
    """One check a case: the one furthest beyond its tolerance."""
    worst: dict[str, Check] = {}
    for check in checks:
        so_far = worst.setdefault(check.case, check)
        if check.error / check.tolerance > so_far.error / so_far.tolerance:
            worst[check.case] = check
    return list(worst.values())


@dataclass(frozen=True)
class Recording:
    """A recorded folder: its cases, its tensors and where its images are."""

    folder: Path
    said: dict[str, Any]
    transforms: ImageTransforms
    tensors: dict[str, Tensor]

    @property
    def cases(self) -> dict[str, Any]:
        """The cases by name."""
        return self.said["cases"]

    @staticmethod
    def open(folder: Path) -> Recording:
        """Read `cases.json` and `expected.safetensors`; raises InputError for another kind of folder."""
        for name in ("cases.json", "expected.safetensors"):
            if not (folder / name).is_file():
                raise InputError(f"{folder} is no recorded folder: it has no {name}")
        try:
            said = json.loads((folder / "cases.json").read_text())
            limits = {kind: ImageLimits(**said["transforms"][kind]) for kind in ("vae", "vit")}
            return Recording(folder, said, ImageTransforms(**limits), load_file(folder / "expected.safetensors"))
        except Exception as error:
            raise InputError(f"the recorded folder {folder} cannot be read: {error}") from error

    def image(self, name: object) -> PIL.Image.Image:
        """The input image of that number or name."""
        return open_image(self.folder / f"image_{name}.png")


def relative_error(ours: Tensor, recorded: Tensor) -> float:
    """Largest |ours - recorded| over the largest |recorded|; infinite where shapes differ."""
    if ours.shape != recorded.shape:
        return float("inf")
    scale = recorded.abs().max().item() or 1.0
    error = ((ours.double() - recorded.double()).abs().max() / scale).item()
    return error if error == error else float("inf")


def exactly(is_same: bool) -> float:
    """A yes or no as an error."""
    return 0.0 if is_same else float("inf")


def replay_all(model: LoadedModel, recording: Recording) -> Iterator[Check]:
    """All cases but `train`, one check after another."""
    yield from _replay_tokenizer(model, recording)
    yield from _replay_resize(recording)
    yield from _replay_images(model, recording)
    for name, case in recording.cases.items():
        if isinstance(case, dict) and "items" in case:
            yield from _replay_request(model, recording, name, case)


def _replay_tokenizer(model: LoadedModel, recording: Recording) -> Iterator[Check]:
    rows = recording.cases.get("tokenizer", [])
    if rows:
        same = all(model.tokenizer.encode(row["text"], allow_special=True) == row["ids"] for row in rows)
        yield Check("tokenizer", f"{len(rows)} texts", exactly(same))


def _replay_resize(recording: Recording) -> Iterator[Check]:
    rows = recording.cases.get("resize", {}).get("rows", [])
    kinds = sorted({key for row in rows for key in row} - {"size"})
    for kind in kinds:
        largest, smallest, stride = (int(x) for x in kind.split("_")[1:])
        limits = ImageLimits(largest, smallest, stride)
        same = all(list(limits.size_for(*row["size"])) == row[kind] for row in rows)
        yield Check("resize", f"{kind}, {len(rows)} sizes", exactly(same))


@torch.inference_mode()
def _replay_images(model: LoadedModel, recording: Recording) -> Iterator[Check]:
    """`pixels.*`, `vit.*` and `vae.*`: each image through its own transform straight from the file."""
    for key in sorted(recording.tensors):
        part, _, rest = key.partition(".")
        kind, _, name = rest.partition(".")
        if part not in ("pixels", "vit", "vae"):
            continue
        limits = getattr(recording.transforms, kind if part == "pixels" else part)
        pixels = to_pixels(resize_to_limits(recording.image(name), limits))
        ours = pixels if part == "pixels" else _features(model, f"{part}.{kind}", pixels)
        yield Check(part, rest, relative_error(ours, recording.tensors[key]))


def _features(model: LoadedModel, what: str, pixels: Tensor) -> Tensor:
    network, vae = model.network, model.vae
    assert vae is not None
    if what == "vae.latent_mean":
        return vae.encode(pixels[None])[0]
    if what == "vae.decoded":
        return vae.decode(vae.encode(pixels[None]))[0]
    if what != "vit.hidden":
        return network.embed_images([pixels])[0]
    patch = model.config.vit.patch_size
    patches = to_patches(pixels, patch)
    indices = grid_indices(pixels.shape[1] // patch, pixels.shape[2] // patch, model.config.vit_max_num_patch_per_side)
    assert isinstance(network, UnifiedModel)
    return network.vit_model(patches, indices, [len(patches)])


def _replay_request(model: LoadedModel, recording: Recording, name: str, case: dict) -> Iterator[Check]:
    processor = model.image_processor
    assert isinstance(processor, BagelImageProcessor)
    as_recorded = replace(model, image_processor=replace(processor, transforms=recording.transforms))
    conversation = WatchedConversation(as_recorded, recording.tensors.get(f"{name}.noise"))
    [job] = Engine(model.network, model.vae).run([_story(conversation, recording, case)])
    events = job.result()
    if f"{name}.text_logits" in recording.tensors:
        seen = conversation.logits[: case["options"]["max_think_token_n"]]
        ours = torch.stack([logits.scores for logits in seen])
        yield Check(name, "text_logits", relative_error(ours, recording.tensors[f"{name}.text_logits"]))
        yield Check(name, "text_token_ids", exactly([x.best for x in seen] == case["text_token_ids"]))
    if case.get("text"):
        texts = [_as_the_reference_cuts(e.text, model) for e in events if isinstance(e, TextDone)][-1:]
        yield Check(name, "text", exactly(texts == case["text"]))
    if conversation.latents:
        yield Check(name, "latent", relative_error(conversation.latents[0], recording.tensors[f"{name}.latent"]))
        image = next(e.image for e in events if isinstance(e, ImageDone))
        yield Check(name, "image", _beyond_rounding(image, recording.folder / case["image"]))


def _as_the_reference_cuts(text: str, model: LoadedModel) -> str:
    """The reference takes what stands before a second start mark; ours goes on."""
    return text.split(model.tokenizer.decode([model.tokenizer.special.start], skip_special=False))[0]


def _beyond_rounding(image: PIL.Image.Image, recorded: Path) -> float:
    """0 when no value of two pictures is more than one of 255 levels apart (rounding), else how far they are."""
    ours, theirs = to_pixels(image), to_pixels(open_image(recorded))
    apart = float("inf") if ours.shape != theirs.shape else ((ours - theirs).abs().max() / 2).item()
    return 0.0 if apart < 1.5 / 255 else apart


def _story(conversation: WatchedConversation, recording: Recording, case: dict) -> Story[str]:
    """The official inferencer's order of events for one case, with what was recorded on the way."""
    options = {**OFFICIAL, **case["options"]}
    draws = not options.get("understanding_output", False)
    view: View = "whole" if draws else "understanding"
    if "system_prompt" in case:
        conversation.say(case["system_prompt"], role="system")
    for item in case["items"]:
        conversation.add(Image(recording.image(item["image"])) if "image" in item else Text(item["text"]))
    generator = torch.Generator().manual_seed(0)
    if "text_token_ids" in case:
        # The reference counts the start token: N tokens are predicted, N - 1 become text.
        num_tokens = options["max_think_token_n"]
        yield from conversation.write(TextParams(num_tokens), generator, view)
        written = yield from conversation.write(TextParams(num_tokens - 1), generator, view, role="thought")
        if draws:
            yield from conversation.keep(written, role="thought")
    if draws:
        chosen = {key: options[key] for key in OPTION_NAMES if key in options}
        height, width = case["image_size_hw"] if "image_shapes" in options else (None, None)
        params = ImageParams(width=width, height=height, **chosen)
        yield from conversation.draw(params, generator, seed=0)
    return "end"


GRADIENT_TOLERANCE = 1e-3
SMALL_GRADIENT = 1e-5


def compare_training(recording: Recording, ours: Mapping[str, Tensor]) -> Iterator[Check]:
    """What a training step gave under the recorded names (`train.*`), against what was recorded."""
    exact = {"text_ids", "text_indexes", "position_ids", "vit_token_indexes", "vae_token_indexes", "ce_indexes"}
    exact |= {"label_ids", "mse_indexes"}
    inputs = {"noise", "timesteps_raw", "ce_weights"}  # given to the replay, not made by it
    for key, recorded in recording.tensors.items():
        part, _, name = key.partition(".")
        if part != "train" or name in inputs:
            continue
        if key not in ours:
            yield Check("train", name, float("inf"))
        elif name in exact or name.startswith("mask."):
            yield Check("train", name, exactly(torch.equal(ours[key].long(), recorded.long())))
        else:
            yield Check("train", name, relative_error(ours[key], recorded))
    yield from _compare_gradients(recording.cases["train"]["grad_norms"], ours)


def _compare_gradients(recorded: Mapping[str, float], ours: Mapping[str, Tensor]) -> Iterator[Check]:
    """Norms within 1e-3 of themselves, or 1e-5 of the largest where that is more."""
    largest = max(recorded.values())
    for name, norm in recorded.items():
        found = ours.get(f"train.grad_norm.{name}")
        apart = float("inf") if found is None else abs(float(found) - norm)
        allowed = max(norm, largest * SMALL_GRADIENT / GRADIENT_TOLERANCE)
        yield Check("train", f"gradient of {name}", apart / allowed, GRADIENT_TOLERANCE)
