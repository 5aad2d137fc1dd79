"""Episodes of a pictured world as lessons: what is read, what is seen, what must be said or drawn."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import PIL.Image

from ...inputs.formats.prompt_format import PromptFormat
from ...inputs.image_processors import ImageProcessor
from ...inputs.segments import ImageFrame, LatentSegment, VitSegment
from ...inputs.tokenizer import Tokenizer
from ...messages import Message, Text
from ...networks.grids import grid_indices
from ...networks.interface import LatentGrid
from ...worlds.episodes import Say, Show
from ...worlds.world import World
from ..lessons import Lesson, Taught, ends_with, taught_answer
from .patch_names import PatchNames

TEXTS_KEPT = 50_000
PICTURES_KEPT = 256
FRAME_BEFORE = 1  # marks before the first patch of an image


@dataclass(frozen=True)
class Sight:
    """How a model takes images."""

    processor: ImageProcessor
    frame: ImageFrame
    grid: LatentGrid


@dataclass(frozen=True)
class Picture:
    """A picture of a scene as the segments that a network can read it as."""

    vit: VitSegment
    latents: LatentSegment
    """Not made yet: clean as a condition, noisy where it is drawn."""


class Pictures:
    """Scenes of a world as pictures of one size; the newest are remembered, since an episode shows them again."""

    def __init__(self, world: World, side: int, sight: Sight) -> None:
        """`side` in px."""

        def draw(scene: Hashable) -> Picture:
            image = PIL.Image.fromarray(world.render(scene, side))
            latents, vit = sight.processor.segments(image, sight.frame)
            assert isinstance(latents, LatentSegment) and isinstance(vit, VitSegment)
            columns, rows = (pixels // sight.grid.pixels_per_token for pixels in latents.image.size)
            latents.position_indices = grid_indices(rows, columns, sight.grid.side)
            return Picture(vit, latents)

        self.of = lru_cache(maxsize=PICTURES_KEPT)(draw)
        self._parts = (world, side, sight)

    def __reduce__(self) -> tuple[type[Pictures], tuple[World, int, Sight]]:
        """To another process goes what it is made of, not what it remembers."""
        return Pictures, self._parts


class Words:
    """Texts of a world as segments, remembered: they come again and again."""

    def __init__(self, tokenizer: Tokenizer, prompt_format: PromptFormat) -> None:
        self.prompt_format = prompt_format
        self.over: int | None = tokenizer.special_ids.get("<|endoftext|>")
        """What follows when the answer is over; None leaves that unlearnt."""
        self._tokenizer = tokenizer
        self.given = lru_cache(maxsize=TEXTS_KEPT)(self._given)
        self.answer = lru_cache(maxsize=TEXTS_KEPT)(self._answer)

    def __reduce__(self) -> tuple[type[Words], tuple[Tokenizer, PromptFormat]]:
        """To another process goes what it is made of, not what it remembers."""
        return Words, (self._tokenizer, self.prompt_format)

    def follows(self, step: Say) -> int | None:
        """What the end of a text must predict."""
        over = self.over if step.is_target else None
        return {None: over, "image": self.prompt_format.image_opening, "text": self.text_opening}[step.then]

    @property
    def text_opening(self) -> int:
        """The mark that opens a text."""
        return self.prompt_format.opening[0]

    def _given(self, text: str, then: int | None) -> Taught:
        [segment] = self.prompt_format.segments(Message("user", (Text(text),)), lambda image: ())
        return Taught(segment, ends_with(segment, then))

    def _answer(self, text: str, then: int | None) -> Taught:
        return taught_answer(self._tokenizer.encode(text), self.prompt_format, then)


@dataclass(frozen=True)
class Planner:
    """Turns a world's episodes into lessons."""

    words: Words
    pictures: Pictures
    noisy_copies: int = 1
    """How many noises of a drawing are learnt at once; none sees another, and what came before is read once."""
    names: PatchNames | None = None
    """Of what patches show."""

    def plan(
        self,
        steps: Sequence[Say | Show],
        looks_back: bool = False,
        sees_latents: bool = False,
        names_patches: bool = False,
    ) -> Lesson:
        """The lesson of an episode; with `looks_back` its last drawn picture is seen again, to learn that the
        answer is over.

        A picture that is only asked about is seen by the ViT alone. Where the episode draws, pictures that
        came before are conditions: clean latents, then ViT; with `sees_latents` so they are anyway, as in a talk
        that may end in a drawing. A drawn picture is noisy latents, and if the story
        goes on its conditions follow. With `names_patches` what is seen is also named, patch by patch.
        """
        draws = sees_latents or any(isinstance(step, Show) and step.is_target for step in steps)
        lesson: list[Taught] = []
        for number, step in enumerate(steps):
            if isinstance(step, Say):
                lesson.append(self.text(step))
                continue
            picture = self.pictures.of(step.scene)
            if step.is_target:
                lesson += [Taught(picture.latents, is_drawn=True)] * self.noisy_copies
            is_last = number == len(steps) - 1
            if step.is_target and is_last and not looks_back:
                continue
            if draws:
                lesson.append(Taught(picture.latents))
            follows = None
            if step.is_target:
                goes_on = not is_last and steps[number + 1].is_target
                follows = self.words.text_opening if goes_on else self.words.over
            named = self.names.labels(step.scene, FRAME_BEFORE) if names_patches and self.names else ()
            lesson.append(Taught(picture.vit, (*named, *ends_with(picture.vit, follows))))
        return tuple(lesson)

    def text(self, step: Say) -> Taught:
        """A text, its end labelled with what follows where the step says so."""
        make = self.words.answer if step.is_target else self.words.given
        return make(step.text, self.words.follows(step))
