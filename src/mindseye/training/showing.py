"""What a model says to the same few pictures as training goes on, as lines of JSON beside the pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from ..loaded import LoadedModel
from ..model import Model
from ..pictures import save_png
from ..reply import Reply
from ..settings import check_ranges
from ..whole_files import write_whole
from .curves import read_lines
from .resume import TrainState
from .streams.exhibit import Exhibit

SAID_FILE, PICTURES = "said.jsonl", "shown"


@dataclass(frozen=True)
class ShowSettings:
    """How often it is asked about how many pictures."""

    every: int = 0
    """Steps; 0 asks nothing."""
    pictures: int = 3
    max_tokens: int = 32

    def __post_init__(self) -> None:
        check_ranges(self, every=(0, 10**9), pictures=(1, 1000), max_tokens=(1, 100_000))


@dataclass(frozen=True)
class Exhibition:
    """Asks the network that is being trained, and leaves it and all chance as they were."""

    settings: ShowSettings
    loaded: LoadedModel
    exhibits: Sequence[Exhibit]
    folder: Path
    say: Callable[[str], None]

    def open(self, state: TrainState) -> None:
        """Save the pictures and cut away what was said after the step of a resumed run; a new run is asked at once."""
        for number, exhibit in enumerate(self.exhibits):
            if exhibit.picture is not None:
                save_png(exhibit.picture, self.folder / name_of(number))
        lines = [line for line in read_lines(self.folder, SAID_FILE) if line["step"] <= state.step]
        write_whole(self.folder / SAID_FILE, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        if not lines:
            self.show(state)

    def __call__(self, state: TrainState) -> None:
        """Show, if it is time to."""
        if state.step % self.settings.every == 0:
            self.show(state)

    def show(self, state: TrainState) -> None:
        """Ask about all pictures at once, and write what is said."""
        lines = []
        for number, (exhibit, reply) in enumerate(zip(self.exhibits, self.replies(), strict=True)):
            said = {"said": reply.text} if isinstance(reply, Reply) else {"error": str(reply)}
            line = {
                "step": state.step,
                "picture": name_of(number),
                "expected": exhibit.expected,
                **said,
            }
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
            self.say(f"at step {state.step} {name_of(number)}: {next(iter(said.values()))}")
        with (self.folder / SAID_FILE).open("a", encoding="utf-8") as file:
            file.write("".join(lines))

    def replies(self) -> list[Reply | Exception]:
        """The likeliest answers, through the engine that answers `mindseye ask`."""
        options: dict[str, Any] = {"max_tokens": self.settings.max_tokens, "temperature": 0.0, "seed": 0}
        with undisturbed(cast(nn.Module, self.loaded.network)):
            model = Model(self.loaded, "training")
            try:
                asked = [model.request("ask", messages=exhibit.messages, **options) for exhibit in self.exhibits]
                return model.try_all(asked)
            finally:
                model.close()


def name_of(number: int) -> str:
    """Where a picture lies in the folder."""
    return f"{PICTURES}/{number + 1}.png"


@contextmanager
def undisturbed(network: nn.Module) -> Iterator[None]:
    """The network in evaluation mode; afterwards its modes and the state of all chance are what they were."""
    modes = {module: module.training for module in network.modules()}
    with torch.random.fork_rng():
        network.eval()
        try:
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode
