"""What a grafted model sees: names of things in held-out scenes, of photographs, and whether it kept its English.

    python benchmarks/grafts.py scenes runs/smol/checkpoint --before runs/smol/graft
    python benchmarks/grafts.py retrieval runs/compare/checkpoint
    python benchmarks/grafts.py photos runs/photo/checkpoint FOLDER... [--numbered]
    python benchmarks/grafts.py gradients runs/smol/graft

Photographs are compared with what the tower's own classifier says: its accuracy is another matter. With --numbered file
names begin with the number of ImageNet's class ("388_giant_panda.jpg"), and those count that the classifier gets right.
Gradients are those of the projector on batches of scenes: by answers, and by the image's places (docs/graft.md).
"""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import PIL.ImageOps
import torch

import mindseye
from mindseye.checkpoints.load import load
from mindseye.checkpoints.tower_sources import imagenet_names
from mindseye.evaluation.recall import recall_both_ways
from mindseye.inputs.images import open_image
from mindseye.inputs.segments import TextSegment
from mindseye.model import Model
from mindseye.networks.comparison import image_embeddings, text_embedding
from mindseye.training.batches import pack
from mindseye.training.graft_run import placeholder_of
from mindseye.training.lessons import Taught
from mindseye.training.objectives.grafted import GraftedObjective, states_of
from mindseye.training.streams.names import photo_of
from mindseye.training.streams.scenes import NAMING, SceneSettings, SceneStream, noun_of, single_scene, told
from mindseye.training.streams.sights import SightReader
from mindseye.worlds.world import world_called

ENGLISH = """The sun rose slowly over the quiet village, and the fishermen pulled their boats down to the water. Maria
stood at her window and watched them go, as she had done every morning since her brother had left for the city. Water
boils at a hundred degrees at sea level, but on high mountains it boils sooner, because the air presses less. The
parliament was opened in 1848, after years of unrest, and its first law made schools free for all children. She asked
whether the train to Lyon had already left, and the man behind the counter shook his head."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
LIKELY = (0.0, 0.3, 0.6)
COLUMNS, SIDE, LETTERS, GAP = 6, 224, 44, 12  # px


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("scenes", "retrieval", "photos", "gradients"))
    parser.add_argument("model", type=Path)
    parser.add_argument("places", nargs="*", type=Path, help="photographs or folders of them")
    parser.add_argument("--before", type=Path, help="the model before training, to compare its English")
    parser.add_argument("--world", default="corners")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--split", default="test")
    parser.add_argument("--question", default=NAMING[0])
    parser.add_argument("--numbered", action="store_true", help="names of photographs begin with their class")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="photographs and answers as one picture")
    parser.add_argument("--show", action="store_true", help="print every answer")
    arguments = parser.parse_args()
    if arguments.what == "gradients":
        gradients(arguments)
        return
    model = mindseye.load(str(arguments.model))
    if arguments.what == "scenes":
        scenes(model, arguments)
    elif arguments.what == "retrieval":
        retrieval(model, arguments)
    else:
        photos(model, arguments)
    print(f"perplexity of a page of English: {perplexity(model):.2f}", end="")
    if arguments.before:
        print(f" (before: {perplexity(mindseye.load(str(arguments.before))):.2f})", end="")
    print()


def scenes(model: Model, arguments: argparse.Namespace) -> None:
    """Naming the one thing, with the right picture, with that of the next scene, and with a blank one."""
    world, rng = world_called(arguments.world), np.random.default_rng(7)
    shown = [single_scene(world, rng, arguments.split) for _ in range(arguments.count)]
    pictures = [PIL.Image.fromarray(world.render(scene, world.picture_size)) for scene in shown]
    nouns = [noun_of(scene.things[0]) for scene in shown]
    said = answers(model, pictures, arguments.question)
    swapped = [*said[1:], said[0]]
    blank = answers(
        model, [PIL.Image.new("RGB", picture.size, "white") for picture in pictures[:1]], arguments.question
    )
    right, guessed = (
        sum(noun in text for noun, text in zip(nouns, texts, strict=True)) / len(nouns) for texts in (said, swapped)
    )
    if arguments.show:
        print("\n".join(f"{noun}: {text}" for noun, text in zip(nouns, said, strict=True)))
    print(f"names the one thing: {100 * right:.1f} % of {len(nouns)} {arguments.split} scenes; blank: {blank[0]}")
    print(f"with another scene's picture: {100 * guessed:.1f} %; image-swap score {100 * (right - guessed):.1f} points")


def retrieval(model: Model, arguments: argparse.Namespace) -> None:
    """Which caption belongs to which scene, by the head that compares them; all captions differ."""
    world, rng = world_called(arguments.world), np.random.default_rng(7)
    shown: dict[str, Any] = {}
    while len(shown) < arguments.count:
        scene = world.sample_scene(rng, arguments.split)
        shown.setdefault(told(world, scene), scene)
    network, transforms = model.loaded.network, model.loaded.image_processor.transforms
    pictures = [PIL.Image.fromarray(world.render(scene, world.picture_size)) for scene in shown.values()]
    with torch.inference_mode():
        images = image_embeddings(network, [transforms.pixels(picture).to(network.dtype) for picture in pictures])
        texts = torch.stack([text_embedding(network, model.loaded.tokenizer.encode(text)) for text in shown])
    recall = recall_both_ways((images @ texts.T).numpy(), range(len(shown)))
    print(
        f"{len(shown)} {arguments.split} scenes, recall at 1: their own caption {100 * recall.texts[1]:.1f} %, a "
        f"caption's own scene {100 * recall.pictures[1]:.1f} %, by chance {100 * recall.chance_texts[1]:.1f} %"
    )


def photos(model: Model, arguments: argparse.Namespace) -> None:
    """Whether it says what the classifier sees."""
    files = [path for place in arguments.places for path in ([place] if place.is_file() else sorted(place.rglob("*")))]
    files = [path for path in files if path.suffix.lower() in SUFFIXES]
    pictures, names = [open_image(path) for path in files], imagenet_names()
    network, transforms = model.loaded.network, model.loaded.image_processor.transforms
    with torch.inference_mode():
        seen = [network.see(transforms.pixels(p)[None].to(network.dtype)).float() for p in pictures]
        classify = network.vision_tower._fc
        scores = torch.cat([features.mean(1) @ classify.weight.float().T + classify.bias.float() for features in seen])
    likely, classes = scores.softmax(-1).max(-1)
    said = answers(model, pictures, arguments.question)
    expected = [names[c] for c in classes.tolist()]
    agrees = torch.tensor([text == photo_of(name) for text, name in zip(said, expected, strict=True)])
    names_it = torch.tensor([name.lower() in text.lower() for text, name in zip(said, expected, strict=True)])
    if arguments.sheet:
        sheet(pictures, said).save(arguments.sheet, quality=85)
    if arguments.show:
        rows = zip(files, classes.tolist(), likely.tolist(), said, strict=True)
        print("\n".join(f"{path.name}: {names[c]} ({p:.2f}) | {text}" for path, c, p, text in rows))
    if arguments.numbered:
        known = torch.tensor([int(path.name.split("_")[0]) for path in files]) == classes
        print(
            f"the classifier is right about {int(known.sum())} of {len(files)} photographs: says the same in "
            f"{100 * agrees[known].float().mean():.1f} %, names the same in any words in "
            f"{100 * names_it[known].float().mean():.1f} %"
        )
    for least in LIKELY:
        some = likely >= least
        exact, named = (100 * each[some].float().mean() for each in (agrees, names_it))
        print(
            f"where the classifier is {least:.0%} sure, {int(some.sum())} photographs: says the same in {exact:.1f} %, "
            f"names the same in any words in {named:.1f} %"
        )


def gradients(arguments: argparse.Namespace) -> None:
    """Norms of the projector's gradient by each of the two losses, and by their sum."""
    loaded = load(arguments.model, dtype=torch.float32)
    network, processor = loaded.network, loaded.image_processor
    network.requires_grad_(False)
    weights = list(network.projector.requires_grad_(True).parameters())
    reader = SightReader(loaded.tokenizer, loaded.prompt_format, processor.num_tokens)
    settings, world = SceneSettings(arguments.world, batch_size=12), world_called(arguments.world)
    objective = GraftedObjective(network.device, image_weight=1.0, placeholder=placeholder_of(loaded))
    pulls = {"answers": [], "image's places": [], "both": []}
    for number in range(4):
        batch = SceneStream(settings, world, reader, processor.transforms, 0)[number]
        counts = objective.counts(batch)
        sums = objective.sums(network, batch, torch.Generator())
        means = [sums[name] / counts[name] for name in ("ce", "image_ce")]
        found = [flat(torch.autograd.grad(mean, weights, retain_graph=True)) for mean in means]
        for pull, norm in zip(pulls.values(), (*found, found[0] + found[1]), strict=True):
            pull.append(norm.norm().item())
        cosine = torch.cosine_similarity(*found, dim=0).item()
        print(f"batch {number}: losses {means[0]:.2f} and {means[1]:.2f}, cosine of their gradients {cosine:.2f}")
    norms = ", ".join(f"{name} {sum(norm) / len(norm):.3g}" for name, norm in pulls.items())
    print(f"gradient norm of the projector, mean of 4 batches of 12 scenes: {norms}")


def flat(gradients: Sequence[torch.Tensor]) -> torch.Tensor:
    """All numbers in a row."""
    return torch.cat([gradient.flatten() for gradient in gradients])


def sheet(pictures: list[PIL.Image.Image], said: list[str]) -> PIL.Image.Image:
    """Photographs in rows, what was said of each below it."""
    rows = math.ceil(len(pictures) / COLUMNS)
    page = PIL.Image.new("RGB", (COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + LETTERS + GAP) + GAP), "white")
    pen, font = PIL.ImageDraw.Draw(page), PIL.ImageFont.load_default(16)
    for number, (picture, text) in enumerate(zip(pictures, said, strict=True)):
        row, column = divmod(number, COLUMNS)
        left, top = GAP + column * (SIDE + GAP), GAP + row * (SIDE + LETTERS + GAP)
        page.paste(PIL.ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE)), (left, top))
        pen.multiline_text((left, top + SIDE + 4), "\n".join(textwrap.wrap(text, 28)[:2]), "black", font)
    return page


def answers(model: Model, pictures: list[PIL.Image.Image], question: str) -> list[str]:
    """One answer a picture, all in one engine."""
    requests = [model.request("ask", [picture, question], max_tokens=24, temperature=0.0) for picture in pictures]
    return [reply.text for reply in model.run(requests)]


def perplexity(model: Model) -> float:
    """Of a fixed page of English, without any marks around it."""
    network = model.loaded.network
    ids = tuple(model.loaded.tokenizer.encode(" ".join(ENGLISH.split())))
    batch = pack([(Taught(TextSegment(ids)),)])
    with torch.inference_mode():
        states = states_of(network, batch, [], network.device)
        losses = torch.nn.functional.cross_entropy(network.logits(states)[:-1].float(), torch.tensor(ids[1:]))
    return math.exp(losses)


if __name__ == "__main__":
    main()
