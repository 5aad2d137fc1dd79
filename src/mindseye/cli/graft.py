"""`mindseye graft`: a language model and a vision tower become one model, which has yet to learn to see."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

PRESETS: dict[str, dict[str, str]] = {
    "mini": {"language_model": "distilgpt2", "vision_encoder": "openai/clip-vit-base-patch16"},
    "base": {"language_model": "gpt2", "vision_encoder": "openai/clip-vit-base-patch16"},
    "large": {"language_model": "gpt2", "vision_encoder": "openai/clip-vit-large-patch14"},
    "smol": {"language_model": "smollm2-135m-instruct", "vision_encoder": "pocket"},
    "photo": {
        "language_model": "smollm2-135m-instruct",
        "vision_encoder": "efficientnet-lite0",
        "image_tokens": "pool",
        "start": "names",
        "tokens_each": "4",
    },
}


def register(commands: Any) -> None:
    """Add the verb to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "graft",
        help="give a language model eyes: join it with a vision tower",
        description="Make a checkpoint folder from a causal language model and a vision tower. Train it afterwards "
        "(mindseye train recipes/smol.yaml): a new projector says nothing of what is seen.",
    )
    parser.add_argument("--preset", choices=PRESETS, help="parts that go well together")
    parser.add_argument("--language-model", metavar="MODEL", help="a folder, a hub id, a GGUF file")
    parser.add_argument(
        "--vision-encoder", metavar="MODEL", help='CLIP, SigLIP or DINOv2; "efficientnet-lite0"; "pocket"'
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the model goes")
    parser.add_argument("--projector", choices=("linear", "mlp", "query"), help="what joins them (default: mlp)")
    parser.add_argument("--tokens-each", metavar="N", help="tokens that an mlp makes of a feature (default: 1)")
    parser.add_argument("--num-queries", type=int, default=16, metavar="N", help="tokens of the projector query")
    parser.add_argument(
        "--image-tokens", metavar="CHOICE", help="patches, pool, grid:N, shuffle:F, first or patch:N (default: patches)"
    )
    parser.add_argument(
        "--start", choices=("random", "names"), help="names: from the tower's classifier and the names of its classes"
    )
    parser.add_argument("--contrastive", action="store_true", help="also a head that compares images with texts")
    parser.add_argument("--random-init", action="store_true", help="sizes and tokenizer only, weights by chance")
    parser.add_argument("--seed", type=int, default=0, help="of what is by chance (default: 0)")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the folder; returns the exit status."""
    from ..checkpoints.graft import GraftOptions, graft
    from ..errors import InputError
    from ..networks.projector import ProjectorConfig

    chosen = dict(PRESETS.get(arguments.preset or "", {}))
    for name in ("language_model", "vision_encoder", "image_tokens", "start", "tokens_each"):
        if getattr(arguments, name) is not None:
            chosen[name] = getattr(arguments, name)
    for name in ("language_model", "vision_encoder"):
        if name not in chosen:
            raise InputError(f"--{name.replace('_', '-')} is missing; name one, or take a --preset")
    if (arguments.output / "config.json").exists():
        raise InputError(f"{arguments.output} holds a model already; remove it, or take another folder")
    network = graft(
        chosen["language_model"],
        chosen["vision_encoder"],
        arguments.output,
        GraftOptions(
            projector=ProjectorConfig(
                arguments.projector or "mlp",
                tokens_each=_count(chosen.get("tokens_each", "1")),
                num_queries=arguments.num_queries,
            ),
            image_tokens=chosen.get("image_tokens", "patches"),
            start=chosen.get("start", "random"),  # type: ignore[arg-type]
            has_contrastive_head=arguments.contrastive,
            random_init=arguments.random_init,
            seed=arguments.seed,
        ),
    )
    config = network.config
    print(
        f"{arguments.output}: {network.num_parameters / 1e6:.1f} million weights, {config.tower.image_size} px become "
        f"{config.num_image_tokens} image tokens"
    )
    return 0


def _count(word: str) -> int:
    from ..errors import InputError

    if not word.isdigit() or not 1 <= int(word) <= 1000:
        raise InputError(f"--tokens-each is {word}; expected 1 to 1000")
    return int(word)
