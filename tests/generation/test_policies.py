"""Who decides about pictures, and the caps that end every answer."""

import pytest

from mindseye.errors import InputError
from mindseye.events import ImageDone, TextDone
from mindseye.generation.policies import WhenToDraw, split_marks

QUICK = {"num_timesteps": 2, "width": 32, "height": 32, "max_tokens": 4, "seed": 0}


def reasons(reply):
    return [e.why for e in reply.events if isinstance(e, ImageDone)]


def test_never_draws_nothing(tiny):
    reply = tiny.generate("a fox", when_to_draw=WhenToDraw("never", image_bias=1e9), **QUICK)
    assert not reply.images
    assert reply.text


def test_force_draws_after_a_text_or_at_once(tiny):
    reply = tiny.generate("a fox", when_to_draw="force", **QUICK)
    assert reasons(reply) == ["forced"]
    assert [type(part) is str for part in reply.parts] == [True, False]
    at_once = tiny.generate("a fox", when_to_draw=WhenToDraw("force", write_first=False), **QUICK)
    assert len(at_once.parts) == 1


def test_forced_at_once_equals_draw(tiny):
    options = {k: v for k, v in QUICK.items() if k != "max_tokens"}
    forced = tiny.generate("a fox", when_to_draw=WhenToDraw("force", write_first=False), **options)
    assert forced.image.tobytes() == tiny.draw("a fox", **options).image.tobytes()


def test_bias_leans_the_model_and_caps_end_it(tiny):
    always = WhenToDraw("model", image_bias=1e9, max_images=3)
    reply = tiny.generate("a fox", when_to_draw=always, **QUICK)
    assert reasons(reply) == ["bias"] * 3
    assert reply.end.finish == "max_images"


def test_marks_draw_where_they_stand(tiny):
    prompt = "first <|vision_start|> <|vision_end|> then <|vision_start|><|vision_end|>"
    reply = tiny.generate(prompt, when_to_draw="marks", **QUICK)
    assert reasons(reply) == ["mark", "mark"]
    assert not reply.text
    answered = tiny.generate("x <|vision_start|> <|vision_end|> and why?", when_to_draw="marks", **QUICK)
    assert [type(part) is str for part in answered.parts] == [False, True]


@pytest.mark.parametrize(
    "prompt",
    ["a <|vision_start|>", "<|vision_end|> <|vision_start|>", "<|vision_start|> <|vision_start|> <|vision_end|>"],
)
def test_broken_marks_are_one_clear_line(prompt):
    with pytest.raises(InputError, match="mark"):
        split_marks(prompt)


def test_rule_draws_on_a_phrase(tiny):
    text = tiny.generate("a fox", when_to_draw="never", **QUICK).text
    import re

    rule = WhenToDraw("rule", patterns=(re.escape(text[-2:]),), max_images=1)
    reply = tiny.generate("a fox", when_to_draw=rule, **QUICK)
    assert reasons(reply) == ["rule"]
    other = WhenToDraw("rule", patterns=("never said by anyone",))
    assert not tiny.generate("a fox", when_to_draw=other, **QUICK).images


def test_a_final_phrase_ends_the_answer(tiny):
    text = tiny.generate("a fox", when_to_draw="never", **QUICK).text
    policy = WhenToDraw("model", final_phrases=(text[:3],))
    reply = tiny.generate("a fox", when_to_draw=policy, **QUICK)
    assert reply.end.finish == "stop"
    assert sum(isinstance(e, TextDone) for e in reply.events) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [({"kind": "modle"}, "model"), ({"max_rounds": 0}, "max_rounds"), ({"patterns": ("(",)}, "regular expression")],
)
def test_policies_without_sense_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        WhenToDraw(**options)


def test_a_conversation_remembers_its_pictures(tiny):
    chat = tiny.chat()
    drawn = chat.say("a fox", task="draw", **QUICK).image
    words = len(chat.conversation.views.said)
    asked = chat.say("what is it?", task="ask", max_tokens=3)
    kinds = [type(s).__name__ for s in chat.conversation.views.said[words:]]
    assert kinds == ["LatentSegment", "VitSegment", "TextSegment", "TextSegment"]
    again = tiny.chat()
    again.say("a fox", task="draw", **QUICK)
    assert again.say("what is it?", task="ask", max_tokens=3).text == asked.text
    other = chat.say("and now?", task="ask", max_tokens=3)
    assert other.end.tokens_read < asked.end.tokens_read  # the picture is not read again
    assert drawn.size == (32, 32)


def test_examples_are_read_once_for_all_requests(tiny, recording):
    examples = [[recording.image(2), "what is it?", "a fox"], ["大熊猫", "panda"]]
    requests = [tiny.request("ask", [f"question {i}"], max_tokens=3, seed=i) for i in range(8)]
    start = tiny.primed(examples, ["ask"])
    shared = start.views._read["understanding"].cache
    assert shared.length > 40
    replies = tiny.run(requests, examples)
    assert all(reply.end.tokens_read < shared.length / 2 for reply in replies)
    assert start.fork().views._read["understanding"].cache.bytes_owned(but_not=shared) == 0
    [alone] = tiny.run(requests[3:4], examples)
    assert alone.text == replies[3].text
    assert any(a.text != b.text for a, b in zip(replies, tiny.run(requests), strict=True))
