"""`mindseye demo`: one of everything, checked against the truth, on one page."""

from __future__ import annotations

import argparse
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, check_seed
from .options import Commands, add_output_options, load_model

if TYPE_CHECKING:
    from ..evaluation.marking import Mark
    from ..evaluation.showcase import Act, Showcase
    from ..model import Model, Reply
    from ..page import Page
    from ..worlds.world import World

SEED = 1


def register(commands: Commands) -> None:
    parser = commands.add_parser("demo", help="see one of everything: questions, drawings, an edit, a puzzle")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("demo"), metavar="FOLDER", help="where it is written (default: demo)"
    )
    parser.add_argument("--num-timesteps", type=int, metavar="INT", help="points of a drawing's schedule (2 to 10000)")
    group = parser.add_argument_group("model and output")
    group.add_argument("--model", default="pocket", help='"pocket", a folder or a hub id (default: pocket)')
    group.add_argument("--weights", default=None, metavar="FILE", help="name of the weight file in the folder")
    group.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    group.add_argument("--dtype", default="auto", help="auto, float32 or bfloat16 (default: auto)")
    group.add_argument("--seed", type=int, default=SEED, help=f"the same seed shows the same (default: {SEED})")
    add_output_options(group)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Run the show, write the page, say what to try next."""
    from ..evaluation.showcase import showcase_of
    from ..worlds.world import DEFAULT_WORLD, world_called
    from .show import print_json

    started = time.perf_counter()
    check_seed(args.seed)
    if args.num_timesteps is not None:
        ImageParams(num_timesteps=args.num_timesteps)  # complain before the model is loaded
    model = load_model(args)
    world = world_called(model.defaults.world or DEFAULT_WORLD)
    showcase = showcase_of(world.name)
    draw_samples(world, showcase, args.output)
    page, told = start_page(args.model, showcase), []
    for number, act in enumerate(showcase.acts(args.seed), 1):
        told.append(perform(model, act, number, args, page))
    seconds = time.perf_counter() - started
    end_page(page, told, seconds, model, showcase)
    path = page.save(args.output / "index.html")
    if args.json:
        print_json({"model": args.model, "acts": told, "page": str(path), "seconds": round(seconds, 2)})
    else:
        right = sum(act["is_right"] for act in told)
        print(f"\n{right} of {len(told)} right. All of it on one page, made in {seconds:.1f} s:\n  {path}")
        print("\nTry next:")
        for command in next_commands(args):
            print(f"  {command}")
    return 0


def draw_samples(world: World, showcase: Showcase, folder: Path) -> None:
    """The pictures that the show is about, to look at and to try things with."""
    from PIL.Image import fromarray

    from ..errors import InputError
    from ..pictures import save_png

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, scene in showcase.scenes.items():
            save_png(fromarray(world.render(scene, world.picture_size)), folder / f"{name}.png", {})
    except OSError as error:
        raise InputError(f"the demo cannot be written to {folder}: {error.strerror or error}") from error


def perform(model: Model, act: Act, number: int, args: argparse.Namespace, page: Page) -> dict[str, Any]:
    """Ask one request, show what came of it, and return it as data."""
    from ..evaluation.answers import Answer
    from ..evaluation.marking import mark
    from .show import Screen

    exam = act.exam
    words = next(item for item in exam.items if isinstance(item, str))
    if not args.json:
        print(f"\n{act.verb:<13}{f'{act.sample}.png ' if act.sample else ''}{words}", flush=True)
    options = {"num_timesteps": args.num_timesteps} if args.num_timesteps is not None else {}
    request = model.request(
        exam.task,  # type: ignore[arg-type]
        exam.items,
        seed=exam.seed,
        think=exam.think,
        when_to_draw=exam.when_to_draw,
        **options,
    )
    reply = model.reply(request, Screen(args, echo_text=False).show(model.stream(request)))
    judged = mark(exam, Answer(reply.parts, reply.thought))
    paths = save_pictures(reply, args.output, f"{number}-{act.verb.split()[0]}")
    if not args.json:
        print_answer(reply, judged, paths)
    add_to_page(page, act, reply, judged)
    said = {"verb": act.verb, "sample": act.sample, "request": words, "text": reply.text, "thought": reply.thought}
    checked = {"is_right": judged.is_right, "found": judged.found, "expected": judged.expected}
    return {**said, "pictures": [str(path) for path in paths], **checked}


def save_pictures(reply: Reply, folder: Path, stem: str) -> list[Path]:
    """Every picture of a reply, numbered where there are several."""
    from ..pictures import save_png

    if len(reply.images) == 1:
        return [reply.save(folder / f"{stem}.png")]
    return [
        save_png(image, folder / f"{stem}-step-{step}.png", reply.facts) for step, image in enumerate(reply.images, 1)
    ]


def print_answer(reply: Reply, judged: Mark, paths: list[Path]) -> None:
    """The answer as it came, and whether it is right."""
    if reply.thought:
        print(f"   thought   {reply.thought}")
    left = iter(paths)
    for part in reply.parts:
        print(f"   {'wrote     ' + part if isinstance(part, str) else f'drew      {next(left)}'}")
    print(f"   {verdict_of(judged)}")


def verdict_of(judged: Mark) -> str:
    """One line that never flatters."""
    said = "✓ right" if judged.is_right else f"✗ wrong; found: {judged.found}; expected: {judged.expected}"
    if "steps" not in judged.tallies:
        return said
    right, total = judged.tallies["steps"]
    return f"{said}; {right} of {total} pictures on the way right"


def start_page(model: str, showcase: Showcase) -> Page:
    """The page's opening."""
    from ..page import Page

    title = "One network that sees, answers, draws and imagines"
    page = Page(title, f"mindseye demo with the model {Path(model).name}")
    page.text(showcase.introduction)
    return page


def add_to_page(page: Page, act: Act, reply: Reply, judged: Mark) -> None:
    """One act: what was given, what was said, what came."""
    from PIL.Image import fromarray

    from ..worlds.episodes import Show

    words = next(item for item in act.exam.items if isinstance(item, str))
    page.heading(act.title)
    page.quote(words)
    given = next((step.scene for step in act.exam.episode.steps if isinstance(step, Show)), None)
    world = act.exam.world
    shown = [(fromarray(world.render(given, world.picture_size)), "given")] if act.sample else []
    caption, closing = "", ""
    for part in reply.parts:
        if isinstance(part, str):
            caption = closing = part
        else:
            shown.append((part, caption or "drawn"))
            caption, closing = "", ""
    if reply.thought:
        page.text(f"It thought: {reply.thought}")
    if shown:
        page.pictures(shown, arrows=True)
    if closing:
        page.text(f"It answered: {closing}")
    page.text(verdict_of(judged))


def end_page(page: Page, told: list[dict[str, Any]], seconds: float, model: Model, showcase: Showcase) -> None:
    """Numbers and credits."""
    parameters = model.loaded.network.num_parameters
    right = sum(act["is_right"] for act in told)
    page.heading("How it was made")
    page.text(
        f"{right} of {len(told)} right; {seconds:.1f} s from start to end, loading included; {parameters / 1e6:.1f} "
        "million parameters. “mindseye judge” asks hundreds of such requests and prints the shares."
    )
    page.text(showcase.credits)


def next_commands(args: argparse.Namespace) -> tuple[str, str, str]:
    """Three things to type."""
    model = "" if args.model == "pocket" else f" --model {shlex.quote(args.model)}"
    chosen = "" if args.model == "pocket" else f" {shlex.quote(args.model)}"
    sample = shlex.quote(str(args.output / "cat-dog.png"))
    return (
        f'mindseye draw "three frogs on a yellow background"{model}',
        f'mindseye edit {sample} "remove the cat"{model}',
        f"mindseye judge{chosen} --num 10 -o judged",
    )
