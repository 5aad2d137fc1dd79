"""A stream of a pictured world: lessons from random episodes, as many as the budget of tokens holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...worlds.world import World
from ..batches import Batch, pack
from ..conditions import drop_conditions
from ..lessons import Lesson, lesson_length
from ..recipe import DataSettings
from .episodes import Planner


@dataclass(frozen=True)
class WorldStream:
    """Batches by number."""

    settings: DataSettings
    planner: Planner
    seed: int
    world: World
    batches_per_step: int = 1
    """Batches before an update, of all processes together; phases count updates."""

    def __getitem__(self, number: int) -> Batch:
        return pack(self.lessons(number), self.settings.stretch)

    def lessons(self, number: int) -> list[Lesson]:
        """Lessons of random episodes that fill the token budget."""
        rng = np.random.default_rng((self.seed, number))
        phase = self.settings.phase_at(number // self.batches_per_step)
        lessons: list[Lesson] = []
        num_tokens = 0
        while True:
            episode = self.world.sample_episode(rng, self.settings.split, mix=phase.mix)
            looks_back = rng.random() < self.settings.look_back
            sees_latents = rng.random() < self.settings.latents_with_questions
            lesson = self.planner.plan(episode.steps, looks_back, sees_latents, phase.named_patches)
            lesson = drop_conditions(lesson, self.settings.dropout, rng)
            num_tokens += lesson_length(lesson)
            if num_tokens > self.settings.tokens_per_batch and lessons:
                return lessons
            lessons.append(lesson)
