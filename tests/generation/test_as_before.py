"""Promise: the pocket model answers and draws, seed for seed, what it did before the engine served many callers.

The records were written by commit 6d5329e with `python tests/generation/test_as_before.py`, run there.
"""

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import mindseye
from mindseye.samples import path_of

BEFORE = Path(__file__).parent / "before"
ANIMALS, PANDA, FRUIT = (path_of(name) for name in ("cat-dog", "panda-apple", "fruit-duck"))
CASES = {
    "count": ("ask", [ANIMALS, "how many animals are there?"], {}),
    "describe": ("ask", [FRUIT, "what is in the picture?"], {}),
    "two images": ("ask", [ANIMALS, PANDA, "what is in the picture?"], {}),
    "thought answer": ("ask", [ANIMALS, "what is to the left of the dog?"], {"think": True}),
    "sampled": ("ask", [FRUIT, "图里有什么？"], {"temperature": 1.2, "max_tokens": 24}),
    "narrowed": ("ask", [ANIMALS, "tell me"], {"temperature": 3.0, "top_k": 60, "top_p": 0.95, "max_tokens": 24}),
    "stopped": ("ask", [FRUIT, "what is in the picture?"], {"stop": " and"}),
    "pair": ("draw", ["a cat to the left of a dog"], {}),
    "two dogs": ("draw", ["two dogs on a green background"], {"cfg_renorm_type": "channel", "timestep_shift": 2.0}),
    "thought drawing": ("draw", ["a panda to the right of an apple"], {"think": True}),
    "step cache": ("draw", ["a bus"], {"enable_taylorseer": True, "num_timesteps": 14}),
    "removed": ("edit", [ANIMALS, "remove the cat"], {}),
    "recoloured": ("edit", [PANDA, "把背景变成蓝色"], {"cfg_img_scale": 1.5, "cfg_renorm_type": "text_channel"}),
    "by itself": ("generate", ["draw a cat"], {}),
    "in words": ("generate", [ANIMALS, "how many animals are there?"], {"when_to_draw": "never"}),
    "forced": ("generate", [ANIMALS, "what is in the picture?"], {"when_to_draw": "force"}),
    "at a mark": ("generate", ["a cat <|vision_start|> <|vision_end|>"], {"when_to_draw": "marks"}),
}


@pytest.fixture(scope="module")
def pocket():
    return mindseye.load("pocket", dtype="float32")


@pytest.mark.parametrize("name", CASES)
def test_a_request_ends_as_before(pocket, name):
    task, items, options = CASES[name]
    reply = pocket.run([pocket.request(task, items, seed=11, **options)])[0]
    check(name, reply)


def test_a_talk_ends_as_before(pocket):
    for number, reply in enumerate(talk(pocket)):
        check(f"talk {number}", reply)


def talk(model):
    """The drawing of one turn is what the next one is about."""
    drawn = model.draw("a cat", seed=3)
    answered = model.ask(drawn.image, "what is in the picture?", seed=3)
    yield from (drawn, answered, model.edit(drawn.image, "add a dog to the right of the cat", seed=3))


def check(name, reply):
    expected = json.loads((BEFORE / "texts.json").read_text())[name]
    assert told(reply) == expected
    for number, image in enumerate(reply.images):
        before = np.asarray(PIL.Image.open(BEFORE / f"{name}-{number}.png"), dtype=int)
        assert abs(np.asarray(image, dtype=int) - before).max() <= 1


def told(reply):
    parts = [part if isinstance(part, str) else list(part.size) for part in reply.parts]
    return {"parts": parts, "thought": reply.thought, "finish": reply.end.finish}


def record():
    model = mindseye.load("pocket", dtype="float32")
    replies = {
        name: model.run([model.request(task, items, seed=11, **options)])[0]
        for name, (task, items, options) in CASES.items()
    }
    replies |= {f"talk {number}": reply for number, reply in enumerate(talk(model))}
    texts = {name: told(reply) for name, reply in replies.items()}
    (BEFORE / "texts.json").write_text(json.dumps(texts, ensure_ascii=False, indent=1) + "\n")
    for name, reply in replies.items():
        for number, image in enumerate(reply.images):
            image.save(BEFORE / f"{name}-{number}.png")


if __name__ == "__main__":
    record()
