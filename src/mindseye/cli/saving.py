"""What becomes of a finished picture: a file or standard output, a larger copy, a look at it in the terminal."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..whole_files import give_back
from .inputs import PIPE

if TYPE_CHECKING:
    import PIL.Image

    from ..events import ImageDone
    from ..generation.policies import WhenToDraw
    from ..generation.turns import Request
    from ..messages import Image
    from ..model import Model

MOST_SCALE = 32
MOST_PIXELS = 16_384  # a side of a larger copy
WAYS_TO_SHOW = ("kitty", "iterm2", "sixel", "blocks")


def add_outlet_options(parser: argparse._ActionsContainer) -> None:
    """--show, --show-as and --scale."""
    parser.add_argument("--show", action="store_true", help="show the picture in the terminal")
    parser.add_argument("--show-as", choices=WAYS_TO_SHOW, help="the same, in a way that you choose")
    parser.add_argument(
        "--scale", type=int, default=1, metavar="N", help=f"save a copy N times as large too (2 to {MOST_SCALE})"
    )


@dataclass(frozen=True)
class Outlet:
    """Where pictures go besides their files, and what they tell of their making."""

    scale: int = 1
    show_as: str | None = None
    is_stdout_taken: bool = False
    """Whether standard output belongs to JSON or to a picture."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Told by every picture, besides its request."""

    @staticmethod
    def of(args: argparse.Namespace) -> Outlet:
        """As the options say; InputError for a scale out of range."""
        from .terminal_pictures import how_to_show

        if not 1 <= args.scale <= MOST_SCALE:
            raise InputError(f"--scale is {args.scale}; expected 2 to {MOST_SCALE}, or 1 for no copy")
        show_as = args.show_as or (how_to_show() if args.show else None)
        return Outlet(args.scale, show_as, args.json or str(args.output) == PIPE)

    def telling(self, facts: dict[str, Any]) -> Outlet:
        """The same with facts for every picture."""
        return dataclasses.replace(self, facts=facts)

    def keep(self, image: PIL.Image.Image, path: Path, facts: dict[str, Any]) -> Path:
        """Save the picture, then show it; a name that was claimed for it is free again after an error."""
        from ..pictures import save_png

        facts = {**facts, **self.facts}
        try:
            if str(path) == PIPE:
                self._send(image, facts)
            else:
                save_png(image, path, facts)
        except BaseException:
            give_back(path)
            raise
        if self.scale > 1 and str(path) != PIPE:
            save_png(self._enlarged(image), larger_name(path, self.scale), {**facts, "scale": self.scale})
        if self.show_as:
            self._show(image)
        return path

    def _send(self, image: PIL.Image.Image, facts: dict[str, Any]) -> None:
        from ..pictures import to_png

        sys.stdout.flush()
        sys.stdout.buffer.write(to_png(self._enlarged(image), facts))
        sys.stdout.buffer.flush()

    def _enlarged(self, image: PIL.Image.Image) -> PIL.Image.Image:
        from PIL.Image import Resampling

        if self.scale == 1:
            return image
        size = (image.width * self.scale, image.height * self.scale)
        if max(size) > MOST_PIXELS:
            raise InputError(
                f"--scale {self.scale} would make {size[0]} x {size[1]} pixels; at most {MOST_PIXELS} a side"
            )
        return image.resize(size, Resampling.LANCZOS)

    def _show(self, image: PIL.Image.Image) -> None:
        from .terminal_pictures import drawn

        stream = sys.stderr if self.is_stdout_taken else sys.stdout
        stream.write(drawn(image, str(self.show_as)))
        stream.flush()


def larger_name(path: Path, scale: int) -> Path:
    """picture.png -> picture-x4.png."""
    return path.with_name(f"{path.stem}-x{scale}.png")


def request_facts(request: Request, images: Sequence[dict[str, str]]) -> dict[str, Any]:
    """What `redo` needs besides what the library writes into every picture."""
    return {
        "images": list(images),
        "system_prompt": request.system_prompt,
        "text_options": dataclasses.asdict(request.text),
    }


def policy_facts(policy: WhenToDraw) -> dict[str, Any]:
    """When pictures were to be drawn."""
    return {"when_to_draw": dataclasses.asdict(policy)}


def image_facts(names: Sequence[str], items: Sequence[object]) -> list[dict[str, str]]:
    """The name of each image that was given, and a fingerprint of its pixels."""
    from ..messages import Image as Picture

    pictures = [item for item in items if isinstance(item, Picture)]
    return [{"name": name, "sha256": fingerprint(picture)} for name, picture in zip(names, pictures, strict=True)]


def fingerprint(picture: Image) -> str:
    """The same for the same pixels, whatever the file."""
    size = "{}x{}:".format(*picture.image.size).encode()
    return hashlib.sha256(size + picture.image.convert("RGB").tobytes()).hexdigest()[:32]


class Saver:
    """Saves pictures the moment they are finished, so that nothing that happens later can lose them."""

    def __init__(
        self, model: Model, request: Request, name: Callable[[int], Path], outlet: Outlet, is_quiet: bool
    ) -> None:
        """`name` tells the file of the first, second, ... picture."""
        self._model, self._request, self._name = model, request, name
        self._outlet, self._is_quiet = outlet, is_quiet
        self.saved: list[tuple[Path, str]] = []
        """Each picture's file, and why it was drawn."""

    def __call__(self, event: ImageDone) -> None:
        facts = {**self._model.facts(self._request, event), "number": len(self.saved) + 1}
        path = self._outlet.keep(event.image, self._name(len(self.saved) + 1), facts)
        self.saved.append((path, event.why))
        if not self._is_quiet:
            print(f"{path}  ({event.why})", flush=True)

    def parts(self, parts: Sequence[str | PIL.Image.Image]) -> list[dict[str, str]]:
        """Texts and picture files, in order."""
        saved = iter(self.saved)
        told: list[dict[str, str]] = []
        for part in parts:
            if isinstance(part, str):
                told.append({"text": part})
            elif (file := next(saved, None)) is not None:  # a picture that came as the program was stopped has none
                told.append({"image": str(file[0]), "why": file[1]})
        return told
