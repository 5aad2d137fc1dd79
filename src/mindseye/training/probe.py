"""A classifier of a tower's features for the things of a pictured world: a language model may then start from names."""
# B scenes, P patches, T image tokens, F numbers of a feature or of a token before the projector, K answers

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import PIL.Image
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkpoints.graft import Classifier
from ..errors import SettingsError
from ..inputs.image_processors import SquareTransforms
from ..networks.grafted import Grafted
from ..networks.image_tokens import ImageTokens
from ..settings import check_ranges
from ..worlds.world import World
from .stopping import Stop
from .streams.scenes import icon_scene

NOTHING = "nothing"


@dataclass(frozen=True)
class ProbeSettings:
    """How it is fitted."""

    num_scenes: int = 800
    num_steps: int = 300
    learning_rate: float = 0.02
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        check_ranges(self, num_scenes=(1, 1_000_000), num_steps=(1, 1_000_000))
        check_ranges(self, learning_rate=(1e-9, 100.0), weight_decay=(0.0, 100.0))


def fit_probe(
    network: Grafted, transforms: SquareTransforms, world: World, settings: ProbeSettings, seed: int, stop: Stop
) -> Classifier:
    """What stands in the patches of each image token, told from what the projector reads: logistic regression on scenes
    of the training split."""
    rng, side = np.random.default_rng((seed, 2)), network.config.tower.grid
    scenes = [icon_scene(world, rng, "train") for _ in range(settings.num_scenes)]
    names, tokens = world.patch_questions[world.naming], network.config.image_tokens
    patches = torch.from_numpy(np.stack([world.patch_truth(scene, side)[world.naming] for scene in scenes]))
    truth = shares(patches.flatten(1), len(names), tokens, names.index(NOTHING)).flatten(0, 1)  # (B * T, K)
    with torch.no_grad():
        drawn = [PIL.Image.fromarray(world.render(scene, world.picture_size)) for scene in scenes]
        batches = torch.stack([transforms.pixels(picture) for picture in drawn]).to(network.device).split(32)
        features = torch.cat([tokens(network.see(some)).float().cpu() for some in batches]).flatten(0, 1)  # (B * T, F)
    head = nn.Linear(features.shape[1], len(names))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    for _ in range(settings.num_steps):
        stop.check()
        optimizer.zero_grad()
        F.cross_entropy(head(features), truth).backward()
        optimizer.step()
    if not head.weight.isfinite().all():
        raise SettingsError(
            "the classifier of a start from names has no finite weights; lower graft.probe.learning_rate"
        )
    return Classifier(head.weight.detach(), head.bias.detach(), names)


def shares(patches: Tensor, num_answers: int, tokens: ImageTokens, nothing: int) -> Tensor:
    """Answers (B, P) of patches -> (B, T, K) how much of a token is about each; nothing only where there is nothing."""
    answers = F.one_hot(patches, num_answers).float()
    found = tokens(answers).unflatten(-1, (-1, num_answers)).sum(-2)
    bare = found.clone()
    bare[..., nothing] = 0
    return F.normalize(torch.where(bare.sum(-1, keepdim=True) > 0, bare, found), p=1, dim=-1)
