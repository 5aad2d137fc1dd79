"""A picture in a terminal is that picture, in every way that terminals know."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mindseye.cli.terminal_pictures import WAYS, drawn, how_to_show


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """Eight colours in a pattern without symmetry."""
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 255, 255]], np.uint8)
    numbers = np.random.default_rng(0).integers(0, len(colours), (24, 40))
    return Image.fromarray(colours[numbers])


@pytest.mark.parametrize(
    ("environment", "how"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, "blocks"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, "blocks"),
        ({}, "blocks"),
    ],
)
def test_the_way_follows_the_terminal(environment, how):
    assert how_to_show(environment) == how


def test_kitty_gets_the_png_in_pieces():
    noise = Image.effect_noise((128, 128), 80).convert("RGB")
    said = drawn(noise, "kitty")
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", said)
    assert len(pieces) > 1 and "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in pieces) + "\n" == said
    assert [keys[-3:] for keys, _ in pieces] == ["m=1"] * (len(pieces) - 1) + ["m=0"]
    assert all(len(data) <= 4096 for _, data in pieces)
    found = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in pieces))))
    assert found.tobytes() == noise.tobytes()


def test_iterm2_gets_the_png(picture):
    keys, data = re.fullmatch(r"\x1b\]1337;File=([^:]*):(.*)\x07\n", drawn(picture, "iterm2")).groups()
    png = base64.b64decode(data)
    assert f"size={len(png)}" in keys and "inline=1" in keys
    assert Image.open(io.BytesIO(png)).tobytes() == picture.tobytes()


def read_sixels(said: str) -> np.ndarray:
    """(H, W, 3) uint8, by the rules of the format."""
    body = re.fullmatch(r"\x1bPq(.*)\x1b\\\n", said, re.DOTALL).group(1)
    width, height = (int(n) for n in re.match(r'"1;1;(\d+);(\d+)', body).groups())
    palette, pixels, x, top, colour = {}, np.zeros((height + 6, width, 3), np.uint8), 0, 0, 0
    for token in re.findall(r"#\d+;2;\d+;\d+;\d+|#\d+|!\d+[?-~]|[?-~]|\$|-", body[body.index("#") :]):
        if ";" in token:
            number, _, *levels = (int(n) for n in token[1:].split(";"))
            palette[number] = [round(level * 255 / 100) for level in levels]
        elif token[0] == "#":
            colour = int(token[1:])
        elif token in "$-":
            x, top = 0, top + 6 * (token == "-")
        else:
            count = int(token[1:-1]) if token[0] == "!" else 1
            for bit in range(6):
                if (ord(token[-1]) - 63) >> bit & 1:
                    pixels[top + bit, x : x + count] = palette[colour]
            x += count
    return pixels[:height]


def test_sixels_are_the_enlarged_picture(picture):
    found = read_sixels(drawn(picture, "sixel"))
    expected = np.asarray(picture).repeat(6, axis=0).repeat(6, axis=1)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 2


def test_half_blocks_show_two_pixels_a_letter(picture, monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLUMNS", "200")
    rows = []
    for line in drawn(picture, "blocks").splitlines():
        cells = re.findall(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m▀", line)
        values = np.array(cells, np.uint8)
        rows += [values[:, :3], values[:, 3:]]
    assert (np.stack(rows) == np.asarray(picture)).all()


def test_old_terminals_get_their_own_colours(picture, monkeypatch):
    monkeypatch.setenv("COLORTERM", "")
    said = drawn(Image.new("RGB", (4, 4), (255, 0, 0)), "blocks")
    assert set(re.findall(r"[34]8;5;(\d+)", said)) == {"196"}


@pytest.mark.parametrize("how", list(WAYS))
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (500, 2), (1025, 700)])
def test_odd_sizes_are_shown(how, size):
    assert len(drawn(Image.new("RGB", size, "blue"), how)) > 10
