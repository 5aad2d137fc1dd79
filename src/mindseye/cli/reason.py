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
from .options import Commands, add_model_options, add_system_prompt, load_model

if TYPE_CHECKING:
    from ..model import Reply


def register(commands: Commands) -> None:
    parser = commands.add_parser("reason", help="solve a puzzle in alternating words and pictures")
    parser.add_argument("said", nargs="+", metavar="IMAGE... QUESTION", help="image files, then the question")
    parser.add_argument(
        "-o", "--output", type=Path, help="folder for the trace: pictures, reasoning_data.json, index.html"
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
    from .show import Screen, end_facts, print_json

    *images, question = args.said
    policy = WhenToDraw(
        "model" if args.max_images else "never", args.image_bias, max_rounds=args.max_rounds, max_images=args.max_images
    )
    model = load_model(args)
    request = model.request(
        "generate",
        [*map(Path, images), question],
        when_to_draw=policy,
        seed=args.seed,
        system_prompt=args.system_prompt,
        **chosen_options(args, ImageParams, TextParams),
    )
    reply = model.reply(request, Screen(args).show(model.stream(request)))
    folder = args.output or (Path() if not args.json else None)
    steps = write_steps(reply, folder, quiet=args.json)
    facts: dict[str, Any] = {
        "prompt": question,
        "system_prompt": request.system_prompt,
        "problem_images": images,
        "steps": steps,
        "final_answer": final_answer(reply.text),
        "seed": request.seed,
        "model": args.model,
        **end_facts(reply.end),
    }
    if args.output:
        write_trace(args.output, facts, images, reply)
    if args.json:
        print_json(facts)
    return 0


def final_answer(text: str) -> str | None:
    """What stands behind "Final Answer:" or its Chinese form, or None."""
    _, *answers = re.split("Final Answer:|最终答案：", text)
    return answers[-1].strip() if answers else None


def write_steps(reply: Reply, folder: Path | None, quiet: bool) -> list[dict[str, str]]:
    """Save the pictures as step-1.png, step-2.png ...; returns the steps with text or image path."""
    from ..pictures import save_png

    steps: list[dict[str, str]] = []
    for part in reply.parts:
        if isinstance(part, str):
            steps.append({"text": part})
        elif folder is None:
            steps.append({"image": ""})
        else:
            number = sum("image" in step for step in steps) + 1
            path = save_png(part, folder / f"step-{number}.png", reply.facts)
            steps.append({"image": str(path)})
            if not quiet:
                print(path)
    return steps


def write_trace(folder: Path, facts: dict[str, Any], images: list[str], reply: Reply) -> None:
    """`reasoning_data.json` and a page that tells the trace as a story."""
    from ..inputs.images import open_image
    from ..page import Page

    stamped = {"timestamp": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
    folder.mkdir(parents=True, exist_ok=True)
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
