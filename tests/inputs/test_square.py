"""Images for towers of one size, by the rules that transformers writes down."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest
import torch

from mindseye.errors import CheckpointError
from mindseye.inputs.image_processors import SquareTransforms

CLIP = {
    "size": {"shortest_edge": 40},
    "crop_size": {"height": 32, "width": 32},
    "do_center_crop": True,
    "resample": 3,
    "image_mean": [0.5, 0.25, 0.0],
    "image_std": [0.5, 0.25, 1.0],
}


def striped(width: int, height: int) -> PIL.Image.Image:
    """Red on the left half, green on the right."""
    image = PIL.Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 255, 0), (width // 2, 0, width, height))
    return image


def test_the_middle_is_cut_out_and_scaled() -> None:
    transforms = SquareTransforms.from_json(CLIP)
    pixels = transforms.pixels(striped(120, 60))
    assert pixels.shape == (3, 32, 32)
    assert pixels[:, 16, 2].tolist() == pytest.approx([1.0, -1.0, 0.0], abs=1e-4)  # red
    assert pixels[:, 16, 29].tolist() == pytest.approx([-1.0, 3.0, 0.0], abs=1e-4)  # green
    assert torch.equal(pixels[0, :, 4] > 0, torch.ones(32, dtype=torch.bool))


def test_the_square_comes_back_out_of_its_numbers() -> None:
    transforms = SquareTransforms.from_json(CLIP)
    image = PIL.Image.effect_noise((90, 67), 90).convert("RGB")
    assert transforms.picture(transforms.pixels(image)).tobytes() == transforms.square(image).tobytes()


def test_without_a_cut_both_sides_are_resized() -> None:
    rules = {"size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    tall = PIL.Image.new("RGB", (20, 80), "red")
    tall.paste((0, 0, 255), (0, 40, 20, 80))
    square = SquareTransforms.from_json(rules).square(tall)
    assert square.size == (32, 32)
    assert square.getpixel((16, 2)) == (255, 0, 0) and square.getpixel((16, 29)) == (0, 0, 255)


@pytest.mark.parametrize(
    "transforms", [SquareTransforms(32), SquareTransforms(32, 40, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), 2)]
)
def test_what_is_written_is_read_back(transforms: SquareTransforms) -> None:
    assert SquareTransforms.from_json(transforms.to_json()) == transforms


def test_it_is_what_transformers_makes_of_an_image() -> None:
    processing = pytest.importorskip("transformers.models.clip.image_processing_pil_clip")
    theirs = processing.CLIPImageProcessorPil(**{**CLIP, "do_convert_rgb": True})
    image = PIL.Image.effect_noise((90, 67), 90).convert("RGB")
    expected = torch.from_numpy(theirs(image, return_tensors="np")["pixel_values"][0])
    assert (SquareTransforms.from_json(CLIP).pixels(image) - expected).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"do_normalize": False}, "do_normalize is false"),
        ({"do_pad": True}, "do_pad is true"),
        ({"rescale_factor": 1.0}, "rescale_factor is 1.0"),
        ({"crop_size": {"height": 32, "width": 16}}, "no square"),
        ({"image_mean": None}, "wrong kind"),
    ],
)
def test_other_rules_are_refused(tmp_path: Path, change: dict, said: str) -> None:
    import json

    (tmp_path / "preprocessor_config.json").write_text(json.dumps({**CLIP, **change}))
    with pytest.raises(CheckpointError, match=said):
        SquareTransforms.from_folder(tmp_path)
