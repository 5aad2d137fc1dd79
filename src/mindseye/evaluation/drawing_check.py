"""Will this checkpoint draw, and if not, why?"""
# V vocab_size

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import PIL.Image

from ..generation.conversation import Conversation
from ..generation.policies import WhenToDraw
from ..generation.work import Logits, Story
from ..inputs.prompts import UNIFIED
from ..inputs.tokenizer import SPECIAL_NAMES
from ..model import Model

FLAT = 2.0  # grey levels; a picture that varies less shows nothing


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_well: bool
    said: str


@dataclass(frozen=True)
class DrawingCheck:
    """What was found, and one line of advice."""

    findings: tuple[Finding, ...]
    advice: str


def check_drawing(model: Model, prompt: str, num_timesteps: int, side: int) -> DrawingCheck:
    """Look at the marks' ids, at what the model predicts after a prompt, and at forced and marked drawings."""
    tokens = _check_tokens(model)
    plain = _check_opening(model, prompt, None)
    helped = _check_opening(model, prompt, model.defaults.prompts[UNIFIED].text)
    options = {"num_timesteps": num_timesteps, "width": side, "height": side, "seed": 0}
    forced = _check_picture(model, prompt, "force", options)
    marked = _check_picture(model, f"{prompt} <|vision_start|> <|vision_end|>", "marks", options)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    memory = Finding("memory", True, f"{peak:.2f} GiB at most, the program itself included")
    findings = (*tokens, plain, helped, forced, marked, memory)
    return DrawingCheck(findings, _advice(all(f.is_well for f in tokens), plain, helped, forced))


def _check_tokens(model: Model) -> Iterator[Finding]:
    tokenizer, vocab_size = model.loaded.tokenizer, model.loaded.config.decoder.vocab_size
    for name in SPECIAL_NAMES:
        ids = tokenizer.encode(name, allow_special=True)
        is_well = len(ids) == 1 and ids[0] < vocab_size
        yield Finding(f"token {name}", is_well, f"id {ids[0]}" if is_well else f"ids {ids}, vocabulary {vocab_size}")


def _check_opening(model: Model, prompt: str, system: str | None) -> Finding:
    """How likely the model opens a picture right after the prompt."""
    seen: list[Logits] = []

    def story() -> Story[str]:
        conversation = Conversation(model.loaded)
        if system:
            conversation.say(system, role="system")
        conversation.say(prompt)
        after = yield from conversation.read(wants="logits")
        assert after is not None
        seen.append(after)
        return "end"

    [job] = model.runner.run([story()])
    job.result()
    opening = model.loaded.tokenizer.special.image_start
    scores = seen[0].scores.float()
    rank = int((scores > scores[opening]).sum()) + 1
    probability = float(scores.softmax(-1)[opening])
    where = "with the unified system prompt" if system else "after the prompt"
    return Finding(f"opening token {where}", rank == 1, f"rank {rank} of {len(scores)}, probability {probability:.2g}")


def _check_picture(model: Model, prompt: str, kind: str, options: dict) -> Finding:
    policy = WhenToDraw(kind, write_first=False, max_images=1)  # type: ignore[arg-type]
    what = "forced drawing" if kind == "force" else "drawing at a mark"
    [reply] = model.try_all([model.request("generate", [prompt], when_to_draw=policy, **options)])
    if isinstance(reply, Exception):
        return Finding(what, False, str(reply))
    spread = _spread(reply.image)
    return Finding(what, spread > FLAT, f"a picture whose values spread over {spread:.0f} grey levels")


def _spread(image: PIL.Image.Image) -> float:
    """Standard deviation of a picture's values, 0..255."""
    return float(np.asarray(image, dtype=np.float32).std())


def _advice(tokens_are_well: bool, plain: Finding, helped: Finding, forced: Finding) -> str:
    if not tokens_are_well:
        return "The tokenizer does not fit the weights: take the tokenizer files of this very checkpoint."
    if not forced.is_well:
        return "Even forced drawing gives nothing: the weights of drawing are missing or untrained."
    if plain.is_well:
        return "This checkpoint draws by itself: use --when-to-draw model."
    if helped.is_well:
        return "It draws by itself once told how: add --system-prompt unified."
    return "It can draw but never says so: use --when-to-draw force, or marks where a picture is wanted."
