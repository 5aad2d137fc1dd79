"""Published LLaVA folders: the same scores as transformers' own class, under every way in which it names weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mindseye.checkpoints.load import load
from mindseye.errors import CheckpointError
from mindseye.generation.conversation import Conversation
from mindseye.generation.engine import Engine
from mindseye.generation.scheduler import EngineConfig
from mindseye.inputs.segments import ImageFrame, TextSegment, VitSegment
from mindseye.params import TextParams

transformers = pytest.importorskip("transformers")
IMAGE_TOKEN = 511
WIDTH, PATCH, SIDE = 32, 14, 56
DECODER = {
    "vocab_size": 512,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
EYES = {
    "hidden_size": WIDTH,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "image_size": SIDE,
    "patch_size": PATCH,
}
MADE = {
    "clip and llama": (transformers.CLIPVisionConfig(**EYES), transformers.LlamaConfig(**DECODER), "default"),
    "siglip and qwen2": (transformers.SiglipVisionConfig(**EYES), transformers.Qwen2Config(**DECODER), "full"),
}
OLD_NAMES = {"vision_tower.": "vision_tower.vision_model."}
MIDDLE_NAMES = {
    "vision_tower.": "model.vision_tower.vision_model.",
    "multi_modal_projector.": "model.multi_modal_projector.",
    "language_model.model.": "model.language_model.",
    "language_model.lm_head.": "lm_head.",
}


def lively(model: torch.nn.Module) -> torch.nn.Module:
    """Random weights large enough that a mistake would show."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
        parameter.data.normal_(centre, 0.15, generator=generator)
    return model.eval()


@pytest.fixture(scope="module", params=MADE)
def theirs_and_folder(request, tmp_path_factory, golden):
    vision, text, strategy = MADE[request.param]
    config = transformers.LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=IMAGE_TOKEN,
        vision_feature_select_strategy=strategy,
        vision_feature_layer=-2,
    )
    theirs = lively(transformers.LlavaForConditionalGeneration(config))
    folder = tmp_path_factory.mktemp("llava")
    theirs.save_pretrained(folder)
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(golden / "checkpoint" / name, folder)
    rules = {
        "do_center_crop": True,
        "crop_size": {"height": SIDE, "width": SIDE},
        "size": {"shortest_edge": SIDE},
        "resample": 3,
        "image_mean": [0.48, 0.46, 0.41],
        "image_std": [0.27, 0.26, 0.28],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(rules))
    return theirs, folder


def our_scores(folder: Path, segments: list, most: int) -> tuple[list[int], torch.Tensor]:
    """What is read before the answer beside the segments, and (most, V) scores of each written token."""
    loaded = load(folder, dtype="float32")
    seen: list[torch.Tensor] = []

    def story():
        conversation = Conversation(loaded)
        conversation.views.add(segments)
        params = TextParams(max_tokens=most)
        yield from conversation.write(params, torch.Generator(), watch=lambda s: seen.append(s.scores.clone()))
        return "end"

    [job] = Engine(loaded.network, None, EngineConfig(max_chunk=16)).run([story()])
    job.result()
    return list(loaded.prompt_format.opening), torch.stack(seen)


@pytest.mark.parametrize("names", [{}, OLD_NAMES, MIDDLE_NAMES], ids=["names of today", "of LLaVA 1.5", "in between"])
def test_scores_are_those_of_transformers(theirs_and_folder, tmp_path: Path, names: dict[str, str]) -> None:
    theirs, folder = theirs_and_folder
    folder = renamed(folder, tmp_path / "renamed", names)
    pixels = torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    before, after, num_image = [5, 9, 200, 31], [7, 8, 300], (SIDE // PATCH) ** 2
    image = VitSegment(pixels, num_image, ImageFrame(is_causal=True), b"an image")
    opening, ours = our_scores(folder, [TextSegment(tuple(before)), image, TextSegment(tuple(after))], 6)
    written = ours.argmax(-1).tolist()
    ids = torch.tensor([[*before, *[IMAGE_TOKEN] * num_image, *after, *opening, *written]])
    with torch.inference_mode():
        expected = theirs(input_ids=ids, pixel_values=pixels[None]).logits[0, -len(ours) - 1 : -1]
    assert (ours - expected).abs().max() < 1e-4
    assert expected.std() > 0.1  # no flat scores, which anything would match


def renamed(folder: Path, to: Path, names: dict[str, str]) -> Path:
    """A copy whose weights bear other names."""
    shutil.copytree(folder, to)
    tensors = load_file(to / "model.safetensors")

    def rename(name: str) -> str:
        old = next((prefix for prefix in names if name.startswith(prefix)), None)
        return name if old is None else names[old] + name.removeprefix(old)

    save_file({rename(name): tensor for name, tensor in tensors.items()}, to / "model.safetensors")
    return to


def test_images_of_another_size_are_refused(theirs_and_folder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(theirs_and_folder[1], tmp_path / "wrong"))
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "crop_size": 224}))
    with pytest.raises(CheckpointError, match="224 px, but the vision tower wants 56"):
        load(folder)
