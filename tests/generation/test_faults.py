"""Faults that the first engine had, each as the user would have met it."""

import gc
import re
import time
import weakref

import pytest
import torch

from mindseye.errors import CancelledError, InputError, MemoryShortError
from mindseye.events import DrawingStep, Failed, TextDelta, TextDone, TurnEnd
from mindseye.generation import engine as engines
from mindseye.generation.conversation import Conversation
from mindseye.generation.engine import Engine
from mindseye.generation.policies import WhenToDraw
from mindseye.generation.turns import story_of
from mindseye.generation.watched import WatchedConversation
from mindseye.generation.work import Decode

SMALL = {"num_timesteps": 4, "width": 32, "height": 32}


@pytest.fixture
def engine(tiny):
    return Engine(tiny.loaded.network, tiny.loaded.vae)


def start(tiny, engine, *requests, on_event=None):
    return [engine.submit(story_of(request, Conversation(tiny.loaded)), on_event) for request in requests]


def finish(engine, jobs):
    while engine.step():
        pass
    assert all(job.is_done for job in jobs)


def ids_of(job):
    return [event.token_ids for event in job.events if isinstance(event, TextDone)]


@pytest.fixture
def questions(tiny):
    words = ("one two", "three four five", "panda", "大熊猫 panda")
    return [tiny.request("ask", [text], max_tokens=8, seed=i) for i, text in enumerate(words)]


def test_cancelling_another_in_the_middle_of_a_step_shifts_no_result(tiny, engine, questions):
    expected = [ids_of(*engine.run([story_of(question, Conversation(tiny.loaded))])) for question in questions]
    jobs = []

    def cancel_second(event):
        if isinstance(event, TextDelta):
            jobs[1].cancel()

    jobs += start(tiny, engine, questions[0], on_event=cancel_second)
    jobs += start(tiny, engine, *questions[1:])
    finish(engine, jobs)
    assert isinstance(jobs[1].events[-1].error, CancelledError)
    assert [ids_of(jobs[i]) for i in (0, 2, 3)] == [expected[i] for i in (0, 2, 3)]


def test_a_listener_that_raises_ends_its_own_request_and_nobody_elses(tiny, engine, questions):
    [reference] = engine.run([story_of(questions[2], Conversation(tiny.loaded))])

    def broken(event):
        if isinstance(event, TextDelta):
            raise RuntimeError("the listener is broken")

    [loud] = start(tiny, engine, questions[0], on_event=broken)
    [quiet] = start(tiny, engine, questions[2])
    finish(engine, [loud, quiet])
    assert isinstance(loud.events[-1], Failed) and "listener is broken" in str(loud.events[-1].error)
    assert ids_of(quiet) == ids_of(reference)
    assert quiet.events[-1].tokens_written == reference.events[-1].tokens_written  # no token passed twice


def test_an_error_in_a_pass_fails_the_one_whose_fault_it_is(tiny, engine, questions, monkeypatch):
    expected = [ids_of(*engine.run([story_of(question, Conversation(tiny.loaded))])) for question in questions]
    real = engines.run_pass
    culprit = tuple(tiny.loaded.tokenizer.encode("three four five"))

    def broken(network, feeds, read_back):
        if any(feed.ids[1:-1] == culprit for feed in feeds):
            raise IndexError("index out of range in self")
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", broken)
    jobs = start(tiny, engine, *questions)
    finish(engine, jobs)
    assert isinstance(jobs[1].events[-1].error, IndexError)
    assert [ids_of(jobs[i]) for i in (0, 2, 3)] == [expected[i] for i in (0, 2, 3)]
    assert not engine.step()


def test_an_error_in_the_autoencoder_fails_its_own_request(tiny, engine, questions, monkeypatch):
    def broken(latent):
        raise ValueError("the autoencoder is broken")

    monkeypatch.setattr(engine.vae, "decode", broken)
    jobs = start(tiny, engine, tiny.request("draw", ["a fox"], **SMALL), questions[0])
    finish(engine, jobs)
    assert isinstance(jobs[0].events[-1].error, ValueError)
    assert isinstance(jobs[1].events[-1], TurnEnd)


def test_a_failed_passs_tensors_are_gone_when_it_is_tried_again(tiny, engine, questions, monkeypatch):
    real, left, alive = engines.run_pass, [], []

    def short(network, feeds, read_back):
        alive.append(sum(tensor() is not None for tensor in left))
        if len(feeds) > 1:
            large = torch.empty(1000)
            left.append(weakref.ref(large))
            raise torch.OutOfMemoryError("no more")
        return real(network, feeds, read_back)

    monkeypatch.setattr(engines, "run_pass", short)
    gc.disable()
    try:
        jobs = start(tiny, engine, *questions)
        finish(engine, jobs)
    finally:
        gc.enable()
    assert left and not any(alive)
    assert all(isinstance(job.events[-1], TurnEnd) for job in jobs)


def test_a_drawing_that_does_not_fit_is_told_in_words(tiny, engine, monkeypatch):
    def never(cache, num_tokens):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("mindseye.networks.kv_chunks.ChunkCanvas", never)
    [job] = start(tiny, engine, tiny.request("draw", ["a fox"], **SMALL))
    finish(engine, [job])
    assert isinstance(job.events[-1].error, MemoryShortError)
    assert "smaller image" in str(job.events[-1].error)


def test_the_rule_goes_on_after_its_picture(tiny):
    text = tiny.generate("a fox", when_to_draw="never", max_tokens=4).text
    rule = WhenToDraw("rule", patterns=(re.escape(text[-2:]),), max_images=3)
    reply = tiny.generate("a fox", when_to_draw=rule, seed=0, max_tokens=4, **SMALL)
    assert [isinstance(part, str) for part in reply.parts][:3] == [True, False, True]


def test_a_text_ends_where_the_context_does(tiny):
    most = tiny.loaded.config.decoder.max_position_embeddings
    conversation = Conversation(tiny.loaded)
    word = tiny.loaded.tokenizer.encode(" panda")
    conversation.say(" panda" * ((most - 40) // len(word)))
    left = most - conversation.views.num_positions - 2
    [job] = tiny.runner.run([story_of(tiny.request("ask", ["x"], max_tokens=200), conversation)])
    done = next(event for event in job.result() if isinstance(event, TextDone))
    assert done.finish == "length"
    assert len(done.token_ids) == most - (most - left - 2) - 2 - 2 - len(tiny.loaded.tokenizer.encode("x"))
    full = Conversation(tiny.loaded)
    full.say("x" * (most - 2))
    with pytest.raises(InputError, match="can hold"):
        tiny.runner.run([full_story(full)])[0].result()


def full_story(conversation):
    from mindseye.params import TextParams

    yield from conversation.write(TextParams(), torch.Generator())
    return "end"


def test_time_on_a_device_that_answers_later_is_booked_where_it_was_spent(tiny, engine, monkeypatch):
    """The pass returns at once and the device is busy on; only waiting for it tells where the time went."""
    owed, late = [], []
    real, decode = engines.run_pass, engine.vae.decode

    def asynchronous(network, feeds, read_back):
        late.append(len(owed))
        if any(feed.wants == "velocity" for feed in feeds):
            owed.append(0.05)
        return real(network, feeds, read_back)

    def decode_later(latent):
        late.append(len(owed))
        return decode(latent)

    def wait(device):
        time.sleep(sum(owed))
        owed.clear()

    monkeypatch.setattr(engines, "run_pass", asynchronous)
    monkeypatch.setattr(engines, "synchronize", wait)
    monkeypatch.setattr(engine.vae, "decode", decode_later)
    [job] = engine.run([story_of(tiny.request("draw", ["a fox"], **SMALL), Conversation(tiny.loaded))])
    seconds = job.result()[-1].seconds
    assert seconds["draw"] >= 3 * 0.05
    assert len(late) > 3 and not any(late)  # nobody begins while work of somebody else is still on its way


def test_a_special_token_in_the_middle_of_a_text_is_kept(tiny):
    """As the reference keeps it, in the answer, in its pieces and in what is read again."""
    tokenizer = tiny.loaded.tokenizer
    special = tokenizer.special_ids["<|vision_end|>"]
    request = tiny.request("ask", ["panda"], max_tokens=5, token_bias={special: 1e4})
    conversation = WatchedConversation(tiny.loaded)
    [job] = tiny.runner.run([story_of(request, conversation)])
    done = next(event for event in job.result() if isinstance(event, TextDone))
    assert done.text == "<|vision_end|>" * 5
    assert "".join(event.text for event in job.events if isinstance(event, TextDelta)) == done.text
    kept = conversation.views.said[-1]
    assert kept.ids[1:-1] == (special,) * 5


def test_the_end_of_all_text_ends_this_one(tiny):
    """The reference writes on; what follows was never meant for anybody."""
    over = tiny.loaded.tokenizer.special_ids["<|endoftext|>"]
    [reply] = tiny.run([tiny.request("ask", ["panda"], max_tokens=5, token_bias={over: 1e4})])
    assert reply.text == "" and reply.end.finish == "end"


def test_a_written_mark_stays_text_when_it_was_typed_by_characters(tiny):
    """The characters of a mark, written one by one, do not become the mark when the text is kept."""
    tokenizer = tiny.loaded.tokenizer
    ids = tuple(tokenizer.encode("<|im_end|>"))
    assert tokenizer.special.end not in ids
    assert tuple(tokenizer.encode(tokenizer.decode(ids, skip_special=False), allow_special=False)) == ids


def test_results_are_raised_in_one_place(tiny):
    [bad] = tiny.engine.run([story_of(tiny.request("draw", ["a"], width=17, height=16), Conversation(tiny.loaded))])
    with pytest.raises(InputError, match="16 x 16"):
        bad.result()
    [good] = tiny.engine.run([story_of(tiny.request("ask", ["a"], max_tokens=2), Conversation(tiny.loaded))])
    assert isinstance(good.result()[-1], TurnEnd)


def test_an_interrupted_step_delivers_nothing_twice(tiny, engine, questions):
    """Ctrl-C while results are handed out: the next step goes on from there, and nobody reads a token twice."""
    expected = [ids_of(*engine.run([story_of(question, Conversation(tiny.loaded))])) for question in questions]
    interrupts = iter([True])

    def interrupted(event):
        if isinstance(event, TextDelta) and next(interrupts, False):
            raise KeyboardInterrupt

    jobs = start(tiny, engine, questions[0], on_event=interrupted) + start(tiny, engine, *questions[1:])
    with pytest.raises(KeyboardInterrupt):
        finish(engine, jobs)
    finish(engine, jobs[1:])
    assert [ids_of(job) for job in jobs[1:]] == expected[1:]


def test_a_cancelled_drawing_stops_before_its_next_step(tiny, engine):
    [job] = start(tiny, engine, tiny.request("draw", ["a fox"], **{**SMALL, "num_timesteps": 40}))
    while not any(isinstance(event, DrawingStep) for event in job.events):
        engine.step()
    job.cancel()
    num_steps = sum(isinstance(event, DrawingStep) for event in job.events)
    engine.step()
    assert job.is_done and sum(isinstance(event, DrawingStep) for event in job.events) == num_steps
    assert not any(isinstance(job.work, Decode) for job in engine.scheduler.running)
