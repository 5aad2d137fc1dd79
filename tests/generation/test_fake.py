"""The engine without weights: texts, pictures, delays and errors by a script, through the real scheduler."""

import asyncio
import os
import signal
import threading
import time

import pytest

import mindseye
from mindseye.errors import CancelledError, DeadlineError, InputError, MindseyeError, OverloadedError
from mindseye.events import DrawingStep, ImageDone, TextDelta, TextDone, TurnEnd
from mindseye.generation.fake import Draw, Pause, Say, colour_of

pytestmark = pytest.mark.alone


def model(*steps, **config):
    return mindseye.FakeModel(lambda request: steps, engine=mindseye.EngineConfig(**config))


def test_it_says_draws_and_counts():
    fake = model(Say("a cat and a dog"), Draw(steps=3))
    reply = fake.generate("what?", seed=5)
    assert reply.text == "a cat and a dog"
    assert reply.image.getpixel((0, 0)) == colour_of(5)
    assert "".join(e.text for e in reply.events if isinstance(e, TextDelta)) == reply.text
    assert [e.step for e in reply.events if isinstance(e, DrawingStep)] == [1, 2, 3]
    assert (reply.end.tokens_read, reply.end.tokens_written, reply.end.denoising_passes) == (1, 5, 3)


def test_without_a_script_it_gives_words_back_and_plain_pictures(tmp_path):
    fake = mindseye.load("fake")
    assert fake.ask("hello you").text == "hello you"
    drawn = fake.draw("a cat", think=True, width=32, height=16, seed=1)
    assert drawn.image.size == (32, 16) and drawn.thought == "a plain picture"
    assert mindseye.load("fake").draw("a cat", seed=2).image.getpixel((0, 0)) != drawn.image.getpixel((0, 0))
    assert drawn.save(tmp_path / "a.png").is_file()
    assert fake.chat().say("again", task="ask").text == "again"


def test_delays_take_their_time_and_run_side_by_side():
    fake = model(Pause(0.15), Say("a b c", seconds_a_word=0.05))
    started = time.perf_counter()
    replies = fake.run([fake.request("ask", ["?"]) for _ in range(8)])
    seconds = time.perf_counter() - started
    assert 0.3 <= seconds < 1.0  # one after the other would take 2.4
    assert all(reply.end.seconds["wait"] == pytest.approx(0.3, abs=0.01) for reply in replies)


def test_an_error_of_the_script_is_its_own_requests():
    def script(request):
        return [Say("fine"), *([InputError("broken")] if request.seed == 1 else [])]

    fake = mindseye.FakeModel(script)
    first, second, third = fake.try_all([fake.request("ask", ["?"], seed=seed) for seed in range(3)])
    assert isinstance(second, InputError) and first.text == third.text == "fine"
    with pytest.raises(InputError, match="broken"):
        fake.ask("?", seed=1)


def test_a_deadline_ends_a_request_that_runs_and_one_that_waits():
    fake = model(Pause(5), max_running=1)
    started = time.perf_counter()
    found = fake.try_all([fake.request("ask", ["?"], deadline=0.1), fake.request("ask", ["?"], deadline=0.05)])
    assert [type(error) for error in found] == [DeadlineError, DeadlineError]
    assert "0.1 seconds" in str(found[0])
    assert time.perf_counter() - started < 2
    with pytest.raises(InputError, match="deadline"):
        fake.request("ask", ["?"], deadline=0)


def test_a_full_queue_refuses_and_says_so():
    fake = model(Pause(30), max_running=1, max_waiting=2)
    jobs = [fake.submit(fake.request("ask", ["?"])) for _ in range(3)]
    with pytest.raises(OverloadedError, match="wait"):
        fake.submit(fake.request("ask", ["?"]))
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.wait_for_end()
    assert fake.submit(fake.request("ask", ["?"])).cancel() is None


def test_map_waits_where_a_queue_is_full():
    fake = model(Pause(0.01), Say("x"), max_running=2, max_waiting=1)
    found = list(fake.map((fake.request("ask", [str(i)]) for i in range(20)), window=16))
    assert sum(isinstance(reply, mindseye.Reply) for _, reply in found) == 20


def test_map_takes_no_more_than_its_window_and_keeps_the_order_if_asked():
    alive = most = 0

    def script(request):
        return [Pause(0.02 if request.seed % 7 == 0 else 0.001), Say(str(request.seed))]

    fake = mindseye.FakeModel(script)

    def requests():
        nonlocal alive, most
        for seed in range(60):
            alive += 1
            most = max(most, alive)
            yield fake.request("ask", ["?"], seed=seed)

    seen = []
    for request, reply in fake.map(requests(), window=5, in_order=True):
        alive -= 1
        assert reply.text == str(request.seed)
        seen.append(request.seed)
    assert seen == list(range(60))
    assert most <= 5
    unordered = [request.seed for request, _ in fake.map([fake.request("ask", ["?"], seed=s) for s in range(60)])]
    assert sorted(unordered) == seen and unordered != seen


def test_leaving_a_map_cancels_what_runs():
    fake = model(Pause(0.001), Say("x"), Pause(0.05))
    for _ in fake.map(fake.request("ask", ["?"]) for _ in range(1000)):
        break
    ends_at = time.monotonic() + 5
    while fake.stats().running and time.monotonic() < ends_at:
        time.sleep(0.005)
    assert fake.stats().running == 0
    assert fake.stats().finished < 100


def test_a_map_over_something_broken_answers_what_came_and_then_raises_its_error():
    fake, found = model(Pause(0.05), Say("x")), []

    def requests():
        yield fake.request("ask", ["?"])
        yield fake.request("ask", ["?"])
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        found += (reply.text for _, reply in fake.map(requests()))
    assert found == ["x", "x"]
    with pytest.raises(InputError, match="window"):
        list(fake.map([], window=0))


def test_asyncio_gets_events_replies_and_cancellations():
    fake = model(Say("one two three", seconds_a_word=0.02), Draw(seconds_a_step=0.01))

    async def talk():
        request = fake.request("generate", ["?"], seed=3)
        events = [event async for event in fake.stream_async(request)]
        replies = await asyncio.gather(*(fake.answer_async(request) for _ in range(5)), fake.ask_async("?"))
        task = asyncio.create_task(fake.draw_async("a cat"))
        await asyncio.sleep(0.03)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async for _ in fake.stream_async(request):
            break
        return events, replies

    events, replies = asyncio.run(talk())
    assert isinstance(events[-1], TurnEnd) and any(isinstance(e, ImageDone) for e in events)
    assert {reply.text for reply in replies} == {"one two three"}
    ends_at = time.monotonic() + 5
    while fake.stats().running and time.monotonic() < ends_at:
        time.sleep(0.005)
    assert fake.stats().running == 0


def test_errors_reach_asyncio():
    fake = model(InputError("broken"))

    async def ask():
        await fake.ask_async("?")

    with pytest.raises(InputError, match="broken"):
        asyncio.run(ask())


def test_a_listener_that_waits_for_its_own_thread_is_told():
    fake = model(Say("x"))
    job = fake.submit(fake.request("ask", ["?"]), lambda event: fake.ask("again"))
    with pytest.raises(MindseyeError, match="listener"):
        job.wait()


def test_a_listener_may_start_another_request():
    fake = model(Say("x"))
    started = []

    def listen(event):
        if isinstance(event, TextDone) and not started:
            started.append(fake.submit(fake.request("ask", ["more"])))

    fake.submit(fake.request("ask", ["?"]), listen).wait()
    assert isinstance(started[0].wait()[-1], TurnEnd)


def test_closing_finishes_or_drops():
    fake = model(Pause(0.05), Say("x"))
    jobs = [fake.submit(fake.request("ask", ["?"])) for _ in range(3)]
    fake.close()
    assert all(isinstance(job.events[-1], TurnEnd) for job in jobs)
    with pytest.raises(MindseyeError, match="closed"):
        fake.ask("?")
    other = model(Pause(60))
    job = other.submit(other.request("ask", ["?"]))
    other.close(finish=False)
    with pytest.raises(CancelledError):
        job.wait()


def test_the_thread_ends_when_nothing_comes_and_starts_again(monkeypatch):
    monkeypatch.setattr("mindseye.generation.runner.IDLE_SECONDS", 0.05)
    fake = model(Say("x"))
    fake.ask("?")
    ends_at = time.monotonic() + 5
    while any(thread.name == "mindseye" and thread is fake.runner._thread for thread in threading.enumerate()):
        assert time.monotonic() < ends_at
        time.sleep(0.01)
    assert fake.ask("?").text == "x"


@pytest.mark.usefixtures("plain_ctrl_c")
def test_an_interrupted_wait_cancels():
    fake = model(Pause(60))
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        fake.ask("?")
    ends_at = time.monotonic() + 5
    while fake.stats().running and time.monotonic() < ends_at:
        time.sleep(0.005)
    assert fake.stats().running == 0


@pytest.mark.parametrize(
    "wrong",
    [{"max_running": 0}, {"writing_share": 1}, {"max_waiting": -1}, {"num_threads": 0}, {"max_chunk": 0}],
    ids=str,
)
def test_settings_without_sense_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        mindseye.EngineConfig(**wrong)


def test_any_number_of_requests_may_come_from_a_generator():
    fake = mindseye.FakeModel()
    assert [reply.text for reply in fake.run(fake.request("ask", [word]) for word in "ab")] == ["a", "b"]
    for wrong in (["x"], None, fake.request("ask", ["x"])):
        with pytest.raises(InputError, match="request"):
            fake.run(wrong)
    with pytest.raises(InputError, match="request"):
        fake.submit("hi")


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, KeyboardInterrupt])
def test_whatever_a_listener_raises_ends_its_own_request_alone(error):
    fake = model(Say("a b c", seconds_a_word=0.05))
    quiet = fake.submit(fake.request("ask", ["?"]))

    def leave(event):
        raise error

    loud = fake.submit(fake.request("ask", ["?"]), leave)
    assert isinstance(quiet.wait()[-1], TurnEnd)
    with pytest.raises(MindseyeError, match=error.__name__):
        loud.wait()
    assert fake.ask("again").text == "a b c"


def test_a_listener_that_fails_at_the_end_keeps_nobody_waiting():
    fake = model(Say("x"))

    def broken(event):
        if isinstance(event, TurnEnd):
            raise ValueError("too late")

    async def listen():
        return [event async for event in fake.submit(fake.request("ask", ["?"]), broken)]

    events = asyncio.run(asyncio.wait_for(listen(), 5))
    assert isinstance(events[-1], TurnEnd)


def test_all_ways_of_waiting_in_a_listener_are_refused():
    fake = model(Say("x"), max_running=1, max_waiting=0)
    waits = [
        lambda: list(fake.stream(fake.request("ask", ["?"]))),
        lambda: fake.chat().say("?", task="ask"),
        lambda: list(fake.map([fake.request("ask", ["?"])])),
        lambda: fake.ask("?"),
    ]
    for wait in waits:
        job = fake.submit(fake.request("ask", ["?"]), lambda event, wait=wait: wait())
        with pytest.raises(MindseyeError, match=r"listener|wait"):
            job.wait()


def test_a_model_that_never_answers_can_be_cancelled():
    fake = model(Pause(float("inf")))
    job = fake.submit(fake.request("ask", ["?"]))
    time.sleep(0.05)
    job.cancel()
    with pytest.raises(CancelledError):
        job.wait()
    with pytest.raises(MindseyeError, match="still runs"):
        fake.submit(fake.request("ask", ["?"])).result()
    fake.close(finish=False)
    with pytest.raises(InputError, match="pause"):
        Pause(float("nan"))


def test_a_forked_child_has_no_part_in_its_parents_requests():
    fake = model(Pause(0.3), Say("x"))
    heard = []
    job = fake.submit(fake.request("ask", ["?"]), lambda event: heard.append(os.getpid()))
    time.sleep(0.05)
    child = os.fork()
    if not child:
        try:
            os._exit(0 if fake.ask("?").text == "x" and not heard else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert isinstance(job.wait()[-1], TurnEnd) and set(heard) == {os.getpid()}


def test_those_who_were_cancelled_are_counted_too():
    fake = model(Pause(0.05), Say("x"))
    found = fake.try_all([fake.request("ask", ["?"], deadline=seconds) for seconds in (0.01, 5, 0.01)])
    assert [isinstance(reply, DeadlineError) for reply in found] == [True, False, True]
    assert fake.stats().finished == 3


@pytest.mark.parametrize("wrong", [{"engine": {"max_running": 3}}, {"banana": 3}, {"devise": "cpu"}], ids=str)
def test_loading_knows_its_options(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        mindseye.load("fake", **wrong)
