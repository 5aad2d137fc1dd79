"""Many requests at once give what each would give alone, and come and go as they please."""

import time

import pytest
import torch

from mindseye.errors import CancelledError, InputError
from mindseye.events import DrawingStep, Failed, ImageDone, TextDone, TurnEnd
from mindseye.generation.conversation import Conversation
from mindseye.generation.turns import story_of
from mindseye.generation.watched import WatchedConversation

pytestmark = pytest.mark.alone

SMALL = {"num_timesteps": 5, "width": 64, "height": 48}


@pytest.fixture(scope="module")
def requests(tiny, recording):
    a, b, c = (recording.image(i) for i in range(3))
    return [
        tiny.request("ask", [a, "how many animals are there?"], max_tokens=9, seed=1),
        tiny.request("ask", ["大熊猫 panda"], max_tokens=17, temperature=1.0, top_k=50, seed=2),
        tiny.request("draw", ["a red fox"], seed=3, **SMALL),
        tiny.request("draw", ["a panda left of a red apple"], seed=4, num_timesteps=7, width=128, height=96),
        tiny.request("edit", [b, "move the dog"], seed=5, num_timesteps=4),
        tiny.request("edit", [a, c, "put the first in the second"], seed=6, num_timesteps=4, cfg_renorm_type="channel"),
        tiny.request("draw", ["a red fox jumps"], think=True, max_tokens=6, seed=7, **SMALL),
        tiny.request("ask", [a, c, "which one is red?"], max_tokens=5, top_p=0.8, temperature=0.7, seed=8),
    ]


def outcome(tiny, requests):
    """Texts' ids and pictures' latents of requests that run together."""
    conversations = [WatchedConversation(tiny.loaded) for _ in requests]
    jobs = tiny.engine.run([story_of(*pair) for pair in zip(requests, conversations, strict=True)])
    ids = [[e.token_ids for e in job.result() if isinstance(e, TextDone)] for job in jobs]
    return ids, [conversation.latents for conversation in conversations]


def test_eight_mixed_requests_equal_them_alone(tiny, requests):
    together_ids, together = outcome(tiny, requests)
    for i, request in enumerate(requests):
        [ids], [latents] = outcome(tiny, [request])
        assert ids == together_ids[i]
        assert len(latents) == len(together[i])
        for alone, batched in zip(latents, together[i], strict=True):
            assert (alone - batched).abs().max() / alone.abs().max() < 1e-4


def test_a_request_joins_while_another_runs(tiny, requests):
    [[expected_ids], _] = outcome(tiny, [requests[0]])
    first = tiny.engine.submit(story_of(requests[3], Conversation(tiny.loaded)))
    tiny.engine.step()
    tiny.engine.step()
    late = tiny.engine.submit(story_of(requests[0], Conversation(tiny.loaded)))
    while not (first.is_done and late.is_done):
        tiny.engine.step()
    assert [e.token_ids for e in late.events if isinstance(e, TextDone)] == expected_ids
    assert isinstance(first.events[-1], TurnEnd)
    assert not tiny.engine.step()


def test_a_text_request_leaves_when_it_ends(tiny, requests):
    short = tiny.engine.submit(story_of(requests[7], Conversation(tiny.loaded)))
    long = tiny.engine.submit(story_of(requests[1], Conversation(tiny.loaded)))
    while not short.is_done:
        tiny.engine.step()
    assert not long.is_done
    while not long.is_done:
        tiny.engine.step()


def test_cancel_stops_within_a_step(tiny, requests):
    job = tiny.engine.submit(story_of(requests[3], Conversation(tiny.loaded)))
    while not any(isinstance(e, DrawingStep) for e in job.events):
        tiny.engine.step()
    job.cancel()
    assert not tiny.engine.step()
    assert isinstance(job.events[-1], Failed)
    assert isinstance(job.events[-1].error, CancelledError)


def test_closing_a_stream_cancels(tiny, requests):
    events = tiny.stream(requests[3])
    next(e for e in events if isinstance(e, DrawingStep))
    events.close()
    ends_at = time.monotonic() + 10
    while tiny.stats().running and time.monotonic() < ends_at:
        time.sleep(0.001)
    assert not tiny.stats().running


def test_one_failure_leaves_the_others_alone(tiny, requests):
    bad = tiny.request("draw", ["a fox"], width=17, height=16)
    jobs = tiny.engine.run([story_of(r, Conversation(tiny.loaded)) for r in (bad, requests[0])])
    assert isinstance(jobs[0].events[-1], Failed)
    assert "16 x 16" in str(jobs[0].events[-1].error)
    assert isinstance(jobs[1].events[-1], TurnEnd)


def test_short_memory_splits_the_batch(tiny, requests, monkeypatch):
    from mindseye.generation import engine

    run_pass, sizes = engine.run_pass, []

    def sometimes(network, feeds, read_back):
        sizes.append(len(feeds))
        if len(feeds) > 2:
            raise torch.OutOfMemoryError("no more")
        return run_pass(network, feeds, read_back)

    monkeypatch.setattr(engine, "run_pass", sometimes)
    jobs = tiny.engine.run([story_of(requests[i], Conversation(tiny.loaded)) for i in (0, 1, 7, 0)])
    assert max(sizes) == 4
    assert all(isinstance(job.events[-1], TurnEnd) for job in jobs)


def test_memory_that_is_too_short_for_one_fails_that_one(tiny, requests, monkeypatch):
    from mindseye.generation import engine

    def never(network, feeds, read_back):
        raise torch.OutOfMemoryError("no more")

    monkeypatch.setattr(engine, "run_pass", never)
    [job] = tiny.engine.run([story_of(requests[0], Conversation(tiny.loaded))])
    assert "not enough memory" in str(job.events[-1].error)


def test_events_tell_the_whole_story(tiny, requests):
    events = list(tiny.stream(requests[2]))
    steps = [e for e in events if isinstance(e, DrawingStep)]
    assert [s.step for s in steps] == [1, 2, 3, 4]
    done = next(e for e in events if isinstance(e, ImageDone))
    assert done.image.size == (64, 48)
    assert done.size_from == "asked"
    assert done.seed == 3
    end = events[-1]
    assert end.denoising_passes == 4
    assert end.tokens_read > 0
    assert end.seconds["total"] >= end.seconds["draw"]


def test_size_of_an_edit_is_the_last_images(tiny, requests, recording):
    done = next(e for e in tiny.stream(requests[5]) if isinstance(e, ImageDone))
    assert done.size_from == "last image"
    assert done.image.size == recording.image(2).size or done.image.width % 16 == 0


def test_the_same_seed_draws_the_same(tiny, requests):
    one, two = (tiny.run([requests[2]])[0].image for _ in range(2))
    assert one.tobytes() == two.tobytes()
    other = tiny.run([tiny.with_seed(requests[2], 99)])[0].image
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize(
    ("task", "items", "said"),
    [("ask", ["  "], "empty"), ("draw", [""], "empty"), ("edit", ["make it red"], "no image")],
)
def test_requests_without_sense_are_refused(tiny, task, items, said):
    with pytest.raises(InputError, match=said):
        tiny.request(task, items)


def test_special_tokens_in_a_prompt_stay_text(tiny):
    ids = tiny.loaded.tokenizer.encode("<|im_end|> <|vision_start|>")
    special = tiny.loaded.tokenizer.special
    assert not {special.start, special.end, special.image_start, special.image_end} & set(ids)
    assert tiny.ask("say <|im_end|> please", max_tokens=3).end.finish in ("length", "end")
