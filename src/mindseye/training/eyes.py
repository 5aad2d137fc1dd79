"""Teaches the eyes to see before the network learns to speak: what stands in each patch of a picture, and where it is.

BAGEL begins with a ViT that was trained elsewhere; from words alone, a new one would learn to see last of all.
The heads read what the decoder will read: normalised, with the fixed positions added. They ask for the place too, or
the features would drown the positions. A name is answered by the decoder's own words: what a patch shows must point to
where its English and its Chinese name lie among the embeddings, so that to find a named thing in a picture is to find a
word among words (LOG.md).
"""
# B pictures, P patches of a picture, D hidden_size of the decoder, A answers to a question

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..inputs.images import pixels_of
from ..inputs.tokenizer import Tokenizer
from ..networks.grids import grid_indices, to_patches
from ..networks.unified import UnifiedModel
from ..settings import check_ranges
from ..worlds.world import World
from .autoencoder import Subject
from .optimizer import OptimizerSettings, make_optimizer
from .precision import CPU, mixed
from .stopping import HalfWay
from .streams.patch_names import tokens_of

Report = Callable[[dict[str, float]], None]
REPORT_EVERY = 100  # steps
PLACE = "place"
"""Which patch it is: asked besides all that the world asks."""


@dataclass(frozen=True)
class EyesSettings:
    """How long the eyes are taught; no steps for not at all."""

    num_steps: int = 3000
    batch_size: int = 64
    learning_rate: float = 1.5e-3

    def __post_init__(self) -> None:
        check_ranges(self, num_steps=(0, 100_000_000), batch_size=(1, 10_000))


class Names(nn.Module):
    """The scores of names: a named answer's row is the direction of its words and stays, the others are learnt."""

    def __init__(self, words: Tensor) -> None:
        """`words`: (A, D) directions of length 1, zeros for answers without a name."""
        super().__init__()
        self.words: Tensor
        self.register_buffer("words", words)
        self.others = nn.Parameter(torch.randn_like(words) / words.shape[1] ** 0.5)
        self.log_scale = nn.Parameter(torch.tensor(3.0))

    @property
    def is_named(self) -> Tensor:
        """(A,)"""
        return self.words.any(dim=1)

    def forward(self, normed: Tensor) -> Tensor:
        """(N, D) -> (N, A)."""
        rows = torch.where(self.is_named[:, None], self.words, self.others)
        return normed @ rows.T * (self.log_scale.exp() / normed.shape[1] ** 0.5)


def directions_of_words(world: World, tokenizer: Tokenizer, embeddings: Tensor) -> Tensor:
    """(A, D) where the names of a world's things lie among the embeddings (V, D), both languages together."""

    def of(name: str) -> Tensor:
        return F.normalize(embeddings[tokens_of(tokenizer, name)].mean(0), dim=0)

    nothing = embeddings.new_zeros(embeddings.shape[1])
    rows = [
        F.normalize(sum((of(name) for name in names), nothing), dim=0) if all(names) else nothing
        for names in zip(*world.names.values(), strict=True)
    ]
    return torch.stack(rows)


class SeenPatches(nn.Module):
    """Eyes and connector of a network, with a head for every question."""

    def __init__(self, model: UnifiedModel, world: World, per_side: int, words: Tensor | None = None) -> None:
        """`words`: directions of the names; None leaves them to be learnt like any other answer."""
        super().__init__()
        self.vit_model, self.connector, self.vit_pos_embed = model.vit_model, model.connector, model.vit_pos_embed
        width = model.config.decoder.hidden_size
        num_answers = {name: len(answers) for name, answers in world.patch_questions.items()}
        num_answers[PLACE] = per_side**2
        self.heads = nn.ModuleDict({name: nn.Linear(width, count) for name, count in num_answers.items()})
        if words is not None:
            self.heads[world.naming] = Names(words)

    def forward(self, patches: Tensor) -> dict[str, Tensor]:
        """Patches (B, P, numbers) -> scores (B * P, answers) by question."""
        count, per_picture = patches.shape[:2]
        side = round(per_picture**0.5)
        indices = grid_indices(side, side, self.vit_pos_embed.side).to(patches.device).repeat(count)  # (B * P,)
        features = self.vit_model(patches.flatten(0, 1), indices, [per_picture] * count)
        read = self.connector(features).float() + self.vit_pos_embed(indices)  # (B * P, D)
        normed = F.rms_norm(read, read.shape[-1:])
        return {name: head(normed) for name, head in self.heads.items()}


def teach_eyes(
    model: UnifiedModel,
    settings: EyesSettings,
    subject: Subject,
    report: Report,
    half_way: HalfWay | None = None,
    device: torch.device = CPU,
    tokenizer: Tokenizer | None = None,
) -> None:
    """Train the ViT and the connector of `model` in place; `report` gets loss and accuracy now and then.

    With a tokenizer the names of things are answered by the embeddings of `model`, and patches that show a thing count
    twice.

    `half_way` is saved every few minutes and when somebody asks to stop (CancelledError); a later call goes on from it.
    """
    torch.manual_seed(subject.seed)
    world = subject.world
    per_side = subject.side // model.config.vit.patch_size
    words = None
    if tokenizer is not None:
        words = directions_of_words(world, tokenizer, model.language_model.model.embed_tokens.weight.detach())
    student = SeenPatches(model, world, per_side, words).to(device)
    pace = OptimizerSettings(
        num_steps=settings.num_steps,
        num_decay_steps=settings.num_steps // 3,
        num_warmup_steps=min(100, settings.num_steps // 10),
        learning_rate=settings.learning_rate,
    )
    optimizer = make_optimizer(student, pace)
    for step in range(half_way.resume(student, optimizer) if half_way else 0, settings.num_steps):
        rng = np.random.default_rng((subject.seed, 1, step))  # a step depends on its number alone, so a run can go on
        scenes = [world.sample_scene(rng, "train") for _ in range(settings.batch_size)]
        pixels = pixels_of(np.stack([world.render(scene, subject.side) for scene in scenes]))
        with mixed(device):
            scores = student(to_patches(pixels, model.config.vit.patch_size).to(device))
        truth = {name: answers.to(device) for name, answers in truth_of(scenes, world, per_side).items()}
        losses = [F.cross_entropy(scores[name].float(), truth[name]) for name in truth]
        is_thing = words.any(dim=1)[truth[world.naming].cpu()].to(device) if words is not None else None
        if is_thing is not None and is_thing.any():
            losses.append(F.cross_entropy(scores[world.naming].float()[is_thing], truth[world.naming][is_thing]))
        for group in optimizer.param_groups:
            group["lr"] = pace.learning_rate_at(step)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(losses).sum().backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), pace.gradient_clip)
        optimizer.step()
        if step % REPORT_EVERY == 0 or step + 1 == settings.num_steps:
            hits = {name: (scores[name].argmax(-1) == truth[name]).float() for name in truth}
            right = {name: found.mean().item() for name, found in hits.items()}
            if is_thing is not None:
                right["things"] = hits[world.naming][is_thing].mean().item()
            report({"step": step, "loss": sum(loss.item() for loss in losses), **right})
        if half_way:
            half_way.after_step(step + 1, student, optimizer)
    for parameter in student.parameters():
        parameter.grad = None


def truth_of(scenes: Sequence[Any], world: World, per_side: int) -> dict[str, Tensor]:
    """(B * P,) the right answers by question."""
    truths = [world.patch_truth(scene, per_side) for scene in scenes]
    found = {
        name: torch.from_numpy(np.stack([truth[name] for truth in truths]).reshape(-1))
        for name in world.patch_questions
    }
    return {**found, PLACE: torch.arange(per_side**2).repeat(len(scenes))}
