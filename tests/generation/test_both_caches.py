"""Promise: with keys and values in blocks every number is what it is in chunks, whatever a pass is made of."""
# L latent tokens, Z latent_token_size, V vocab_size

from pathlib import Path

import pytest

import mindseye
from mindseye.checkpoints.load import load
from mindseye.errors import InputError, MindseyeError
from mindseye.generation.engine import Engine
from mindseye.generation.scheduler import EngineConfig
from mindseye.generation.work import Logits
from mindseye.model import Model
from mindseye.networks.kv_blocks import BlockCache
from mindseye.networks.kv_chunks import ChunkCache
from mindseye.samples import path_of

NEAR = 1e-5  # of the largest number
ANIMALS, FRUIT = (path_of(name) for name in ("cat-dog", "fruit-duck"))
LONG = "a cat to the left of a dog and a bus to the right of an apple " * 6


def loaded_pocket():
    return load("pocket", dtype="float32")


@pytest.fixture(scope="module", params=["pocket", "tiny"])
def models(request):
    """The same model twice: with chunks and with blocks."""
    return [make(request.param, kind) for kind in ("chunks", "blocks")]


def make(name, kind, **config):
    config = EngineConfig(kv_cache=kind, max_chunk=24, **config)
    if name == "pocket":
        return Model(loaded_pocket(), name, config)
    from mindseye.evaluation.golden import Recording

    golden = Path(__file__).parents[1] / "golden" / "tiny"
    transforms = Recording.open(golden).transforms
    return Model(load(str(golden / "checkpoint"), dtype="float32", transforms=transforms), name, config)


def recorded(story, results):
    """Pass a story on and note what it gets for its feeds."""
    result = None
    while True:
        try:
            work = story.send(result)
        except StopIteration as stop:
            return stop.value
        result = yield work
        if isinstance(work, list):
            results += result


def numbers_of(model, requests):
    """Everything that the network computed for these requests, which run together."""
    results = [[] for _ in requests]
    pairs = zip(requests, results, strict=True)
    jobs = model.engine.run([recorded(model.story(request), into) for request, into in pairs])
    for job in jobs:
        job.result()
    return results


def check(models, make_requests):
    chunks, blocks = ([numbers_of(model, requests) for requests in make_requests(model)] for model in models)
    assert blocks and any(each for batch in blocks for each in batch)
    for ours, theirs in zip(blocks, chunks, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert len(a) == len(b)
            for mine, right in zip(a, b, strict=True):
                check_result(mine, right)


def check_result(mine, right):
    assert type(mine) is type(right)
    if isinstance(mine, Logits):
        assert (mine.best, mine.chosen) == (right.best, right.chosen)
        mine, right = mine.scores, right.scores
    if mine is not None:
        assert mine.shape == right.shape and right.isfinite().all()
        assert (mine - right).abs().max() <= NEAR * right.abs().max()


def ask(model, *items, **options):
    return model.request("ask", items, seed=3, **{"max_tokens": 12, **options})


def draw(model, *items, task="draw", **options):
    options = {"num_timesteps": 4, "cfg_interval": (0.0, 1.0), "cfg_img_scale": 1.5, **options}
    return model.request(task, items, seed=3, **options)


CASES = {
    "a text is read and one is written": lambda m: [[ask(m, "where is the cat?")]],
    "a long text is read in pieces": lambda m: [[ask(m, LONG)]],
    "an image is seen": lambda m: [[ask(m, ANIMALS, "how many animals are there?")]],
    "many write": lambda m: [[ask(m, "a cat " * n, temperature=0.7) for n in range(1, 9)]],
    "what was read is found again": lambda m: [[ask(m, LONG, "why?")], [ask(m, LONG, "where?"), ask(m, LONG, "who?")]],
    "a drawing with all branches": lambda m: [[draw(m, ANIMALS, "remove the cat", task="edit")]],
    "a drawing with previews and extrapolated steps": lambda m: [
        [draw(m, "a bus", enable_taylorseer=True, num_timesteps=9, preview_every=4)]
    ],
    "words and pictures": lambda m: [[m.request("generate", ["draw a cat"], seed=1, num_timesteps=4, max_tokens=12)]],
    "all at once": lambda m: [
        [
            ask(m, LONG),
            draw(m, "a bus"),
            ask(m, FRUIT, "what is in the picture?"),
            draw(m, FRUIT, "remove the apple", task="edit"),
            ask(m, "where?"),
        ]
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_blocks_give_what_chunks_give(models, case):
    check(models, CASES[case])


def test_a_talk_gives_the_same(models):
    said = [("user", [FRUIT, "what is there?"]), ("assistant", "a duck")]

    def turns(model):
        return [
            [ask(model, messages=[*said, ("user", "and what else?")])],
            [draw(model, messages=[*said, ("user", "draw it")])],
        ]

    check(models, turns)


def test_each_model_used_its_own_kind(models):
    kinds = [type(model.loaded.network.new_cache()) for model in models]
    assert kinds == [ChunkCache, BlockCache]


def test_everything_is_given_back(models):
    model = models[1]
    numbers_of(model, [ask(model, LONG), draw(model, "a bus")])
    model.close()
    assert model.loaded.network.caches.ledger.num_bytes == 0


def test_a_cpu_keeps_chunks_unless_told_otherwise(tiny):
    assert isinstance(tiny.loaded.network.new_cache(), ChunkCache)


def test_one_network_keeps_one_kind_while_it_holds_something(tiny):
    network = tiny.loaded.network
    cache = network.new_cache()
    cache.reserve(1)
    with pytest.raises(MindseyeError, match="a second time"):
        Engine(network, None, EngineConfig(kv_cache="blocks"))
    cache.abandon()


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="did you mean"):
        mindseye.EngineConfig(kv_cache="block")
