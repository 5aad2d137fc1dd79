"""Any picture becomes upright RGB, is resized as the reference does, and what is no picture is refused."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from mindseye.errors import CheckpointError, InputError
from mindseye.inputs.images import (
    ImageLimits,
    ImageTransforms,
    from_pixels,
    open_image,
    resize_to_limits,
    to_pixels,
)

TINY = Path(__file__).parents[1] / "golden" / "tiny"
RECORDED = json.loads((TINY / "cases.json").read_text(encoding="utf-8"))


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.golden
@pytest.mark.parametrize("row", RECORDED["cases"]["resize"]["rows"], ids=lambda row: str(row["size"]))
def test_recorded_sizes(row: dict) -> None:
    transforms = ImageTransforms()
    assert list(transforms.vae.size_for(*row["size"])) == row["vae_1024_512_16"]
    assert list(transforms.vit.size_for(*row["size"])) == row["vit_980_224_14"]


@pytest.mark.golden
@pytest.mark.parametrize("name", ["vae.0", "vae.1", "vae.2", "vae.rgba", "vit.0", "vit.1", "vit.2"])
def test_recorded_pixels(name: str) -> None:
    eye, number = name.split(".")
    limits = ImageLimits(**RECORDED["transforms"][eye])
    with safe_open(TINY / "expected.safetensors", "pt") as file:
        expected = file.get_tensor(f"pixels.{name}")
    image = resize_to_limits(open_image(TINY / f"image_{number}.png"), limits)
    assert torch.equal(to_pixels(image), expected)


def test_sizes_hold_their_limits_whatever_comes() -> None:
    for limits in (ImageTransforms().vae, ImageTransforms().vit):
        for size in [(1, 1), (1, 100_000), (100_000, 1), (14_000, 14_000), (979, 981), (512, 1024)]:
            width, height = limits.size_for(*size)
            assert width % limits.stride == height % limits.stride == 0
            assert 0 < width * height <= limits.max_pixels and max(width, height) <= limits.max_size


def test_pixel_cap_comes_before_the_long_side() -> None:
    limits = ImageLimits(max_size=400, min_size=40, stride=10, max_pixels=10_000)
    assert limits.size_for(200, 100) == (100, 50)  # by the ratio of areas, as the reference


@pytest.mark.parametrize(
    "wrong", [{"max_size": 0}, {"stride": -1}, {"min_size": 2000}, {"max_size": 1.5}, {"stride": True}]
)
def test_impossible_limits(wrong: dict) -> None:
    with pytest.raises(InputError, match="image limit"):
        ImageLimits(**{"max_size": 1024, "min_size": 512, "stride": 16, **wrong})


def test_transforms_from_folder(tmp_path: Path) -> None:
    assert ImageTransforms.from_folder(tmp_path) == ImageTransforms()
    path = tmp_path / "preprocessor_config.json"
    path.write_text('{"image_processor_type": "SiglipImageProcessor", "vit_image": {"max_size": 490}}')
    assert ImageTransforms.from_folder(tmp_path) == ImageTransforms(vit=ImageLimits(490, 224, 14))
    path.write_text(json.dumps(ImageTransforms(vae=ImageLimits(128, 48, 16)).to_json()))
    assert ImageTransforms.from_folder(tmp_path).vae == ImageLimits(128, 48, 16)
    for text, said in [
        ('{"vit_image": {"max_siz": 490}}', 'did you mean "max_size"'),
        ('{"vit_image": {"max_size": 0}}', "whole number"),
        ('{"vae_image": 3}', "expected an object"),
        ("[]", "JSON object"),
        ("{", "not JSON"),
    ]:
        path.write_text(text)
        with pytest.raises(CheckpointError, match=said):
            ImageTransforms.from_folder(tmp_path)


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    for data in (
        encoded(clear),
        encoded(clear, "WEBP", lossless=True),
        encoded(Image.new("LA", (4, 4), (0, 0))),
        encoded(palette, transparency=0),
        encoded(Image.new("RGB", (4, 4), (9, 9, 9)), transparency=(9, 9, 9)),
        encoded(palette, "GIF", transparency=0),
    ):
        image = open_image(data)
        assert image.mode == "RGB" and image.getpixel((1, 1)) == (255, 255, 255)


def test_other_kinds_of_picture(tmp_path: Path) -> None:
    deep = Image.fromarray(np.full((4, 4), 32896, np.uint16))
    assert open_image(encoded(deep)).getpixel((0, 0)) == (128, 128, 128)
    assert open_image(encoded(deep, "TIFF")).getpixel((0, 0)) == (128, 128, 128)
    assert open_image(Image.fromarray(np.full((4, 4), 0.5, np.float32))).getpixel((0, 0)) == (128, 128, 128)
    assert open_image(encoded(Image.new("CMYK", (4, 4)), "JPEG")).getpixel((0, 0)) == (255, 255, 255)
    assert open_image(Image.new("1", (4, 4), 1)).getpixel((0, 0)) == (255, 255, 255)
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    path = tmp_path / "moving.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert open_image(str(path)).getpixel((0, 0)) == (255, 0, 0)


def test_orientation_is_applied_and_the_source_untouched() -> None:
    image = Image.new("RGB", (6, 3), "white")
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    assert open_image(encoded(image, "JPEG", exif=exif)).size == (3, 6)
    mine = Image.new("RGBA", (6, 3))
    open_image(mine)
    assert mine.mode == "RGBA"


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_bomb_is_refused_by_its_header_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=r"20000 x 20000 = 400 megapixels; at most 200"):
            open_image(png_header(20_000, 20_000))
    assert Image.MAX_IMAGE_PIXELS is not None


def test_what_is_no_picture(tmp_path: Path) -> None:
    whole = encoded(Image.effect_noise((64, 64), 50))
    photo = encoded(Image.effect_noise((64, 64), 50), "JPEG")
    (tmp_path / "panda.png").write_bytes(whole)
    for source, said in [
        (b"", "empty"),
        (b"hello, I am a text", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (whole[: len(whole) // 2], "damaged or cut short"),
        (photo[: len(photo) // 2], "damaged or cut short"),
        (whole[:20], "not an image|damaged"),
        (tmp_path / "pand.png", 'does not exist .did you mean "panda.png"'),
        (tmp_path / "nowhere" / "x.png", "does not exist"),
        (tmp_path, "is a folder"),
        ("a\0b.png", "cannot be read"),
        ("https://example.org/a.png", "download it first"),
        (Image.new("RGB", (0, 4)), "nothing to see"),
    ]:
        with pytest.raises(InputError, match=said):
            open_image(source)


def test_pixels_back_to_image() -> None:
    image = Image.effect_noise((8, 6), 80).convert("RGB")
    again = np.asarray(from_pixels(to_pixels(image))).astype(int)
    assert np.abs(again - np.asarray(image)).max() <= 1  # the reference cuts fractions
    beyond = from_pixels(torch.tensor([-3.0, 0.0, 3.0]).view(3, 1, 1))
    assert beyond.getpixel((0, 0)) == (0, 127, 255)
