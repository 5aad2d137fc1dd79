"""A language model and a vision tower become one checkpoint folder, with a projector that has yet to learn."""
# F width of a feature, D hidden_size of the language model, K classes of the tower's classifier

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from ..errors import CheckpointError, SettingsError
from ..given_files import read_json
from ..inputs.tokenizer import Tokenizer
from ..networks.causal_lm import CausalLM
from ..networks.gpt2 import Gpt2
from ..networks.grafted import TEMPERATURE, Grafted, GraftedConfig
from ..networks.image_tokens import ImageTokens
from ..networks.projector import MlpProjector, ProjectorConfig
from .families.family import Folder
from .families.grafted import language_family
from .language_sources import language_folder
from .load import load
from .save_grafted import save_grafted
from .tower_sources import TowerSource, find_tower

SPREAD = 0.02  # of random weights
SHARPNESS = 1.5  # a little surer than the classifier itself, since names that are mixed are hard to read
Start = Literal["random", "names"]
Language = CausalLM | Gpt2


@dataclass(frozen=True)
class Classifier:
    """Scores of features are rows (K, F) times them plus bias (K,); each row's class has a name."""

    rows: Tensor
    bias: Tensor
    names: Sequence[str]


@dataclass(frozen=True)
class GraftOptions:
    """What joins the two."""

    projector: ProjectorConfig = field(default_factory=ProjectorConfig)
    image_tokens: str = "patches"
    start: Start = "random"
    """"names": the projector starts as the tower's own classifier followed by the embeddings of its classes' names."""
    has_contrastive_head: bool = False
    random_init: bool = False
    """Take sizes and tokenizer only, and random weights everywhere."""
    seed: int = 0


def graft(language_model: str, vision_encoder: str, folder: Path, options: GraftOptions) -> Grafted:
    """Write the checkpoint folder; returns the network.

    Raises CheckpointError or SettingsError for parts that are not there or do not fit.
    """
    eyes = find_tower(vision_encoder, with_weights=not options.random_init)
    with language_folder(language_model, not options.random_init) as source:
        text_config = read_json(source / "config.json", error=CheckpointError)
        language, tokenizer = _language(source, text_config, options)
        projector = options.projector
        if options.start == "names":
            projector = replace(projector, kind="mlp", hidden_size=len(_names_of(eyes)), activation="softmax")
        tokens = ImageTokens.called(options.image_tokens)
        config = GraftedConfig(language.config, eyes.config, projector, tokens, options.has_contrastive_head)
        network = Grafted(config)
        network.language_model = language
        generator = torch.Generator().manual_seed(options.seed)
        if options.random_init:
            _randomise(network, generator)
        else:
            _open_eyes(network, eyes, vision_encoder)
        begin_projector(network, generator)
        if options.start == "names":
            start_from_names(network, own_classifier(network, _names_of(eyes)), tokenizer)
        save_grafted(folder, network, text_config, eyes.transforms, source)
    return network


def begin_projector(network: Grafted, generator: torch.Generator) -> None:
    """Random weights under which image tokens are about as long as those of words."""
    with torch.no_grad():
        words = word_embeddings(network)
        layers = {name: layer for name, layer in network.projector.named_modules() if isinstance(layer, nn.Linear)}
        for name, layer in layers.items():
            layer.weight.normal_(std=0.0 if name == "skip" else layer.in_features**-0.5, generator=generator)
            if layer.bias is not None:
                layer.bias.zero_()
        last = layers.get("linear_2", layers["linear_1"])
        features = torch.randn(64, network.config.tower.num_features, network.config.tower.width, generator=generator)
        last.weight *= words.std() / network.project(features).std()
        if network.contrastive is not None:
            network.contrastive.placeholder.copy_(words.mean(0))
            network.contrastive.log_scale.fill_(math.log(1 / TEMPERATURE))


def start_from_names(network: Grafted, known: Classifier, tokenizer: Tokenizer) -> None:
    """A classifier of the tower's features becomes the first layer, the embeddings of its classes' names the second.

    Behind a softmax, the image's tokens are then the words of what the classifier takes it for, mixed with those of
    what else it might be. With one token a feature it is the mean of a name's tokens.
    """
    projector, each = network.projector, network.config.projector.tokens_each
    assert isinstance(projector, MlpProjector)
    words = word_embeddings(network)
    length = words.norm(dim=1).mean()
    with torch.no_grad():
        projector.linear_1.weight.copy_(known.rows * SHARPNESS)
        projector.linear_1.bias.copy_(known.bias * SHARPNESS)
        for column, name in enumerate(known.names):
            spelt = words[tokenizer.encode(f" {name}")]
            if each == 1:
                spelt = spelt.mean(0, keepdim=True)
                spelt = spelt / spelt.norm() * length
            spelt = torch.cat([spelt, words.mean(0).expand(each, -1)])[:each]
            projector.linear_2.weight[:, column] = spelt.flatten()
        projector.linear_2.bias.zero_()


def own_classifier(network: Grafted, names: Sequence[str]) -> Classifier:
    """That of the tower; SettingsError where it has none, or its features do not reach the projector as they are."""
    layer = getattr(network.vision_tower, "_fc", None)
    if layer is None or network.config.image_tokens.kind == "shuffle":
        raise SettingsError("start names needs a tower with a classifier, and image tokens as wide as its features")
    return Classifier(layer.weight.detach(), layer.bias.detach(), names)


def word_embeddings(network: Grafted) -> Tensor:
    """(V, D) the embeddings of all words, in float32."""
    return network.embed_text(torch.arange(network.config.vocab_size)).detach().float()


def _language(source: Path, text_config: dict[str, Any], options: GraftOptions) -> tuple[Language, Tokenizer]:
    alone = Folder(source, {}, text_config)
    family = language_family(alone)
    if not options.random_init:
        loaded = load(source, dtype=torch.float32)
        network = cast(Language, loaded.network)
        if isinstance(network, CausalLM):
            text_config["tie_word_embeddings"] = network.lm_head.weight is network.model.embed_tokens.weight
        return network, loaded.tokenizer
    return cast(Language, family.build(family.read_config(alone).config, False)), family.tokenizer(source)


def _open_eyes(network: Grafted, eyes: TowerSource, name: str) -> None:
    wanted = network.vision_tower.state_dict()
    lacking = [key for key in wanted if key not in eyes.weights]
    if lacking:
        raise CheckpointError(f"{name} lacks {len(lacking)} weights of its vision tower, such as {lacking[0]}")
    network.vision_tower.load_state_dict({key: eyes.weights[key].float() for key in wanted})


def _randomise(network: Grafted, generator: torch.Generator) -> None:
    for name, parameter in network.named_parameters():
        is_norm = "norm" in name or ".ln_" in name or "._bn" in name or "layer_scale" in name
        with torch.no_grad():
            if (is_norm and name.endswith("bias")) or (parameter.dim() < 2 and not is_norm):
                parameter.zero_()
            elif is_norm:
                parameter.fill_(1.0)
            else:
                parameter.normal_(std=SPREAD, generator=generator)


def _names_of(eyes: TowerSource) -> Sequence[str]:
    if not eyes.class_names:
        raise SettingsError(
            "start names needs a tower with a classifier whose classes have names: take efficientnet-lite0, and pip "
            'install "mindseye[photo]"'
        )
    return eyes.class_names
