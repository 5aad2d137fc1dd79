"""Promise: with the network on another device nothing is mixed, and nothing read back but in the one place for it.

There is no accelerator here; `meta` stands in for one (tests/stand_in.py).
"""

from dataclasses import replace

import pytest
import torch
from stand_in import MadeUp, Watch

import mindseye
from mindseye.checkpoints.load import load
from mindseye.events import DrawingStep, ImageDone
from mindseye.generation.engine import Engine
from mindseye.generation.scheduler import EngineConfig
from mindseye.model import Model
from mindseye.networks.kv_blocks import BlockCache
from mindseye.networks.unified import UnifiedModel
from mindseye.networks.vae import Autoencoder
from mindseye.samples import path_of

ANIMALS = path_of("cat-dog")


@pytest.fixture(scope="module")
def model():
    """The pocket model without its weights."""
    loaded = load("pocket", dtype="float32")
    with torch.device("meta"):
        network, vae = UnifiedModel(loaded.config).eval(), Autoencoder(loaded.config.vae).eval()
    return Model(replace(loaded, network=network, vae=vae), "meta", EngineConfig(max_chunk=24))


def run(model, stories):
    """Run stories to their ends, with at most one read-back a step; returns their events."""
    read_back = MadeUp()
    engine = Engine(model.loaded.network, model.loaded.vae, model.engine.config, read_back)
    jobs = [engine.submit(story) for story in stories]
    with Watch() as watch:
        while not all(job.is_done for job in jobs):
            before = read_back.num_calls
            engine.step()
            assert read_back.num_calls <= before + 1
    assert watch.num_operators
    return [job.result() for job in jobs]


ASK = {"max_tokens": 5}
SAMPLED = {
    "temperature": 0.8,
    "top_k": 20,
    "top_p": 0.9,
    "repetition_penalty": 1.2,
    "token_bias": {3: 1.0},
    "logprobs": 2,
}
DRAW = {"num_timesteps": 8, "cfg_interval": (0.0, 1.0), "cfg_img_scale": 1.5}
CASES = {
    "ask": ("ask", [ANIMALS, "how many animals are there?"], ASK),
    "ask at length": ("ask", ["a cat and a dog " * 20], ASK),
    "ask, sampled": ("ask", ["a cat"], {**ASK, **SAMPLED}),
    "draw": ("draw", ["a cat"], {**DRAW, "preview_every": 3}),
    "draw after a thought": ("draw", ["a cat"], {**DRAW, **ASK, "think": True}),
    "draw with a step cache": ("draw", ["a cat"], {**DRAW, "enable_taylorseer": True, "num_timesteps": 12}),
    "draw within limits a channel": ("draw", ["a cat"], {**DRAW, "cfg_renorm_type": "text_channel"}),
    "edit": ("edit", [ANIMALS, "remove the cat"], DRAW),
    "generate": ("generate", ["draw a cat"], {**DRAW, **ASK}),
    "generate, leaning to pictures": (
        "generate",
        ["draw a cat"],
        {**DRAW, **ASK, "when_to_draw": mindseye.WhenToDraw("model", image_bias=2.0)},
    ),
    "generate, forced": ("generate", [ANIMALS, "what is there?"], {**DRAW, **ASK, "when_to_draw": "force"}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_path_stays_on_the_device(model, case):
    task, items, options = CASES[case]
    [events] = run(model, [model.story(model.request(task, items, seed=0, **options))])
    is_drawn = any(isinstance(event, ImageDone) for event in events)
    assert is_drawn == (task in ("draw", "edit") or "forced" in case)


def test_all_paths_at_once_do_too(model):
    requests = [model.request(task, items, seed=0, **options) for task, items, options in CASES.values()]
    run(model, [model.story(request) for request in requests])


def test_a_talk_does_too(model):
    conversation = model.conversation()
    for task, items in (("ask", ["hello"]), ("draw", ["a cat"]), ("edit", ["remove the cat"]), ("ask", ["and now?"])):
        options = {**ASK, **DRAW} if task != "ask" else ASK
        request = model.request(task, [ANIMALS, *items] if task == "edit" else items, seed=0, **options)
        run(model, [model.story(request, conversation)])


def test_the_device_has_blocks(model):
    assert isinstance(model.loaded.network.new_cache(), BlockCache)


def a_step(model, num_requests, num_skipped=0, **options):
    """A watched step in which so many requests write a token each, some steps after all have begun to."""
    engine = Engine(model.loaded.network, model.loaded.vae, model.engine.config, MadeUp())
    said = ["a cat " * (n % 7 + 1) for n in range(num_requests)]
    jobs = [engine.submit(model.story(model.request("ask", [text], seed=0, max_tokens=30, **options))) for text in said]
    while not all(job.kind == "writing" and job.num_tokens == 1 for job in jobs) or num_skipped > 0:
        num_skipped -= all(job.num_tokens == 1 for job in jobs)
        engine.step()
    with Watch() as watch:
        engine.step()
    assert not any(job.is_done for job in jobs)
    return watch


def test_the_price_of_writing_a_token_does_not_grow_with_the_requests(model):
    one, many = (a_step(model, number, num_skipped=2) for number in (1, 32))
    assert many.num_operators <= 1.3 * one.num_operators
    assert many.num_operators + many.num_on_host <= 1.3 * (one.num_operators + one.num_on_host)


def test_nor_does_that_of_sampling_on_the_device(model):
    one, many = (a_step(model, number, num_skipped=2, **SAMPLED) for number in (1, 32))
    assert many.num_operators <= 1.3 * one.num_operators


def test_a_step_of_writing_takes_two_copies_to_the_device(model):
    for number in (1, 32):
        assert a_step(model, number, num_skipped=2).num_copies == 2  # of the pass's own numbers, of attention's


def test_a_step_of_drawing_takes_three(model):
    engine = Engine(model.loaded.network, model.loaded.vae, model.engine.config, MadeUp())
    requests = [model.request("draw", ["a cat"], seed=seed, **DRAW) for seed in range(3)]
    jobs = [engine.submit(model.story(request)) for request in requests]
    while not all(sum(isinstance(event, DrawingStep) for event in job.events) == 3 for job in jobs):
        engine.step()
    with Watch() as watch:
        engine.step()
    assert watch.num_copies == 3  # and of the times


def test_images_of_any_sizes_are_seen_at_the_price_of_one(model):
    vit = model.loaded.network.vit_model
    prices = []
    for lengths in ([4], [4, 9, 16, 1, 6, 12]):
        patches = torch.empty(sum(lengths), vit.vision_model.embeddings.patch_embedding.in_features, device="meta")
        with Watch() as watch, torch.inference_mode():
            vit(patches, torch.zeros(sum(lengths), dtype=torch.long, device="meta"), lengths)
        prices.append(watch.num_operators)
    assert prices[1] <= 1.3 * prices[0]
