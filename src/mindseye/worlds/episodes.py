"""What a model lives through: texts and pictures in turn, some given, some to be produced.

Episode   = steps of Say and Show, and the truth that a judge needs
truth     always a dict; which keys it has is told by the family that makes it:
  answer, accepted    (questions, captions, reasoning) the answer as trained, and all that count as right
  scene               the target of a drawing, or the scene that is asked about
  wish                (drawings) what the words ask for; other layouts than `scene` may fulfil it
  before              (edits, actions, reasoning) the scene at the start
  scenes              (reasoning) the scene after each operation
  questions           (questions) every Question asked, in turn
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .dice import Dice

THINK_ANSWER = "think, then answer"
THINK_DRAW = "think, then draw"
SYSTEM_PROMPTS: Mapping[str, str] = {"think_answer": THINK_ANSWER, "think_draw": THINK_DRAW}

Next = Literal["text", "image"] | None


@dataclass(frozen=True)
class Say:
    """A text: given, or (`is_target`) to be written.

    then: what follows the end of this text, where the model shall learn to decide it.
    """

    text: str
    is_target: bool = False
    then: Next = None


@dataclass(frozen=True)
class Show:
    """A picture: given, or (`is_target`) to be drawn; its scene is one of its world, and hashable."""

    scene: Any
    is_target: bool = False


@dataclass(frozen=True)
class Episode:
    """One lesson or one exam: `kind` as in KINDS, `language` "en" or "zh", steps in order, and the truth."""

    kind: str
    language: str
    steps: tuple[Say | Show, ...]
    truth: dict[str, Any]

    @property
    def is_thought_out(self) -> bool:
        """Whether it opens with the system prompt that asks for a thought."""
        return self.kind.startswith("think.")

    @property
    def told(self) -> tuple[Say | Show, ...]:
        """The steps without that prompt."""
        return self.steps[1:] if self.is_thought_out else self.steps

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text in order, to train a tokenizer on."""
        return tuple(step.text for step in self.steps if isinstance(step, Say))

    @property
    def scenes(self) -> tuple[Any, ...]:
        """Every scene in order."""
        return tuple(step.scene for step in self.steps if isinstance(step, Show))


@dataclass(frozen=True)
class EpisodeOptions:
    """How episodes are made.

    num_questions: questions asked about one picture; None for 1 to 4 by chance.
    system_prompts: the texts that open an episode with thoughts, by "think_answer" and "think_draw".
    """

    num_questions: int | None = None
    system_prompts: Mapping[str, str] = field(default_factory=lambda: SYSTEM_PROMPTS)


Builder = Callable[[Dice, str, EpisodeOptions], Episode | None]
"""From dice and a language to an episode, or None when the dice fell badly and must be thrown again."""
