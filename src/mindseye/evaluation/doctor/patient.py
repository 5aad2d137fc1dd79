"""A model under examination, and what several measurements need of it, computed once."""
# I images, T tokens of an image, D hidden_size, C cases

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from ...inputs.formats import PromptFormat
from ...inputs.loss_mask import loss_mask
from ...inputs.segments import Segment, VitSegment
from ...loaded import LoadedModel
from ...messages import Message
from ...model import Model
from .cases import Case, Cases, unlike
from .plan import Plan
from .reading import Reading, Seen, loss_of
from .watching import Watching

Mask = Callable[[Sequence[Segment], PromptFormat], Tensor]
T = TypeVar("T")
JOINTS = ("projector.", "connector.")  # what stands between eyes and words, by family


@dataclass(frozen=True, eq=False)
class Patient:
    """A model that is loaded plainly (not laid out for answering), and rows to examine it with.

    mask: which tokens are learnt. num: how many rows are looked at closely; those that are asked are more. seed: of
    partners and permutations.
    """

    model: Model
    cases: Cases
    plan: Plan | None = None
    mask: Mask = loss_mask
    num: int = 8
    seed: int = 0
    known: dict[str, Any] = field(default_factory=dict)
    """What `once` has computed."""

    @property
    def loaded(self) -> LoadedModel:
        return self.model.loaded

    @property
    def network(self) -> Any:
        return self.loaded.network

    @cached_property
    def close(self) -> list[Case]:
        """The rows that are looked at closely: one picture each, all answers different."""
        return unlike(self.cases.good, self.num)

    @cached_property
    def readings(self) -> list[Reading]:
        """The close rows as they are read."""
        return [self.read(case) for case in self.close]

    @cached_property
    def tokens(self) -> list[Tensor]:
        """(T, D) of the picture of each close row; a row that reaches no image is left out."""
        return self.see([reading.images[0].pixels for reading in self.readings if reading.images])

    @property
    def can_be_told(self) -> bool:
        """Whether each close row has one image and something to learn, and there are two or more."""
        return len(self.close) > 1 and all(len(r.images) == 1 and r.mask.any() for r in self.readings)

    @cached_property
    def losses(self) -> np.ndarray:
        """(C, C) nats a token: of the answer of a column's row, shown the picture of a row's row."""
        rows = [[self.loss(other, reading.images[0]) for other in self.readings] for reading in self.readings]
        return np.array(rows)

    def read(self, case: Case) -> Reading:
        """A case as the network reads it, drawn conditions left out."""
        segments = [part for message in case.messages for part in self.segments(message)]
        return self.reading_of(segments)

    def segments(self, message: Message) -> list[Seen]:
        """Those of one message."""

        def see(image: PIL.Image.Image) -> list[Segment]:
            made = self.loaded.image_processor.segments(image, self.loaded.prompt_format.image_frame)
            return [segment for segment in made if isinstance(segment, VitSegment)]

        return cast(list[Seen], self.loaded.prompt_format.segments(message, see))

    def reading_of(self, segments: Sequence[Seen]) -> Reading:
        """Segments with their mask."""
        return Reading(tuple(segments), self.mask(segments, self.loaded.prompt_format))

    @torch.no_grad()
    def see(self, pixels: Sequence[Tensor]) -> list[Tensor]:
        """(T, D) tokens of each image (C, H, W), one by one."""
        return [self.network.embed_images([one])[0].float() for one in pixels]

    @torch.no_grad()
    def loss(self, reading: Reading, image: VitSegment) -> float:
        """Nats a token of a row's answer, with another image in the place of its own."""
        shown = self.reading_of([image if isinstance(part, VitSegment) else part for part in reading.segments])
        tokens = self.network.embed_images([image.pixels])
        return float(loss_of(self.network, shown, list(tokens), Watching(shown.visible)))

    def joint_parameters(self) -> dict[str, Tensor]:
        """Those of what stands between eyes and words."""
        return {name: each for name, each in self.network.named_parameters() if name.startswith(JOINTS)}


def once(measure: Callable[[Patient], T]) -> Callable[[Patient], T]:
    """A function of a patient that is computed once for each and forgotten with it."""

    @wraps(measure)
    def known(patient: Patient) -> T:
        if measure.__name__ not in patient.known:
            patient.known[measure.__name__] = measure(patient)
        return patient.known[measure.__name__]

    return known
