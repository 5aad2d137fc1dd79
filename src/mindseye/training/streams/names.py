"""A stream of features with the names of what they are: of classes that were never seen, and of real pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from ...errors import InputError
from ...inputs.images import open_image
from ...settings import check_ranges
from ..class_features import ClassFeatures
from ..objectives.grafted import SeenBatch, pack_seen
from ..picture_pool import picture_files, scenes
from .exhibit import Exhibit, asked
from .scenes import DESCRIBING, NAMING, pick
from .sights import Sight, SightReader

QUESTIONS = (*NAMING, *DESCRIBING)


@dataclass(frozen=True)
class NameSettings:
    """Which pictures help, and what a batch is made of."""

    pictures: tuple[str, ...] = ()
    """Folders of pictures of anything, without labels."""
    num_scenes: int = 300
    """Drawn scenes of the town beside them."""
    copies: int = 3
    """How often each picture is used, cut differently."""
    batch_size: int = 24
    real_share: float = 0.4
    """Pictures themselves, called what the classifier takes them for where it is sure; the rest are made."""
    at_least: float = 0.3
    """How sure it must be."""

    def __post_init__(self) -> None:
        check_ranges(self, batch_size=(1, 100_000), num_scenes=(0, 1_000_000), copies=(1, 1000))
        check_ranges(self, real_share=(0.0, 1.0), at_least=(0.0, 1.0))


@dataclass(frozen=True)
class NameStream:
    """Batches by number; every class comes as often as the others."""

    settings: NameSettings
    features: ClassFeatures
    names: Sequence[str]
    reader: SightReader
    seed: int

    def __getitem__(self, number: int) -> SeenBatch:
        rng = np.random.default_rng((self.seed, number))
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        num_real = round(self.settings.batch_size * self.settings.real_share) if len(self.sure) else 0
        classes = self.classes(number, self.settings.batch_size - num_real)
        seen = list(self.features.make(classes, generator))
        known = classes.tolist()
        if num_real:
            chosen = self.sure[torch.multinomial(self.chances, num_real, True, generator=generator)]
            seen += list(self.features.pictures[chosen].float())
            known += self.features.found[0][chosen].tolist()
        return pack_seen([self.reader.lesson(self.sight(*pair, rng)) for pair in zip(seen, known, strict=True)])

    def classes(self, number: int, count: int) -> Tensor:
        """(count,) the next in an order that is shuffled anew each round."""
        places = np.arange(number * count, (number + 1) * count)
        rounds, within = np.divmod(places, len(self.names))
        orders = {int(r): np.random.default_rng((self.seed, int(r), 1)).permutation(len(self.names)) for r in rounds}
        return torch.tensor([int(orders[int(r)][i]) for r, i in zip(rounds, within, strict=True)])

    def sight(self, features: Tensor, number: int, rng: np.random.Generator) -> Sight:
        """Features with a question and the name of their class."""
        return Sight((features,), ((pick(rng, QUESTIONS), photo_of(self.names[number])),))

    def exhibits(self, count: int) -> list[Exhibit]:
        """Some of the given pictures, far from each other; drawn scenes where there are none."""
        files = picture_files(self.settings.pictures, lambda line: None)
        in_turn = dict.fromkeys([*files[:: max(1, len(files) // count)], *files])
        opened = (picture for file in in_turn if (picture := opened_or_none(file)))
        shown = opened if files else scenes(count, self.seed)
        return [asked(picture, NAMING[0]) for picture in islice(shown, count)]

    @cached_property
    def sure(self) -> Tensor:
        """Numbers of the pictures that are used themselves."""
        return self.features.of_pictures(self.settings.at_least)

    @cached_property
    def chances(self) -> Tensor:
        """How often each of them: seldom seen classes more often."""
        classes = self.features.found[0][self.sure]
        return classes.bincount(minlength=len(self.names))[classes].float().rsqrt()


def opened_or_none(file: Path) -> PIL.Image.Image | None:
    """A picture, if it is one."""
    try:
        return open_image(file)
    except InputError:
        return None


def photo_of(name: str) -> str:
    """What is said of a photograph."""
    article = "an" if name[0].lower() in "aeiou" else "a"
    return f"A photo of {article} {name}."
