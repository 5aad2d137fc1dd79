"""`mindseye doctor`: why does a model not see?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..printable import printable
from .options import Commands, add_output_options

if TYPE_CHECKING:
    from ..evaluation.doctor.examine import Examination
    from ..evaluation.doctor.plan import Plan, PlannedStage
    from ..inputs.rows import Row
    from ..training.graft_recipe import GraftStage

STATUS_ILL = 1
MOST_ROWS = 64
MARKS = {True: "ok", False: "WRONG", None: "-"}


def register(commands: Commands) -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="find out why a model does not see",
        description="Measure each step from pixels to answers and say in a sentence what is wrong. Exit status 1 where "
        "something is.",
    )
    parser.add_argument("model", metavar="MODEL", help='"pocket", a folder or a hub id')
    parser.add_argument("--data", type=Path, metavar="FILE", help="rows, JSONL or Parquet (default: drawn scenes)")
    parser.add_argument("--image-root", type=Path, metavar="FOLDER", help="where pictures may lie, too")
    parser.add_argument("--recipe", type=Path, metavar="FILE", help="look at this recipe's parts and rates, too")
    parser.add_argument("--num", type=int, default=8, metavar="N", help="rows to look at closely (default: 8)")
    parser.add_argument("--seed", type=int, default=0, help="of scenes and of pictures' partners (default: 0)")
    parser.add_argument("--weights", metavar="FILE", help="name of the weight file in the folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)")
    parser.add_argument("--dtype", help="float32 or bfloat16 (default: float32 for small models)")
    parser.add_argument("-o", "--output", type=Path, metavar="PAGE", help="a page with what was looked at, .html")
    add_output_options(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Examine, print, write the page; exit status 1 where a mistake was found."""
    from ..checkpoints.defaults import Defaults
    from ..checkpoints.load import load
    from ..evaluation.doctor.cases import read_cases
    from ..evaluation.doctor.examine import examine
    from ..evaluation.doctor.page import save_page
    from ..evaluation.doctor.patient import Patient
    from ..inputs.image_processors import NoEyes
    from ..model import Model
    from ..networks.grafted import Grafted
    from ..worlds.world import DEFAULT_WORLD
    from .show import print_json

    check(args)
    plan = plan_of(args.recipe) if args.recipe else None
    loaded = load(args.model, device=args.device, dtype=args.dtype, weights_name=args.weights, understanding_only=True)
    if isinstance(loaded.image_processor, NoEyes):
        raise InputError(f"{args.model} has no eyes; give it some by mindseye graft")
    drawn = naming_rows if isinstance(loaded.network, Grafted) else question_rows
    world = Defaults.from_folder(loaded.folder).world or DEFAULT_WORLD
    cases = read_cases(data_rows(args.data) if args.data else drawn(args.seed, world), args.image_root)
    patient = Patient(Model(loaded, args.model), cases, plan, num=args.num, seed=args.seed)
    found = examine(patient, watch(args.quiet))
    if args.json:
        print_json({"model": args.model, **found.as_json(), "broken_rows": list(cases.broken)})
    else:
        print_findings(found, cases.broken)
    if args.output:
        save_page(patient, found, args.output)
        if not args.json:
            print(args.output)
    return STATUS_ILL if found.mistakes else 0


def check(args: argparse.Namespace) -> None:
    """InputError for options that cannot be."""
    from ..params import check_seed

    if not 2 <= args.num <= MOST_ROWS:
        raise InputError(f"--num is {args.num}; expected 2 to {MOST_ROWS}")
    if args.output and args.output.suffix.lower() != ".html":
        raise InputError(f'--output is "{args.output}"; expected a name that ends in .html')
    if args.model == "fake":
        raise InputError("fake has no weights, so nothing can be measured; name a model with some")
    check_seed(args.seed)


def data_rows(file: Path) -> Iterator[Row]:
    """The first rows of a file."""
    from ..inputs.row_files import RowFiles
    from ..inputs.row_order import Reading

    return islice(RowFiles([file]).read(Reading()), MOST_ROWS)


def question_rows(seed: int, world: str) -> Iterator[Row]:
    """Drawn scenes of one thing, with questions such as a model of that world was taught."""
    from ..data.world import Scenes, scene_rows
    from ..inputs.rows import Row

    scenes = Scenes(world, ("question",), 1, MOST_ROWS, num_things=1, seed=seed)
    held_out = (row for row in scene_rows(scenes) if row.fields["split"] != "train")
    for number, row in enumerate(islice(held_out, MOST_ROWS)):
        yield Row(number, row.fields["sample_id"], {**row.fields, "image_bytes": row.picture}, Path("scenes"))


def naming_rows(seed: int, world_name: str) -> Iterator[Row]:
    """The same scenes, with the question that our recipes teach a grafted model."""
    import numpy as np
    import PIL.Image

    from ..data.writing import conversation
    from ..inputs.rows import Row
    from ..pictures import to_png
    from ..training.streams.scenes import NAMING, name_in, single_scene
    from ..worlds.world import world_called

    world = world_called(world_name)
    for number in range(MOST_ROWS):
        scene = single_scene(world, np.random.default_rng((seed, number)), "test")
        turns = conversation(NAMING[0], f"A picture of {name_in(world, scene)}.")
        picture = to_png(PIL.Image.fromarray(world.render(scene, world.picture_size)))
        yield Row(number, f"scene-{number}", {"conversations": turns, "image_bytes": picture}, Path("scenes"))


def plan_of(recipe: Path) -> Plan:
    """What a recipe of a grafted model moves; SettingsError for another kind of recipe."""
    from ..errors import SettingsError
    from ..evaluation.doctor.plan import Plan
    from ..samples import resolve
    from ..settings import load_settings
    from ..training.graft_recipe import GraftRecipe
    from .train import is_graft

    path = resolve(recipe)
    if not is_graft(path):
        raise SettingsError(f"{recipe} is no recipe for a grafted model; only their parts and rates are looked at")
    return Plan(tuple(planned(stage) for stage in load_settings(GraftRecipe, path).stages))


def planned(stage: GraftStage) -> PlannedStage:
    """One stage as the doctor sees it."""
    from ..evaluation.doctor.plan import PlannedPart, PlannedStage

    pace = stage.optimizer
    mean = sum(pace.learning_rate_at(step) for step in range(pace.num_steps)) / pace.num_steps / pace.learning_rate
    parts = [PlannedPart(part.names, part.learning_rate, part.lora is not None) for part in stage.parts.values()]
    return PlannedStage(stage.name, pace.num_steps, mean, tuple(parts))


def print_findings(found: Examination, broken: tuple[str, ...]) -> None:
    """A line a measurement, then the verdict."""
    for finding in found.findings:
        print(printable(f"{MARKS[finding.is_well]:<6}{finding.name:<17}{finding.said}"))
    if broken:
        print(printable(f"{len(broken)} rows could not be read, the first is {broken[0]}"))
    print(printable(f"\nverdict: {found.verdict}"))
    if found.remedy:
        print(printable(f"do first ({found.mistakes[0].name}): {found.remedy}"))


def watch(is_quiet: bool):  # type: ignore[no-untyped-def]
    """Says on a terminal what is being measured."""
    if is_quiet or not sys.stderr.isatty():
        return lambda name: None
    return lambda name: print(f"\r\033[K{name}", end="\r", file=sys.stderr, flush=True)
