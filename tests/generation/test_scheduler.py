"""Who comes in, who goes into the next pass, and how time is shared."""

import time

import pytest
import torch

import mindseye
from mindseye.errors import MemoryShortError
from mindseye.events import DrawingStep, TextDelta, TurnEnd
from mindseye.generation import engine as engines
from mindseye.generation import threads
from mindseye.generation.conversation import Conversation
from mindseye.generation.engine import Engine
from mindseye.generation.scheduler import EngineConfig, TimeShares
from mindseye.generation.turns import story_of

pytestmark = pytest.mark.alone


def engine_of(tiny, **config):
    return Engine(tiny.loaded.network, tiny.loaded.vae, EngineConfig(**config))


def start(tiny, engine, *requests, cost=0):
    return [engine.submit(story_of(request, Conversation(tiny.loaded)), cost=cost) for request in requests]


def finish(engine):
    while engine.step():
        pass


def spy(monkeypatch):
    """The tokens of every feed of every pass."""
    passes, real = [], engines.run_pass

    def watched(network, feeds, read_back):
        passes.append([feed.num_tokens for feed in feeds])
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", watched)
    return passes


def test_a_long_text_is_read_in_pieces_while_others_write(tiny, monkeypatch):
    long = " ".join(["panda"] * 200)
    [alone] = engine_of(tiny).run([story_of(tiny.request("ask", [long], max_tokens=3), Conversation(tiny.loaded))])
    passes, engine = spy(monkeypatch), engine_of(tiny, max_chunk=32)
    writer, reader = start(
        tiny, engine, tiny.request("ask", ["x"], max_tokens=40), tiny.request("ask", [long], max_tokens=3)
    )
    finish(engine)
    assert max(max(feeds) for feeds in passes) == 32
    assert sum(feeds == [1, 32] for feeds in passes) >= 5  # a word of one beside a piece of the other
    assert reader.events[0] == alone.events[0]
    assert reader.events[-1].tokens_read == alone.events[-1].tokens_read
    assert isinstance(writer.events[-1], TurnEnd)


def test_no_pass_is_larger_than_it_may_be_and_nobody_starves(tiny, monkeypatch):
    engine, drawn, real = engine_of(tiny, max_tokens_per_pass=40), [], engines.run_pass

    def watched(network, feeds, read_back):
        if any(feed.wants == "velocity" for feed in feeds):
            drawn.append(len(feeds))
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", watched)
    requests = [tiny.request("draw", ["a fox"], seed=i, num_timesteps=4, width=64, height=48) for i in range(6)]
    jobs = start(tiny, engine, *requests)
    finish(engine)
    assert set(drawn) == {2}  # two branches of one drawing, never two drawings
    steps = [sum(isinstance(event, DrawingStep) for event in job.events) for job in jobs]
    assert steps == [3] * 6


def test_drawings_that_do_not_fit_together_take_turns(tiny):
    engine = engine_of(tiny, max_tokens_per_pass=40)
    jobs = start(tiny, engine, *(tiny.request("draw", ["a fox"], num_timesteps=9, width=64, height=48) for _ in "ab"))
    most = 0
    while engine.step():
        done = [sum(isinstance(event, DrawingStep) for event in job.events) for job in jobs]
        most = max(most, abs(done[0] - done[1]))
    assert most <= 1


def test_places_are_given_in_the_order_of_coming(tiny):
    engine = engine_of(tiny, max_running=2)
    jobs = start(tiny, engine, *(tiny.request("ask", ["x"], max_tokens=n) for n in (9, 3, 3, 3)))
    order, most = [], 0
    while engine.step():
        most = max(most, engine.stats().running)
        order += [i for i, job in enumerate(jobs) if job.is_done and i not in order]
    order += [i for i in range(4) if i not in order]
    assert most == 2
    assert order.index(1) < order.index(2) < order.index(3)


def test_what_does_not_fit_waits_and_what_never_can_is_refused_with_the_numbers(tiny):
    engine = engine_of(tiny, max_cache_bytes=100_000_000)
    jobs = start(tiny, engine, *(tiny.request("ask", ["x"], max_tokens=6) for _ in range(4)), cost=40_000_000)
    engine.step()
    assert (engine.stats().running, engine.stats().waiting) == (2, 2)
    finish(engine)
    assert all(isinstance(job.events[-1], TurnEnd) for job in jobs)
    with pytest.raises(MemoryShortError, match=r"200 MB.*100 MB"):
        start(tiny, engine, tiny.request("ask", ["x"]), cost=200_000_000)


def test_a_model_knows_what_a_request_costs(tiny, recording):
    text = tiny.cost(tiny.request("ask", ["x"], max_tokens=100))
    seen = tiny.cost(tiny.request("ask", [recording.image(0), "x"], max_tokens=100))
    small = tiny.cost(tiny.request("draw", ["x"], width=64, height=64))
    large = tiny.cost(tiny.request("draw", ["x"], width=128, height=128))
    guided = tiny.cost(tiny.request("edit", [recording.image(0), "x"], width=128, height=128, cfg_img_scale=2.0))
    assert 0 < text < seen and 0 < small < large < guided
    poor = mindseye.Model(tiny.loaded, "poor", EngineConfig(max_cache_bytes=small))
    assert poor.draw("x", width=64, height=64, num_timesteps=3).image.size == (64, 64)
    with pytest.raises(MemoryShortError, match="MB"):
        poor.draw("x", width=128, height=128, num_timesteps=3)
    found = poor.try_all([poor.request("draw", ["x"], width=n, height=n, num_timesteps=3) for n in (64, 128, 64)])
    assert [isinstance(reply, MemoryShortError) for reply in found] == [False, True, False]


def test_estimates_are_near_what_is_really_held(tiny, monkeypatch):
    held = []
    real = engines.run_pass

    def watched(network, feeds, read_back):
        held.append(network.cache_shape.ledger.num_bytes)
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", watched)
    request = tiny.request("draw", ["a fox"], width=128, height=128, num_timesteps=3)
    before = tiny.loaded.network.cache_shape.ledger.num_bytes
    engine_of(tiny, prefix_cache_bytes=0).run([story_of(request, Conversation(tiny.loaded))])
    spare = (
        2
        * 256
        * 2
        * 4
        * tiny.loaded.config.decoder.num_hidden_layers
        * (tiny.loaded.config.decoder.num_key_value_heads * tiny.loaded.config.decoder.head_dim)
    )  # chunks are made a little longer than they must be
    assert tiny.cost(request) * 0.8 < max(held) - before < tiny.cost(request) * 1.2 + spare


def test_writing_has_its_share_of_the_time_while_something_is_drawn():
    shares = TimeShares(0.25)
    spent = {"writing": 0.0, "drawing": 0.0}
    for _ in range(1000):
        kind = shares.pick(True, True)
        seconds = {"writing": 0.01, "drawing": 0.2}[kind]
        spent[kind] += seconds
        shares.spend(kind, seconds)
    assert spent["writing"] / sum(spent.values()) == pytest.approx(0.25, abs=0.01)
    assert shares.pick(True, False) == "writing" and shares.pick(False, True) == "drawing"


def test_words_come_between_the_steps_of_a_large_drawing(tiny, monkeypatch):
    """Also on a machine where nothing is measured exactly: passes are made to take a time of their own."""
    real = engines.run_pass

    def timed(network, feeds, read_back):
        time.sleep(0.02 if any(feed.wants == "velocity" for feed in feeds) else 0.001)
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", timed)
    engine = engine_of(tiny, writing_share=0.4)
    drawing, writing = start(
        tiny,
        engine,
        tiny.request("draw", ["a fox"], num_timesteps=12, width=64, height=48),
        tiny.request("ask", ["x"], max_tokens=400),
    )
    while not drawing.is_done:
        engine.step()
    words = sum(isinstance(event, TextDelta) for event in writing.events)
    writing.cancel()
    assert words > 3 * 11


def test_a_pass_of_little_work_takes_one_thread_beside_busy_programs(tiny, monkeypatch):
    seen, real, others = [], engines.run_pass, [0.0]
    monkeypatch.setattr(threads, "_seconds_of_others", lambda: others[0])
    monkeypatch.setattr(threads, "LOOK_EVERY", -1.0)

    def watched(network, feeds, read_back):
        seen.append(torch.get_num_threads())
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        engine, request = engine_of(tiny), tiny.request("ask", ["x"], max_tokens=2)
        engine.run([story_of(request, Conversation(tiny.loaded))])
        assert 2 in seen and torch.get_num_threads() == 2
        seen.clear()
        monkeypatch.setattr(threads, "_seconds_of_others", lambda: others.append(others[-1] + 100) or others[-1])
        engine.run([story_of(request, Conversation(tiny.loaded))])
        assert set(seen) == {1} and torch.get_num_threads() == 2
        seen.clear()
        engine_of(tiny, num_threads=2).run([story_of(request, Conversation(tiny.loaded))])
        assert set(seen) == {2}
    finally:
        torch.set_num_threads(before)


def test_small_passes_take_what_was_faster_and_try_the_other_again(monkeypatch):
    monkeypatch.setattr(threads, "_seconds_of_others", lambda: None)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        choice, taken = threads.ThreadChoice(None), []
        for number in range(300):
            taken.append(choice.number(1e8))
            slow = 2 if number < 150 else 1
            choice.note(1e8, taken[-1], 0.02 if taken[-1] == slow else 0.01)
        assert taken[:100].count(1) > 90 and taken[220:].count(2) > 70
        assert threads.ThreadChoice(None).number(1e12) == 2
    finally:
        torch.set_num_threads(before)
