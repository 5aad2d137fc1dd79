"""Sampling, stop strings and streaming."""

import pytest
import torch

from mindseye.events import TextDelta, TextDone
from mindseye.generation.sampler import choose
from mindseye.generation.work import Choice
from mindseye.params import TextParams
from mindseye.thoughts import split_thought


def draws(params, scores, count=200):
    generator = torch.Generator().manual_seed(0)
    row = torch.tensor([scores])
    return {choose(row, [Choice(params, generator)])[0].chosen for _ in range(count)}


def test_temperature_zero_takes_the_likeliest():
    assert draws(TextParams(), [0.0, 3.0, 1.0]) == {1}


def test_top_k_and_top_p_narrow_the_choice():
    scores = [0.0, 3.0, 2.5, 2.0]
    assert draws(TextParams(temperature=1.0), scores) == {0, 1, 2, 3}
    assert draws(TextParams(temperature=1.0, top_k=2), scores) == {1, 2}
    assert draws(TextParams(temperature=1.0, top_p=0.5), scores) == {1, 2}
    assert draws(TextParams(temperature=1.0, top_p=0.01), scores) == {1}


def test_deltas_add_up_to_the_text(tiny):
    events = list(tiny.stream(tiny.request("ask", ["大熊猫 panda"], max_tokens=30, temperature=1.5, seed=5)))
    done = next(e for e in events if isinstance(e, TextDone))
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == done.text


def test_a_stop_string_ends_the_text_before_it(tiny):
    whole = tiny.ask("which one is red?", max_tokens=12).text
    assert len(whole) > 6
    stop = whole[4:7]
    request = tiny.request("ask", ["which one is red?"], max_tokens=12, stop=(stop,))
    events = list(tiny.stream(request))
    done = next(e for e in events if isinstance(e, TextDone))
    assert done.finish == "stop"
    assert done.text == whole[: whole.find(stop)]
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == done.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("<think>a b</think> c", ("a b", "c")), ("plain", (None, "plain")), ("x</think>y", ("x", "y"))],
)
def test_thoughts_are_split_off(text, expected):
    assert split_thought(text) == expected
