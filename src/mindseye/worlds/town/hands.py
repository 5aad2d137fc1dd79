"""A drawing as another hand might have drawn it, so that a name is learnt for a thing and not for three drawings of it.

A style that was never taught differs from those that were in which way things face, in proportions, in colours, in
outlines and in how much is shaded; all of that can be varied without another set of drawings.
"""
# S side of a drawing in px

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

NUM_HANDS = 1_000
_MARGIN = 0.12  # of a side, so that a turned drawing loses no corner
_GRID = 4  # points a side of the grid that is bent
_BEND = 0.035  # of a side that a point of it may wander


def by_hand(icon: Image.Image, hand: int) -> Image.Image:
    """The (S, S) RGBA drawing as number `hand` (1 to 1,000) would draw it; always the same for the same number."""
    rng = np.random.default_rng(hand)
    side = icon.width
    drawn = ImageOps.mirror(icon) if rng.random() < 0.5 else icon
    drawn = ImageOps.expand(drawn, round(side * _MARGIN), (0, 0, 0, 0))
    drawn = drawn.rotate(float(rng.normal(0, 8)), Image.Resampling.BICUBIC)
    drawn = _bent(drawn, rng)
    drawn = _coloured(drawn, rng)
    if rng.random() < 0.5:
        drawn = _outlined(drawn, rng)
    drawn = drawn.crop(drawn.getbbox() or (0, 0, side, side))
    return _fitted(drawn, side, float(np.exp(rng.normal(0, 0.1))))


def _bent(icon: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The drawing on a sheet of rubber that is pulled here and there."""
    side = icon.width
    at = np.linspace(0, side, _GRID + 1)
    pulled = rng.normal(0, _BEND * side, (_GRID + 1, _GRID + 1, 2))
    patches = []
    for row in range(_GRID):
        for column in range(_GRID):
            corners = ((row, column), (row + 1, column), (row + 1, column + 1), (row, column + 1))
            source = [float(part) for r, c in corners for part in (at[c] + pulled[r, c, 0], at[r] + pulled[r, c, 1])]
            box = tuple(round(float(edge)) for edge in (at[column], at[row], at[column + 1], at[row + 1]))
            patches.append((box, source))
    return (
        icon.convert("RGBa")
        .transform(icon.size, Image.Transform.MESH, patches, Image.Resampling.BILINEAR)
        .convert("RGBA")
    )


def _coloured(icon: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Other shades: hue, strength and light of all colours moved, sometimes few of them left."""
    alpha = icon.getchannel("A")
    colours = icon.convert("RGB")
    if rng.random() < 0.3:
        colours = ImageOps.posterize(colours, 2 if rng.random() < 0.3 else 3)
    hsv = np.asarray(colours.convert("HSV")).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.normal(0, 10)) % 256
    hsv[..., 1] *= float(np.exp(rng.normal(0, 0.35)))
    hsv[..., 2] = 255 * (hsv[..., 2] / 255) ** float(np.exp(rng.normal(0, 0.3)))
    painted = Image.fromarray(np.clip(hsv, 0, 255).astype(np.uint8), "HSV").convert("RGB")
    painted.putalpha(alpha)
    return painted


def _outlined(icon: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A dark line around it; or lines wherever colours meet, as with a pen, and what they enclose paler."""
    ink = Image.new("RGBA", icon.size, (*(int(rng.random() * 70) for _ in range(3)), 255))
    wide = 3 if rng.random() < 0.6 else 5
    ink.putalpha(icon.getchannel("A").filter(ImageFilter.MaxFilter(wide)))
    if rng.random() < 0.5:
        return Image.alpha_composite(ink, icon)
    pale = Image.blend(icon, Image.new("RGBA", icon.size, (255, 255, 255, 0)), float(rng.uniform(0, 0.9)))
    pale.putalpha(icon.getchannel("A"))
    pen = ink.copy()
    pen.putalpha(ImageChops.darker(_lines(icon), icon.getchannel("A")))
    return Image.alpha_composite(Image.alpha_composite(ink, pale), pen)


def _lines(icon: Image.Image) -> Image.Image:
    """(S, S) L: white where colours meet."""
    on_white = Image.alpha_composite(Image.new("RGBA", icon.size, "white"), icon).convert("RGB")
    steps = [band.filter(ImageFilter.FIND_EDGES) for band in on_white.filter(ImageFilter.GaussianBlur(0.7)).split()]
    most = ImageChops.lighter(ImageChops.lighter(steps[0], steps[1]), steps[2])
    return most.point(lambda level: min(255, max(0, (level - 40) * 6)))


def _fitted(icon: Image.Image, side: int, stretch: float) -> Image.Image:
    """Stretched, then as large as the square allows, in its middle."""
    width, height = icon.width * stretch, icon.height / stretch
    scale = side / max(width, height)
    small = icon.resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BICUBIC)
    square = Image.new("RGBA", (side, side))
    square.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return square
