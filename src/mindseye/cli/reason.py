"""`mindseye reason IMAGE... QUESTION`: think in words and pictures, step by step."""

from __future__ import annotations

import argparse
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..params import ImageParams, TextParams
from .fields import add_options, chosen_options
from .inputs import free_folder, images_then_words, make_folder
from .options import Commands, add_model_options, add_system_prompt, load_model

if TYPE_CHECKING:
    from ..model import Reply


def register(commands: Commands) -> None:
    parser = commands.add_parser("reason", help="solve a puzzle in alternating words and pictures")
    parser.add_argument("said", nargs="+", metavar="IMAGE... QUESTION", help="image files, then the question")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        help="folder for pictures, reasoning_data.json and index.html (default: a new one)",
    )
    parser.add_argument("--max-rounds", type=int, default=16, help="most texts of the trace")
    parser.add_argument("--max-images", type=int, default=8, help="most pictures of the trace; 0 thinks in words alone")
    parser.add_argument("--image-bias", type=float, default=0.0, help="leans the model towards drawing")
    add_system_prompt(parser)
    add_options(parser.add_argument_group("drawing"), ImageParams)
    add_options(parser.add_argument_group("writing"), TextParams)
    add_model_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the steps as they come; write the trace if asked."""
    from ..generation.policies import WhenToDraw
    from .show import Saver, Screen, end_facts, print_json

    items = images_then_words(args.said, "question")
    *images, question = args.said
    policy = WhenToDraw(
        "model" if args.max_images else "never", args.image_bias, max_rounds=args.max_rounds, max_images=args.max_images
    )
    options = chosen_options(args, ImageParams, TextParams)
    folder = make_folder(args.output or free_folder("reasoning"))
    model = load_model(args)
    request = model.request(
        "generate", items, when_to_draw=policy, seed=args.seed, system_prompt=args.system_prompt, **options
    )
    saver = Saver(model, request, lambda number: folder / f"step-{number}.png", is_quiet=args.json)
    reply = model.reply(request, Screen(args, saver).show(model.stream(request)))
    facts: dict[str, Any] = {
        "prompt": question,
        "system_prompt": request.system_prompt,
        "problem_images": images,
        "steps": saver.parts(reply),
        "final_answer": final_answer(reply.text),
        "seed": request.seed,
        "model": args.model,
        **end_facts(reply.end),
    }
    page = write_trace(folder, facts, images, reply)
    if args.json:
        print_json(facts)
    else:
        print(page)
    return 0


def final_answer(text: str) -> str | None:
    """What stands behind "Final Answer:" or its Chinese form, or None."""
    _, *answers = re.split("Final Answer:|最终答案：", text)
    return answers[-1].strip() if answers else None


def write_trace(folder: Path, facts: dict[str, Any], images: list[str], reply: Reply) -> Path:
    """`reasoning_data.json` and a page that tells the trace as a story; returns the page."""
    from ..inputs.images import open_image
    from ..page import Page

    stamped = {"timestamp": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
    (folder / "reasoning_data.json").write_text(json.dumps(stamped, ensure_ascii=False, indent=2), encoding="utf-8")
    page = Page(facts["prompt"], f"{facts['model']}, {stamped['timestamp']}")
    page.pictures([(open_image(Path(image)), Path(image).name) for image in images])
    words = ""
    for part in reply.parts:
        if isinstance(part, str):
            page.quote(part)
            words = part
        else:
            page.pictures([(part, words)])
    page.save(folder / "index.html")
    return folder / "index.html"
