"""Promise: requests of several threads and requests that fail leave each other alone."""

import threading

import pytest

from mindseye import load
from mindseye.errors import InputError
from mindseye.generation.runner import Runner

pytestmark = pytest.mark.alone


def length_of(chat):
    """Positions of all that was said."""
    return chat.conversation.views.num_positions


@pytest.fixture(scope="module")
def pocket():
    return load("pocket", dtype="float32")


def test_threads_share_a_model(pocket):
    prompts = ["a cat", "a dog", "two bananas"]
    alone = [pocket.draw(prompt, seed=1, num_timesteps=4).image.tobytes() for prompt in prompts]
    found: dict[str, bytes] = {}

    def draw(prompt: str) -> None:
        found[prompt] = pocket.draw(prompt, seed=1, num_timesteps=4).image.tobytes()

    threads = [threading.Thread(target=draw, args=(prompt,)) for prompt in prompts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    same = [sum(a != b for a, b in zip(found[p], alone[i], strict=True)) for i, p in enumerate(prompts)]
    assert max(same) < 100  # of 12288 bytes: rounding may differ by one in a batch


def test_failing_requests_stand_in_their_place(pocket):
    good = pocket.request("draw", ["a cat"], seed=1, num_timesteps=4)
    bad = pocket.request("draw", ["a cat"], seed=1, width=63, height=63)
    first, failed, last = pocket.try_all([good, bad, good])
    assert isinstance(failed, InputError) and "63 x 63" in str(failed)
    assert first.image.tobytes() == last.image.tobytes()
    with pytest.raises(InputError, match="63 x 63"):
        pocket.run([good, bad])


def test_a_stream_raises_what_ended_it(pocket):
    with pytest.raises(InputError, match="63 x 63"):
        list(pocket.stream(pocket.request("draw", ["a cat"], width=63, height=63)))


def test_a_failed_turn_leaves_no_trace(pocket):
    chat = pocket.chat()
    chat.say("a cat", task="draw", num_timesteps=4)
    length = length_of(chat)
    with pytest.raises(InputError):
        chat.say("a dog", task="draw", width=63, height=63)
    turn = chat.stream(pocket.request("draw", ["a dog"], num_timesteps=4))
    next(turn)
    turn.close()
    assert length_of(chat) == length
    chat.say("what is in the picture?", task="ask")
    assert length_of(chat) > length


@pytest.mark.parametrize(
    "options",
    [
        {"width": "64"},
        {"num_timesteps": 10.5},
        {"cfg_text_scale": None},
        {"cfg_interval": 0.4},
        {"cfg_interval": "ab"},
        {"cfg_renorm_type": None},
        {"temperature": "hot"},
        {"max_tokens": None},
        {"top_k": 2.5},
        {"enable_taylorseer": "yes"},
        {"stop": (1,)},
        {"system_prompt": 5},
        {"when_to_draw": None},
        {"think": "no"},
        {"seed": "1"},
        {"seed": True},
        {"seed": -1},
    ],
    ids=str,
)
def test_a_value_of_another_type_is_named(pocket, options):
    [name] = options
    with pytest.raises(InputError, match=name):
        pocket.request("draw", ["a cat"], **options)


def test_calls_that_were_meant_otherwise(pocket):
    with pytest.raises(InputError, match="list of texts"):
        pocket.request("draw", "a cat")
    with pytest.raises(InputError, match="paint"):
        pocket.request("paint", ["a cat"])
    with pytest.raises(InputError, match="list of requests"):
        pocket.run(["a cat"])
    assert pocket.request("ask", ["what?"], stop="abc").text.stop == ("abc",)


def test_a_runner_whose_thread_never_began_is_closed(pocket):
    """As where Ctrl-C came between the making of the thread and its start."""
    runner = Runner(pocket.runner.engine)
    runner._thread = threading.Thread(target=lambda: None)
    runner.close(finish=False, patience=1.0)
    assert runner._is_closed and not runner._thread.is_alive()
