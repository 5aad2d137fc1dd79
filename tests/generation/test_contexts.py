"""What guidance compares with, what contexts share, and what they cost."""

import pytest
import torch

from mindseye.generation.conversation import Conversation
from mindseye.generation.engine import Engine
from mindseye.generation.flow import Branches
from mindseye.generation.schedule import make_schedule
from mindseye.generation.step_cache import TaylorSeer
from mindseye.generation.turns import story_of
from mindseye.inputs.segments import TextSegment
from mindseye.params import DRAW, EDIT, ImageParams


def tell(tiny, story):
    """Run a story and return its result."""
    result = []

    def wrapper():
        result.append((yield from story))
        return "end"

    [job] = Engine(tiny.loaded.network, tiny.loaded.vae).run([wrapper()])
    assert result, job.events
    return result[0]


def contexts(tiny, items, params=EDIT):
    conversation = Conversation(tiny.loaded)

    def story():
        for item in items:
            if isinstance(item, str):
                conversation.say(item)
            else:
                conversation.show(item)
        branches = yield from conversation._branches(params)
        return branches

    return conversation, tell(tiny, story())


def test_words_last_no_text_is_a_beginning_and_costs_nothing(tiny, recording):
    _conversation, branches = contexts(tiny, [recording.image(0), "remove the cat"])
    assert isinstance(branches, Branches)
    assert branches.no_text.segments == branches.full.segments[:-1]
    assert branches.no_text.cache.bytes_owned(but_not=branches.full.cache) == 0
    assert [type(s) for s in branches.no_image.segments] == [TextSegment]


def test_words_before_the_image_still_guide(tiny, recording):
    _, branches = contexts(tiny, ["remove the cat", recording.image(0)])
    assert branches.no_text.segments == branches.full.segments[1:]
    last_first = contexts(tiny, [recording.image(0)], ImageParams(cfg_img_scale=1.0))[1]
    ours = branches.no_text.cache.write  # the cache is complete: it holds as many tokens as one read in that order
    assert ours is not None
    assert branches.no_text.cache.length == last_first.full.cache.length


def test_thoughts_guide_neither_branch(tiny):
    conversation = Conversation(tiny.loaded)

    def story():
        conversation.say("think first", role="system")
        conversation.say("a red fox")
        conversation.say("foxes are red", role="thought")
        return (yield from conversation._branches(EDIT))

    branches = tell(tiny, story())
    assert [s.role for s in branches.full.segments] == ["system", "user", "thought"]
    assert [s.role for s in branches.no_text.segments] == ["system"]
    assert [s.role for s in branches.no_image.segments] == ["system", "user"]


def test_without_images_the_image_branch_is_the_full_one(tiny):
    params = ImageParams(width=32, height=32, num_timesteps=4, cfg_img_scale=1.5, cfg_interval=(0, 1))
    request = tiny.request("draw", ["a fox"], seed=0)
    request = tiny.with_params(request, request.text, params)
    feeds = []
    story = story_of(request, Conversation(tiny.loaded))
    work = story.send(None)
    engine = Engine(tiny.loaded.network, tiny.loaded.vae)
    job = engine.submit(iter_story(story, work, feeds))
    while not job.is_done:
        engine.step()
    drawing = [n for n in feeds if n[1]]
    assert [n for n, _ in drawing] == [2, 2, 2]  # full and without text; the third would be the first again


def iter_story(story, work, feeds):
    """Pass a story on and count the feeds of each pass."""
    while True:
        if isinstance(work, list):
            feeds.append((len(work), any(feed.wants == "velocity" for feed in work)))
        result = yield work
        try:
            work = story.send(result)
        except StopIteration as stop:
            return stop.value


def test_a_fork_shares_and_then_goes_on_by_itself(tiny):
    conversation = Conversation(tiny.loaded)
    conversation.say("one two three")
    origin = tell(tiny, conversation.views.context("whole"))
    left, right = origin.fork(), origin.fork()
    assert left.cache.bytes_owned(but_not=origin.cache) == 0
    a = TextSegment(tuple(tiny.loaded.tokenizer.encode("four")))
    b = TextSegment(tuple(tiny.loaded.tokenizer.encode("vier")))
    one = tell(tiny, left.read(a, wants="logits"))
    tell(tiny, right.read(b, wants="logits"))
    again = tell(tiny, origin.fork().read(a, wants="logits"))
    assert torch.allclose(one.scores, again.scores, atol=1e-5)


def test_growing_costs_the_segment_not_the_history(tiny, recording):
    conversation = Conversation(tiny.loaded)
    lengths = []

    def story():
        for _ in range(10):
            conversation.show(recording.image(0))
            context = yield from conversation.views.context("understanding")
            lengths.append(context.cache.length - sum(lengths))

    tell(tiny, story())
    assert len(set(lengths)) == 1


def test_schedule_has_one_update_less_than_points_and_an_open_lower_bound():
    steps = make_schedule(DRAW)
    assert len(steps) == 49
    assert sum(step.is_guided for step in steps) == 41
    assert steps[0].t == 1.0
    assert sum(step.dt for step in steps) == pytest.approx(1.0, abs=1e-5)


def test_taylorseer_computes_the_first_five_and_every_third():
    cache = TaylorSeer()
    computed = []
    for step in range(19):
        if cache.is_due:
            computed.append(step)
            cache.observe(torch.tensor([[float(step)]]))
        else:
            assert cache.extrapolate().item() == pytest.approx(step)  # a straight line is extrapolated exactly
    assert computed == [0, 1, 2, 3, 4, 7, 10, 13, 16]
