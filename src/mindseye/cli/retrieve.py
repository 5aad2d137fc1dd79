"""`mindseye retrieve`: which texts belong to which images."""

from __future__ import annotations

import argparse
from typing import Any, cast

from .inputs import is_file, looks_like_image, open_given
from .options import Commands, add_model_options, load_model


def register(commands: Commands) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "retrieve",
        help="rank texts for images and images for texts",
        description="Compare images with texts by a grafted model's contrastive head; 1 is the best match, 0 none.",
    )
    parser.add_argument("said", nargs="+", metavar="IMAGE|TEXT", help="image files and texts, in any order")
    parser.add_argument("--top", type=int, default=3, metavar="K", help="how many to show of each (default: 3)")
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the best texts of each image, then the best images of each text; returns the exit status."""
    import torch

    from ..errors import InputError
    from ..messages import Image
    from ..networks.comparison import image_embeddings, text_embedding
    from .show import print_json

    names = [word for word in arguments.said if is_file(word) or looks_like_image(word)]
    texts = [word for word in arguments.said if word not in names]
    if not names or not texts:
        raise InputError(f"{len(names)} images and {len(texts)} texts were given; expected one or more of both")
    if not all(text.strip() for text in texts):
        raise InputError("one of the texts is empty; expected words")
    if arguments.top < 1:
        raise InputError(f"--top is {arguments.top}; expected 1 or more")
    images: list[Image] = [open_given(name) for name in names]
    loaded = load_model(arguments, understanding_only=True).loaded
    network, encode = cast(Any, loaded.network), loaded.tokenizer.encode
    with torch.inference_mode():
        frame = loaded.prompt_format.image_frame
        of_texts = torch.stack([text_embedding(network, encode(text)) for text in texts])
        segments = [cast(Any, loaded.image_processor.segments(image.image, frame)[0]) for image in images]
        of_images = image_embeddings(network, [segment.pixels for segment in segments])
    cosines = of_images @ of_texts.T
    found = {
        "texts": {name: _best(row, texts, arguments.top) for name, row in zip(names, cosines, strict=True)},
        "images": {text: _best(row, names, arguments.top) for text, row in zip(texts, cosines.T, strict=True)},
    }
    if arguments.json:
        print_json(found)
        return 0
    for matches in found.values():
        for thing, best in matches.items():
            print(thing)
            for match in best:
                print(f"  {match['cosine']:.3f}  {match['match']}")
    return 0


def _best(row: Any, choices: list[str], top: int) -> list[dict[str, Any]]:
    values, places = row.topk(min(top, len(choices)))
    return [{"match": choices[i], "cosine": round(v, 4)} for v, i in zip(values.tolist(), places.tolist(), strict=True)]
