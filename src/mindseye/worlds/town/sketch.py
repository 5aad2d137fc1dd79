"""A square sheet to draw on in units of a hundredth of its side, smooth at every size."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

UNITS = 100
FINE = 4  # sheet px a unit while drawing

Point = tuple[float, float]
Colour = tuple[int, int, int]


class Sketch:
    """Shapes are filled and may have an outline; (0, 0) is the top left, (100, 100) the bottom right."""

    def __init__(self, ground: Colour | None = None) -> None:
        side = UNITS * FINE
        self.image = Image.new("RGBA", (side, side), (*ground, 255) if ground else (0, 0, 0, 0))
        self._pen = ImageDraw.Draw(self.image)

    def polygon(self, points: Sequence[Point], fill: Colour, outline: Colour | None = None, width: float = 1) -> None:
        """A filled polygon."""
        scaled = [_scaled(point) for point in points]
        self._pen.polygon(scaled, fill)
        if outline:
            self._pen.line([*scaled, scaled[0], scaled[1]], outline, round(width * FINE), joint="curve")

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        """A filled rectangle with round corners."""
        self._pen.rounded_rectangle((*_scaled((left, top)), *_scaled((right, bottom))), radius * FINE, fill)

    def ellipse(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        """A filled ellipse around its centre."""
        self._pen.ellipse((*_scaled((x - width, y - height)), *_scaled((x + width, y + height))), fill)

    def line(self, points: Sequence[Point], fill: Colour, width: float) -> None:
        """A line with round joints and ends."""
        scaled = [_scaled(point) for point in points]
        self._pen.line(scaled, fill, round(width * FINE), joint="curve")
        radius = width * FINE / 2
        for x, y in (scaled[0], scaled[-1]):
            self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill)

    def arc(self, x: float, y: float, width: float, height: float, span: tuple[float, float], fill: Colour) -> None:
        """A curved stroke of an ellipse from the first to the second angle (degrees, clockwise from the right)."""
        corners = (*_scaled((x - width, y - height)), *_scaled((x + width, y + height)))
        self._pen.arc(corners, *span, fill, round(1.8 * FINE))


def _scaled(point: Point) -> Point:
    return point[0] * FINE, point[1] * FINE
