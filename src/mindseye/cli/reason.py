"""`mindseye reason IMAGE... QUESTION`: think in words and pictures, step by step."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .inputs import free_folder, images_then_words, make_folder
from .options import Commands, add_model_options, add_system_prompt, check_request, load_model
from .saving import add_outlet_options

if TYPE_CHECKING:
    import PIL.Image

    from ..generation.turns import Request
    from ..model import Model
    from .saving import Outlet, Saver


def register(commands: Commands) -> None:
    parser = commands.add_parser("reason", help="solve a puzzle in alternating words and pictures")
    parser.add_argument("said", nargs="+", metavar="IMAGE... QUESTION", help="image files, then the question")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="folder for pictures, reasoning_data.json and index.html (default: a new one)",
    )
    parser.add_argument("--max-rounds", type=int, default=16, help="most texts of the trace (1 to 1000)")
    parser.add_argument("--max-images", type=int, default=8, help="most pictures of the trace (up to 1000); 0 for none")
    parser.add_argument("--image-bias", type=float, default=0.0, help="leans the model towards drawing (-1e9 to 1e9)")
    add_outlet_options(parser)
    add_system_prompt(parser)
    add_options(parser.add_argument_group("drawing"), ImageParams)
    add_options(parser.add_argument_group("writing"), TextParams)
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the steps as they come; write the trace if asked."""
    from ..generation.policies import WhenToDraw
    from ..whole_files import give_back
    from .notes import note_unknown
    from .saving import Outlet, image_facts, policy_facts, request_facts

    policy = WhenToDraw(
        "model" if args.max_images else "never", args.image_bias, max_rounds=args.max_rounds, max_images=args.max_images
    )
    options = chosen_options(args, ImageParams, TextParams)
    items = images_then_words(args.said, "question")
    check_request(args, "generate", items)
    outlet = Outlet.of(args)
    folder = make_folder(args.output) if args.output else free_folder("reasoning")
    try:
        model = load_model(args)
        request = model.request(
            "generate", items, when_to_draw=policy, seed=args.seed, system_prompt=args.system_prompt, **options
        )
        told = {**request_facts(request, image_facts(args.said[:-1], items)), **policy_facts(policy)}
        status = solve(args, model, request, folder, outlet.telling(told))
        note_unknown(args, items)
        return status
    finally:
        if not args.output:
            give_back(folder)  # where nothing came


def solve(args: argparse.Namespace, model: Model, request: Request, folder: Path, outlet: Outlet) -> int:
    """Run the request; the trace is written too when something ends it early, with all that came."""
    from ..reply import parts_of
    from .saving import Saver
    from .show import Screen, end_facts, print_json

    saver = Saver(model, request, lambda number: folder / f"step-{number}.png", outlet, is_quiet=args.json)
    screen = Screen(args, saver)
    end: dict[str, Any] = {"finish": "stopped"}
    try:
        reply = model.reply(request, screen.show(model.stream(request)))
        end = end_facts(reply.end)
    finally:
        parts, _ = parts_of(screen.seen)
        if parts:
            facts = trace_of(args, request, saver, parts)
            page = write_trace(folder, {**facts, **end}, args.said[:-1], request, parts)
            if args.json:
                print_json({**facts, **end})
            else:
                print(page)
    return 0


def trace_of(
    args: argparse.Namespace, request: Request, saver: Saver, parts: Sequence[str | PIL.Image.Image]
) -> dict[str, Any]:
    """The steps as data."""
    words = [part for part in parts if isinstance(part, str)]
    return {
        "prompt": args.said[-1],
        "system_prompt": request.system_prompt,
        "problem_images": args.said[:-1],
        "steps": saver.parts(parts),
        "final_answer": final_answer("\n".join(words)),
        "seed": request.seed,
        "model": args.model,
    }


def final_answer(text: str) -> str | None:
    """What stands behind "Final Answer:" or its Chinese form, or None."""
    _, *answers = re.split("Final Answer:|最终答案：", text)
    return answers[-1].strip() if answers else None


def write_trace(
    folder: Path, facts: dict[str, Any], names: list[str], request: Request, parts: Sequence[str | PIL.Image.Image]
) -> Path:
    """`reasoning_data.json` and a page that tells the trace as a story; returns the page."""
    from ..messages import Image
    from ..page import Page
    from ..whole_files import write_whole

    stamped = {"timestamp": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
    write_whole(folder / "reasoning_data.json", json.dumps(stamped, ensure_ascii=False, indent=2))
    page = Page(facts["prompt"], f"{facts['model']}, {stamped['timestamp']}")
    given = [item.image for item in request.items if isinstance(item, Image)]
    page.pictures([(image, Path(name).name) for image, name in zip(given, names)])
    words = ""
    for part in parts:
        if isinstance(part, str):
            page.quote(part)
            words = part
        else:
            page.pictures([(part, words)])
    return page.save(folder / "index.html")
