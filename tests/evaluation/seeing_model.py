"""A small language model with eyes that names the colours of squares, and rows about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from graft_parts import save_language_model, save_tower

from mindseye.checkpoints.graft import GraftOptions, graft
from mindseye.checkpoints.load import load
from mindseye.checkpoints.save_grafted import save_grafted
from mindseye.evaluation.doctor.cases import read_cases
from mindseye.evaluation.doctor.patient import Patient
from mindseye.inputs.rows import Row
from mindseye.loaded import LoadedModel
from mindseye.model import Model
from mindseye.networks.projector import ProjectorConfig
from mindseye.pictures import to_png
from mindseye.training.objectives.grafted import GraftedObjective, pack_seen
from mindseye.training.streams.sights import Sight, SightReader

QUESTION = "What colour?"
COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 190, 40),
    "blue": (30, 40, 220),
    "yellow": (225, 215, 40),
    "cyan": (40, 210, 220),
    "black": (15, 15, 15),
    "white": (240, 240, 240),
}
STEPS, BATCH = 150, 14


def square(name: str, rng: np.random.Generator) -> PIL.Image.Image:
    """A square of nearly that colour."""
    shade = np.clip(np.array(COLOURS[name]) + rng.integers(-15, 16, 3), 0, 255)
    return PIL.Image.new("RGB", (56, 56), tuple(int(level) for level in shade))


@dataclass(frozen=True)
class Squares:
    """Batches by number."""

    reader: SightReader
    loaded: LoadedModel

    def __getitem__(self, number: int) -> Any:
        rng = np.random.default_rng((1, number))
        names = [list(COLOURS)[i % len(COLOURS)] for i in range(BATCH)]
        return pack_seen([self.reader.lesson(self.sight(name, rng)) for name in names])

    def sight(self, name: str, rng: np.random.Generator) -> Sight:
        pixels = self.loaded.image_processor.transforms.pixels(square(name, rng))  # type: ignore[attr-defined]
        return Sight((pixels,), ((QUESTION, name),))


def make_parts(folder: Path, transformers: Any) -> None:
    """A Llama and a CLIP, small and random."""
    save_language_model("llama", transformers, folder / "words")
    save_tower("clip", transformers, folder / "eyes")


def teach(folder: Path) -> Path:
    """Graft the parts in `folder` and teach them until they name every colour."""
    torch.manual_seed(0)
    options = GraftOptions(ProjectorConfig("mlp"), "grid:2")
    graft(str(folder / "words"), str(folder / "eyes"), folder / "graft", options)
    loaded = load(folder / "graft", dtype="float32")
    network: Any = loaded.network
    reader = SightReader(loaded.tokenizer, loaded.prompt_format, loaded.image_processor.count(1, 1).seen)
    stream, objective = Squares(reader, loaded), GraftedObjective(torch.device("cpu"))
    moving = [*network.projector.parameters(), *network.language_model.parameters()]
    network.requires_grad_(False)
    for parameter in moving:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(moving, lr=3e-3, betas=(0.9, 0.98))
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, (STEPS - step) / (STEPS / 2))
        batch = stream[step]
        loss = objective.sums(network, batch, torch.Generator())["ce"] / objective.counts(batch)["ce"]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(moving, 1.0)
        optimizer.step()
    network.requires_grad_(False)
    said = json.loads((folder / "graft" / "config.json").read_text())["text_config"]
    transforms = loaded.image_processor.transforms  # type: ignore[attr-defined]
    save_grafted(folder / "good", network, said, transforms, folder / "graft")
    return folder / "good"


def rows(num: int = 28, question: str = QUESTION, is_shuffled: bool = False) -> Iterator[Row]:
    """Rows about squares; shuffled ones say of each what is true of another."""
    rng = np.random.default_rng(5)
    names = [list(COLOURS)[i % len(COLOURS)] for i in range(num)]
    order = rng.permutation(num) if is_shuffled else np.arange(num)
    for number, name in enumerate(names):
        turns = [{"from": "human", "value": question}, {"from": "gpt", "value": names[order[number]]}]
        fields = {"conversations": turns, "image_bytes": to_png(square(name, rng))}
        yield Row(number, f"square-{number}", fields, Path("squares.jsonl"))


def patient(loaded: LoadedModel, given: Any = None, **options: Any) -> Patient:
    """A model with rows about squares, or others."""
    return Patient(Model(loaded, "squares"), read_cases(rows() if given is None else given), **options)
