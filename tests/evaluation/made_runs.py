"""Runs as a batch writes them, made by hand: right, wrong, missing and failed rows of true puzzles."""

import json

import numpy as np
from PIL import Image

from mindseye.worlds.puzzle_rows import puzzle_rows

FAILURE = "InputError: problem_image_1 was not found"


def make_run(folder, num=6, errors=(), wrong=(), noise=0.0, seed=5):
    """A run over `num` puzzles; rows whose number is in `errors` failed, those in `wrong` answer and draw wrongly."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    lines = []
    for number, (row, pictures) in enumerate(puzzle_rows(num, seed, world_name="corners")):
        for name, picture in pictures.items():
            _save(picture, folder.parent / "rows" / name)
        lines.append(
            _failed(row) if number in errors else _answered(folder, row, pictures, number in wrong, noise, rng)
        )
    (folder / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = folder.parent / "rows" / "puzzles.jsonl"
    (folder / "summary.json").write_text(json.dumps({"input_files": [str(rows)], "image_root": None}))
    return folder / "results.jsonl"


def _failed(row):
    none = {"output_reasoning": "", "output_images": [], "num_reasoning_steps": 0, "num_generated_images": 0}
    return {**row, **none, "error": FAILURE}


def _answered(folder, row, pictures, is_wrong, noise, rng):
    drawn, here = [], f"output_images/{row['sample_id']}"
    for name, picture in pictures.items():
        if "problem" in name:
            _save(picture, folder / here / "problem_image_1.png")
            continue
        pixels = (
            np.asarray(picture).astype(float) + rng.normal(0, noise, (picture.height, picture.width, 3))
            if noise
            else np.asarray(picture)
        )
        shown = Image.fromarray(np.clip(255 - pixels if is_wrong else pixels, 0, 255).astype(np.uint8))
        drawn.append(f"{here}/output_image_{len(drawn) + 1}.png")
        _save(shown, folder / drawn[-1])
    trace = row["Text Reasoning Trace"].replace("reasoning_image", "output_image")
    answer = str(int(row["Final Answer"]) + is_wrong)
    return {
        **row,
        "output_reasoning": f"{'nothing to do' if is_wrong else trace}\nFinal Answer: {answer}",
        "output_images": drawn,
        "num_reasoning_steps": len(drawn),
        "num_generated_images": len(drawn),
    }


def _save(picture, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)
