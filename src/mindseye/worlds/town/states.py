"""What can become of a thing: broken or molten. Worked out of its drawing, so it goes with every noun."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

STATES: tuple[str, ...] = ("whole", "broken", "molten")


def in_state(icon: Image.Image, state: str) -> Image.Image:
    """The icon (RGBA, square) as it looks in that state."""
    return {"whole": lambda same: same, "broken": _broken, "molten": _molten}[state](icon)


def _broken(icon: Image.Image) -> Image.Image:
    """Four jagged pieces that lie apart on the floor."""
    side = icon.width
    cuts = (
        (((0, 0), (0.55, 0), (0.42, 0.28), (0.56, 0.5), (0, 0.46)), (0.0, 0.42), 28),
        (((0.55, 0), (1, 0), (1, 0.52), (0.56, 0.5), (0.42, 0.28)), (0.54, 0.36), -35),
        (((0, 0.46), (0.56, 0.5), (0.44, 0.74), (0.52, 1), (0, 1)), (0.1, 0.72), -24),
        (((0.56, 0.5), (1, 0.52), (1, 1), (0.52, 1), (0.44, 0.74)), (0.5, 0.7), 40),
    )
    broken = Image.new("RGBA", (side, side))
    for shape, (left, top), turn in cuts:
        mask = Image.new("L", (side, side))
        ImageDraw.Draw(mask).polygon([(x * side, y * side) for x, y in shape], 255)
        piece = Image.new("RGBA", (side, side))
        piece.paste(icon, (0, 0), mask)
        piece = piece.crop(piece.getbbox() or (0, 0, 1, 1)).rotate(turn, Image.Resampling.BICUBIC, expand=True)
        piece.thumbnail((round(side * 0.46),) * 2)
        broken.alpha_composite(piece, (max(0, round(left * side)), min(round(top * side), side - piece.height)))
    return broken


def _molten(icon: Image.Image) -> Image.Image:
    """A puddle of the icon's own colours."""
    side = icon.width
    pixels = np.asarray(icon, np.float32)
    alpha = pixels[..., 3:]
    colour = (pixels[..., :3] * alpha).sum((0, 1)) / max(float(alpha.sum()), 1.0)
    main = tuple(int(part) for part in colour)
    light = tuple(int(part + (255 - part) * 0.35) for part in colour)
    molten = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(molten)
    pen.ellipse((0.02 * side, 0.72 * side, 0.98 * side, 0.98 * side), main)
    pen.ellipse((0.2 * side, 0.62 * side, 0.62 * side, 0.86 * side), main)
    pen.ellipse((0.28 * side, 0.74 * side, 0.55 * side, 0.82 * side), light)
    return molten
