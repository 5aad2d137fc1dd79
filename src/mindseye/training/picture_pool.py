"""Pictures of anything, without labels, as features of a tower: made once for a run."""
# M pictures, P places, F numbers of a feature, S side in px

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from ..errors import MindseyeError, SettingsError
from ..inputs.image_processors import SquareTransforms
from ..inputs.images import open_image
from ..networks.grafted import Grafted
from ..worlds.world import world_called

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
AT_ONCE = 16
SMALLEST_CROP = 0.5  # of the short side
SMALLEST_THING, LARGEST_THING = 0.55, 1.0  # of the side, where a cut-out is laid on a ground


def picture_files(places: Sequence[str], say: Callable[[str], None]) -> list[Path]:
    """Every picture in these folders and below; what is not there is said."""
    files: list[Path] = []
    for place in places:
        here = sorted(path for path in Path(place).expanduser().rglob("*") if path.suffix.lower() in SUFFIXES)
        if not here:
            say(f"{place} has no pictures (not installed?); going on without them")
        files += here
    return files


def varied(files: Iterable[Path], transforms: SquareTransforms, copies: int, seed: int) -> Iterable[PIL.Image.Image]:
    """Each picture `copies` times, cut and turned by chance; cut-outs lie on colours and other pictures.

    Files that cannot be read are left out.
    """
    dice = random.Random(seed)
    grounds: list[PIL.Image.Image] = []
    for file in files:
        try:
            with PIL.Image.open(file) as opened:
                image = opened.convert("RGBA")
            open_image(file)
        except (OSError, ValueError, MindseyeError):
            continue
        is_cut_out = np.asarray(image.getchannel("A")).min() < 255
        for _ in range(copies):
            made = _on_a_ground(image, grounds, transforms.side, dice) if is_cut_out else _cut(image, dice)
            yield made if dice.random() < 0.5 else made.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)
        if not is_cut_out and len(grounds) < 64:
            grounds.append(image.convert("RGB"))


def scenes(count: int, seed: int) -> Iterable[PIL.Image.Image]:
    """Pictures of the town: things that the tower may know, drawn."""
    world, rng = world_called("town"), np.random.default_rng(seed)
    for _ in range(count):
        yield PIL.Image.fromarray(world.render(world.sample_scene(rng, "train"), 128))


@torch.no_grad()
def features_of(pictures: Iterable[PIL.Image.Image], network: Grafted, transforms: SquareTransforms) -> Tensor:
    """(M, P, F) float16; SettingsError where there are no pictures."""
    found: list[Tensor] = []
    waiting: list[Tensor] = []

    def see() -> None:
        if waiting:
            found.append(network.see(torch.stack(waiting).to(network.device)).to("cpu", torch.float16))
            waiting.clear()

    for picture in pictures:
        waiting.append(transforms.pixels(picture))
        if len(waiting) == AT_ONCE:
            see()
    see()
    if not found:
        raise SettingsError("there are no pictures to learn from; name folders of pictures, or some num_scenes")
    return torch.cat(found)


def _cut(image: PIL.Image.Image, dice: random.Random) -> PIL.Image.Image:
    short = min(image.size)
    side = round(short * dice.uniform(SMALLEST_CROP, 1.0))
    left, top = dice.randint(0, image.width - side), dice.randint(0, image.height - side)
    return image.crop((left, top, left + side, top + side)).convert("RGB")


def _on_a_ground(
    image: PIL.Image.Image, grounds: Sequence[PIL.Image.Image], side: int, dice: random.Random
) -> PIL.Image.Image:
    box = image.getbbox() or (0, 0, *image.size)
    thing = image.crop(box)
    scale = side * dice.uniform(SMALLEST_THING, LARGEST_THING) / max(thing.size)
    thing = thing.resize((max(1, round(thing.width * scale)), max(1, round(thing.height * scale))))
    if grounds and dice.random() < 0.4:
        ground = _cut(dice.choice(grounds), dice).resize((side, side))
    else:
        colour = (255, 255, 255) if dice.random() < 0.5 else tuple(dice.randint(0, 255) for _ in range(3))
        ground = PIL.Image.new("RGB", (side, side), colour)
    ground.paste(thing, (dice.randint(0, side - thing.width), dice.randint(0, side - thing.height)), thing)
    return ground
