"""Files and folders that somebody who wishes us ill would hand over, each made in a folder of the test."""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from safetensors.torch import load_file, save_file

DEEP = '{"a":' * 200_000
LAYER = "language_model.model.layers.1.mlp.up_proj.weight"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width: int, height: int, *more: bytes) -> bytes:
    """A PNG of that size whose header is right and whose data is a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(b"\0" * 100)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def encoded(kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 60).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def holes(path: Path, size: int) -> None:
    """A file of that size that takes no place on the disk."""
    with path.open("wb") as file:
        file.truncate(size)


def make_pictures(folder: Path) -> None:
    png, jpeg, gif = (encoded(kind) for kind in ("PNG", "JPEG", "GIF"))
    (folder / "good.png").write_bytes(png)
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("no picture at all")
    (folder / "half.png").write_bytes(png[: len(png) // 2])
    (folder / "half.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (folder / "half.gif").write_bytes(gif[: len(gif) // 2])
    (folder / "turned.png").write_bytes(png[:60] + bytes(b ^ 255 for b in png[60:]))
    (folder / "bomb.png").write_bytes(png_of_size(50_000, 50_000))
    (folder / "no-data.png").write_bytes(png_of_size(4000, 4000))
    (folder / "flat.png").write_bytes(png_of_size(0, 10))
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "talk.png").write_bytes(
        png_of_size(64, 64, chunk(b"zTXt", b"mindseye\0\0" + zlib.compress(b"x" * 10**8)))
    )
    (folder / "folder.png").mkdir()
    (folder / "loop.png").symlink_to("loop.png")
    os.mkfifo(folder / "pipe.png")
    holes(folder / "large.png", 10**12)
    told = PngInfo()
    told.add_text("mindseye", "[" * 200_000)
    Image.new("RGB", (64, 64)).save(folder / "deep.png", pnginfo=told)


def make_recipes(folder: Path) -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 12)]
    (folder / "bomb.yaml").write_text("\n".join([*bomb, "run_folder: *a11", "data: {phases: [{mix: {draw: 1}}]}"]))
    (folder / "seed.yaml").write_text("\n".join(["data: {phases: [{mix: {draw: 1}}]}", "seed: &a [*a]"]))
    (folder / "deep.yaml").write_text("[" * 50_000)
    (folder / "none.yaml").write_text("a: [b")
    (folder / "good.yaml").write_text(f"run_folder: {folder / 'run'}\ndata: {{phases: [{{mix: {{draw: 1}}}}]}}\n")
    os.mkfifo(folder / "pipe.yaml")
    holes(folder / "large.yaml", 10**9)


def say(**values: object) -> Callable[[Path], None]:
    """Change keys of a JSON file."""

    def change(path: Path) -> None:
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return change


def text(said: str) -> Callable[[Path], None]:
    return lambda path: (path.unlink(missing_ok=True), path.write_text(said))[0]  # type: ignore[func-returns-value]


def gone(path: Path) -> None:
    path.unlink()


def large(path: Path) -> None:
    path.unlink(missing_ok=True)
    holes(path, 10**9)


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    """Rewrite the tensors of a file."""

    def rewrite(path: Path) -> None:
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path)

    return rewrite


def header(said: str, length: int | None = None) -> Callable[[Path], None]:
    """A file of weights with that header."""

    def write(path: Path) -> None:
        data = said.encode()
        path.write_bytes(struct.pack("<Q", len(data) if length is None else length) + data)

    return write


def half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


EMA, AE, LLM, VIT = "ema.safetensors", "ae.safetensors", "llm_config.json", "vit_config.json"
TOKENS = "tokenizer_config.json"
MODELS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "config of a gigabyte": ("config.json", large, "1,000 MB"),
    "config that is a pipe": ("config.json", pipe, "device or a pipe"),
    "eps that is no number": (LLM, say(rms_norm_eps=float("nan")), "rms_norm_eps nan"),
    "negative theta": (LLM, say(rope_theta=-1.0), "rope_theta -1"),
    "negative heads": (VIT, say(num_attention_heads=-2), "num_attention_heads -2"),
    "no heads that divide": (VIT, say(num_attention_heads=3), "do not divide"),
    "no channels": (VIT, say(num_channels=0), "wrong kind"),
    "endless positions": (LLM, say(max_position_embeddings=float("inf")), "wrong kind"),
    "layers that are not there": (LLM, say(num_hidden_layers=9), "half a download"),
    "another activation": (LLM, say(hidden_act="gelu"), "not built"),
    "no tokenizer config": (TOKENS, gone, "nothing of the special tokens"),
    "empty tokenizer config": (TOKENS, text("{}"), "nothing of the special tokens"),
    "deep tokenizer config": (TOKENS, text(DEEP), "nested too deep"),
    "token ids that are words": (TOKENS, text('{"added_tokens_decoder": {"x": {"content": "y"}}}'), "tokenizer"),
    "token entries that are numbers": (TOKENS, text('{"added_tokens_decoder": {"1": 2}}'), "tokenizer"),
    "vocabulary of a gigabyte": ("vocab.json", large, "1,000 MB"),
    "vocabulary of another shape": ("vocab.json", text("[1, 2]"), "expected a JSON object"),
    "vocabulary of texts": ("vocab.json", text('{"a": "b"}'), "tokenizer"),
    "merges of a gigabyte": ("merges.txt", large, "1,000 MB"),
    "merges of single words": ("merges.txt", text("a\nb\n"), "tokenizer"),
    "deep presets": ("mindseye.json", text(DEEP), "nested too deep"),
    "presets of another shape": ("mindseye.json", text('{"text": {"temperature": []}}'), "temperature"),
    "presets that are a list": ("mindseye.json", text("[]"), "expected an object"),
    "a stride of nothing": ("preprocessor_config.json", text('{"vae_image": {"stride": 0}}'), "stride is 0"),
    "deep limits": ("preprocessor_config.json", text(DEEP), "nested too deep"),
    "weights that are NaN": (EMA, weights(lambda t: t[LAYER].view(-1)[3].fill_(float("nan"))), LAYER),
    "weights that are infinite": (EMA, weights(lambda t: t[LAYER].fill_(float("inf"))), LAYER),
    "half the weights": (EMA, half, "half a download"),
    "empty weights": (EMA, text(""), "ends before its header"),
    "a pointer": (EMA, text("version https://git-lfs.github.com/spec/v1\n"), "git-lfs"),
    "a header without end": (EMA, header("{}", 2**60), "ends before its header"),
    "a deep header": (EMA, header(DEEP), "nested too deep"),
    "a header of texts": (EMA, header('{"a": "b"}'), "damaged"),
    "endless shapes": (EMA, header('{"a": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 4]}}'), "damaged"),
    "negative shapes": (EMA, header('{"a": {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}'), "below 0"),
    "a tensor less": (EMA, weights(lambda t: t.pop(LAYER)), "lack"),
    "a tensor more": (EMA, weights(lambda t: t.update(more=torch.zeros(1))), "no place for: more"),
    "a tensor of another shape": (EMA, weights(lambda t: t.update({LAYER: torch.zeros(2, 2)})), "expected [128, 64]"),
    "weights that are a pipe": (EMA, pipe, "no regular file"),
    "weights that are a folder": (EMA, a_folder, "no regular file"),
    "no weights": (EMA, gone, "no weights"),
}
"""Kind -> the file of a good model that is changed, how, and what must be said of it."""
