"""Whatever comes: one line, exit status 2, at once, and without much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_files import MODELS, make_pictures, make_recipes

pytestmark = pytest.mark.alone

SECONDS = 2.0  # more than a good run takes
MEMORY = 500e6  # bytes more than a good run takes
Run = Callable[[list[str]], dict[str, Any]]

PICTURES = {
    "nothing.png": "does not exist",
    "empty.png": "empty",
    "text.png": "not an image",
    "half.png": "cut short",
    "half.jpg": "cut short",
    "half.gif": "cut short",
    "turned.png": "image",
    "bomb.png": "50000",
    "no-data.png": "cut short",
    "flat.png": "image",
    "drawing.svg": "not an image",
    "folder.png": "is a folder",
    "loop.png": "symbolic links",
    "pipe.png": "device or a pipe",
    "large.png": "1,000,000 MB",
    "/dev/zero": "device or a pipe",
    "/dev/null": "device or a pipe",
    "https://example.org/a.png": "download it first",
    "a\0b.png": "cannot be read",
    "x" * 5000 + ".png": "too long",
    "sample:unicorn": "no sample",
}
PROMPTS = {
    "no words": (["ask", ""], "empty"),
    "spaces": (["draw", "  "], "empty"),
    "no UTF-8": (["ask", "what is \udce9?"], "UTF-8"),
    "too long": (["draw", "a cat " * 6000], "at most 4096"),
    "a missing file for a question": (["ask", "cat.png"], "no file here"),
    "the image last": (["ask", "what?", "{bad}/good.png"], "question last"),
    "no instruction": (["edit", "{bad}/good.png", "{bad}/good.png"], "instruction last"),
    "half a mark": (["generate", "a <|vision_start|>", "--when-to-draw", "marks"], "mark"),
}
DRAW = ["draw", "a fox"]
OPTIONS = {
    "seed": ["-1", "9" * 30, str(2**63)],
    "width": ["0", "-64", "64", "100000", "9" * 400],
    "num-timesteps": ["1", "1000000000", "-5"],
    "timestep-shift": ["0", "nan", "inf", "1e9"],
    "cfg-text-scale": ["nan", "1e300", "-1"],
    "cfg-img-scale": ["inf"],
    "cfg-renorm-type": ["local"],
    "cfg-renorm-min": ["2", "nan"],
    "temperature": ["-1", "nan", "1e-300", "1e9"],
    "top-k": ["-1", "1000000000000"],
    "top-p": ["0", "1.5", "nan"],
    "max-tokens": ["0", "1000000000000"],
    "stop": ["", "x" * 2000],
    "max-thought-tokens": ["0", "1000000000000"],
    "repetition-penalty": ["0", "nan", "1e300"],
    "token-bias": ["x=1", "-1=2", "1=nan", "1=1e300", "1"],
    "logprobs": ["-1", "1000000000"],
    "preview-every": ["-1", "1000000000"],
    "count": ["0", "1000000000"],
    "scale": ["0", "1000000000"],
    "device": ["cuda:99", "gpu"],
    "dtype": ["float7"],
    "weights": ["none.safetensors", "../x"],
    "output": ["fox.jpg", "{bad}/text.png/fox.png", "{bad}/folder.png", "/proc/x/fox.png"],
    "model": ["no-such-folder", "{bad}/good.png", "{bad}", "nobody/nothing/more", "a\0b", ""],
}
VERBS = {
    "both sides too large": ([*DRAW, "--width", "9999", "--height", "16"], "nearest size"),
    "an interval turned around": ([*DRAW, "--cfg-interval", "0.9", "0.1"], "low <= high"),
    "a bias that is none": (["generate", "a fox", "--image-bias", "nan"], "image_bias"),
    "endless rounds": (["generate", "a fox", "--max-rounds", "1000000000"], "max_rounds"),
    "fewer than no pictures": (["reason", "how many?", "--max-images", "-1"], "max_images"),
    "no expression": (["generate", "a fox", "--pattern", "(", "--when-to-draw", "rule"], "regular expression"),
    "words without quotes": (["ask", "sample:animals", "where", "is", "the", "cat"], '"where is the cat"'),
    "more words without quotes": (["draw", "a", "cat"], "in quotes"),
    "a size that is none": (["info", "pocket", "--size", "big"], "width x height"),
    "a size of many digits": (["info", "pocket", "--size", f"{'9' * 5000}x1"], "width x height"),
    "a batch without end": (["info", "pocket", "--batch", "1000000000000"], "--batch"),
    "a deep recipe in a picture": (["info", "{bad}/deep.png"], "not JSON"),
    "a text of a hundred megabytes": (["info", "{bad}/talk.png"], "image"),
    "a deep recipe to follow": (["redo", "{bad}/deep.png"], "holds no recipe"),
    "judged on nothing": (["judge", "--num", "0"], "num is 0"),
    "judged without end": (["judge", "--num", "1000000000"], "num is 1000000000"),
    "judged in no language": (["judge", "--languages", "xx"], "xx"),
    "judged on the unknown": (["judge", "--kinds", "sing"], "sing"),
    "judged at once": (["judge", "--batch", "0"], "batch is 0"),
    "checked at no size": (["check-drawing", "--size", "0"], "width is 0"),
    "checked without end": (["check-drawing", "--num-timesteps", "1000000000"], "num_timesteps"),
    "nothing recorded": (["verify", "{bad}"], "no recorded folder"),
    "a demo without end": (["demo", "--num-timesteps", "1000000000", "-o", "{bad}/demo"], "num_timesteps"),
    "a folder for a recipe": (["train", "{bad}"], "is a folder"),
    "no recipe": (["train", "{bad}/nothing.yaml"], "does not exist"),
    "a picture for a recipe": (["train", "{bad}/good.png"], "not YAML"),
    "half a recipe": (["train", "{bad}/none.yaml"], "not YAML"),
    "a deep recipe": (["train", "{bad}/deep.yaml"], "not YAML"),
    "a recipe that explodes": (["train", "{bad}/bomb.yaml"], "unknown option"),
    "a recipe that holds itself": (["train", "{bad}/seed.yaml"], "seed"),
    "a recipe that is a pipe": (["train", "{bad}/pipe.yaml"], "pipe"),
    "a recipe of a gigabyte": (["train", "{bad}/large.yaml"], "1,000 MB"),
    "endless scenes": (["train", "{bad}/good.yaml", "--set", "autoencoder.pool_size=1000000000000"], "pool_size"),
    "endless width": (["train", "{bad}/good.yaml", "--set", "model.hidden_size=1000000000"], "hidden_size"),
    "no learning rate": (["train", "{bad}/good.yaml", "--set", "optimizer.learning_rate=nan"], "learning_rate"),
    "an empty run": (["train", "{bad}/good.yaml", "--finish-in", "0"], "finish_in"),
}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bad pictures and recipes."""
    folder = tmp_path_factory.mktemp("bad")
    make_pictures(folder)
    make_recipes(folder)
    return folder


@pytest.fixture(scope="module")
def run(bad: Path) -> Iterator[Run]:
    """Runs the words of a command line in a process of its own; measures it."""
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forked.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=bad,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert server.stdin and server.stdout

    def ask(words: list[str]) -> dict[str, Any]:
        server.stdin.write(json.dumps({"words": [word.replace("{bad}", str(bad)) for word in words]}) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())

    yield ask
    server.stdin.close()
    server.wait()
    server.stdout.close()


@pytest.fixture(scope="module")
def good(run: Run) -> dict[str, Any]:
    """What a good run costs."""
    found = run(["draw", "a cat", "--seed", "1", "-o", "good-run.png", "--quiet"])
    assert found["status"] == 0, found
    return found


def check(found: dict[str, Any], said: str, good: dict[str, Any]) -> None:
    assert found["status"] == 2, found
    assert len(found["said"].strip().splitlines()) == 1, found
    assert said in found["said"] and "Traceback" not in found["said"], found
    assert found["seconds"] < good["seconds"] + SECONDS
    assert found["memory"] < good["memory"] + MEMORY


@pytest.mark.parametrize("name", PICTURES, ids=lambda name: name[:30])
def test_pictures(name: str, run: Run, good: dict[str, Any]) -> None:
    path = name if name.startswith(("/", "http", "sample:")) else f"{{bad}}/{name}"
    check(run(["ask", path, "what is it?"]), PICTURES[name], good)


@pytest.mark.parametrize("kind", PROMPTS)
def test_prompts(kind: str, run: Run, good: dict[str, Any]) -> None:
    words, said = PROMPTS[kind]
    check(run(words), said, good)


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in OPTIONS.items() for value in values],
    ids=lambda value: repr(value[:20]),
)
def test_options(name: str, value: str, run: Run, good: dict[str, Any]) -> None:
    found = run([*DRAW, f"--{name}={value}"])
    check(found, "", good)
    assert any(
        word in found["said"] for word in (name, name.replace("-", "_"), value[:20].replace("{bad}", "") or "empty")
    ), found


@pytest.mark.parametrize("kind", VERBS)
def test_verbs(kind: str, run: Run, good: dict[str, Any]) -> None:
    words, said = VERBS[kind]
    check(run(words), said, good)


@pytest.mark.parametrize("kind", MODELS)
def test_models(kind: str, run: Run, good: dict[str, Any], golden: Path, tmp_path: Path) -> None:
    file, change, said = MODELS[kind]
    for path in (golden / "checkpoint").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    change(tmp_path / file)
    found = run(["draw", "a fox", "--model", str(tmp_path), "--width", "32", "--height", "32", "--num-timesteps", "2"])
    check(found, said, good)


def test_the_heaviest_as_they_are_typed(bad: Path, golden: Path, tmp_path: Path) -> None:
    """Whole processes, start included."""
    for path in (golden / "checkpoint").iterdir():
        (tmp_path / path.name).symlink_to(path)
    MODELS["config of a gigabyte"][1](tmp_path / "config.json")
    spent = {}
    for name, words in {
        "good": ["draw", "a cat", "--seed", "1", "--quiet", "-o", str(tmp_path / "cat.png")],
        "timesteps": ["draw", "a cat", "--num-timesteps", "1000000000"],
        "zero": ["ask", "/dev/zero", "what?"],
        "config": ["ask", "what?", "--model", str(tmp_path)],
    }.items():
        process = subprocess.Popen([sys.executable, "-m", "mindseye", *words], stderr=subprocess.PIPE)
        assert process.stderr
        said = process.stderr.read().decode()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == (0 if name == "good" else 2), said
        spent[name] = usage.ru_maxrss * 1024
    assert max(spent.values()) < spent["good"] + MEMORY
