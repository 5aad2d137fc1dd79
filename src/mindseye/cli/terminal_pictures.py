"""Pictures inside a terminal: by the protocols of kitty, iTerm2 and sixel, or as coloured half blocks anywhere."""

from __future__ import annotations

import base64
import io
import os
import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH = 64  # columns at most
SIXEL_SIDE = 256  # px, to which a small picture is enlarged; a sixel is a pixel of the screen
KITTY_CHUNK = 4096  # letters of one piece of a picture
SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft", "sixel")


def how_to_show(environment: Mapping[str, str] = os.environ) -> str:
    """The best way that this terminal is known to have: kitty, iterm2, sixel or blocks.

    It is told by the environment: a question to the terminal would swallow what is typed meanwhile.
    """
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("screen", "tmux")):
        return "blocks"  # they let no pictures through
    if "KITTY_WINDOW_ID" in environment or "kitty" in term or "ghostty" in (term + program).lower():
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "mintty") or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    if any(name in term for name in SIXEL_TERMS):
        return "sixel"
    return "blocks"


def drawn(image: Image, how: str) -> str:
    """The picture as text for a terminal, its last line ended."""
    return WAYS[how](image.convert("RGB"))


def as_kitty(image: Image) -> str:
    """Kitty's graphics protocol: a PNG in pieces."""
    data = base64.b64encode(_png(image)).decode()
    pieces = [data[start : start + KITTY_CHUNK] for start in range(0, len(data), KITTY_CHUNK)]
    said = []
    for number, piece in enumerate(pieces):
        keys = f"a=T,f=100,q=2,c={_columns(image) // 2}," if number == 0 else ""
        said.append(f"\x1b_G{keys}m={int(number + 1 < len(pieces))};{piece}\x1b\\")
    return "".join(said) + "\n"


def as_iterm2(image: Image) -> str:
    """iTerm2's inline images: a whole PNG."""
    data = _png(image)
    keys = f"inline=1;width={_columns(image) // 2};preserveAspectRatio=1;size={len(data)}"
    return f"\x1b]1337;File={keys}:{base64.b64encode(data).decode()}\x07\n"


def as_sixel(image: Image) -> str:
    """Sixels: bands of six rows, a run of letters for each colour in a band."""
    from PIL.Image import Resampling

    factor = max(1, SIXEL_SIDE // max(image.size))
    image = image.resize((image.width * factor, image.height * factor), Resampling.NEAREST)
    image.thumbnail((1024, 1024))
    flat = image.quantize(256)
    colours = (flat.getpalette() or [])[: 3 * 256]
    said = [f'\x1bPq"1;1;{flat.width};{flat.height}']
    for number in range(len(colours) // 3):
        red, green, blue = (round(part * 100 / 255) for part in colours[3 * number : 3 * number + 3])
        said.append(f"#{number};2;{red};{green};{blue}")
    rows = [list(flat.crop((0, y, flat.width, y + 1)).tobytes()) for y in range(flat.height)]
    for top in range(0, flat.height, 6):
        band = rows[top : top + 6]
        lines = [f"#{colour}{_runs(band, colour)}" for colour in sorted(set().union(*band))]
        said.append("$".join(lines) + "-")
    return "".join(said) + "\x1b\\\n"


def _runs(band: list[list[int]], colour: int) -> str:
    letters = [chr(63 + sum((row[x] == colour) << bit for bit, row in enumerate(band))) for x in range(len(band[0]))]
    said, start = [], 0
    for x in range(1, len(letters) + 1):
        if x == len(letters) or letters[x] != letters[start]:
            said.append(f"!{x - start}{letters[start]}" if x - start > 3 else letters[start] * (x - start))
            start = x
    return "".join(said)


def as_blocks(image: Image) -> str:
    """Half blocks: a letter shows two pixels, the upper in its own colour, the lower in that behind it."""
    from PIL.Image import Resampling

    columns = _columns(image)
    lines = max(1, round(columns * image.height / image.width / 2))
    small = image.resize((columns, 2 * lines), Resampling.BOX if columns < image.width else Resampling.NEAREST)
    data = small.tobytes()
    pixel = [tuple(data[i : i + 3]) for i in range(0, len(data), 3)]
    said = []
    for y in range(0, 2 * lines, 2):
        upper, lower = pixel[y * columns : (y + 1) * columns], pixel[(y + 1) * columns : (y + 2) * columns]
        said.append("".join(f"\x1b[38;{_colour(a)};48;{_colour(b)}m\u2580" for a, b in zip(upper, lower)) + "\x1b[0m\n")
    return "".join(said)


def _colour(pixel: tuple[int, ...]) -> str:
    """A colour in full, or the nearest of 216 where the terminal does not say that it knows more."""
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "2;{};{};{}".format(*pixel)
    red, green, blue = (round(part / 255 * 5) for part in pixel)
    return f"5;{16 + 36 * red + 6 * green + blue}"


def _columns(image: Image) -> int:
    return max(2, min(WIDTH, shutil.get_terminal_size((80, 24)).columns - 1, max(image.width, 16)))


def _png(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


WAYS: dict[str, Callable[[Image], str]] = {
    "kitty": as_kitty,
    "iterm2": as_iterm2,
    "sixel": as_sixel,
    "blocks": as_blocks,
}
