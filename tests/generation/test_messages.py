"""What is said with roles, thoughts apart from answers, previews."""

import numpy as np
import PIL.Image
import pytest

import mindseye
from mindseye.errors import InputError
from mindseye.events import DrawingStep, TextDelta, TextDone
from mindseye.generation.conversation import Conversation
from mindseye.inputs.segments import LatentSegment, TextSegment, VitSegment
from mindseye.samples import path_of

ANIMALS = path_of("cat-dog")


@pytest.fixture(scope="module")
def pocket():
    return mindseye.load("pocket", dtype="float32")


def test_a_stateless_chat_says_what_a_stateful_one_does(pocket):
    chat = pocket.chat()
    first = chat.say(ANIMALS, "what is in the picture?", task="ask")
    drawn = chat.say("a panda", task="draw", seed=2)
    last = chat.say("what is in the picture?", task="ask")
    said = [
        mindseye.Message("user", [ANIMALS, "what is in the picture?"]),
        ("assistant", first.text),
        {"role": "user", "content": "a panda"},
        ("assistant", [drawn.image]),
        ("user", ["what is in the picture?"]),
    ]
    assert pocket.run([pocket.request("ask", messages=said)])[0].text == last.text != ""
    again = pocket.run([pocket.request("draw", messages=said[:3], seed=2)])[0]
    assert abs(np.asarray(again.image, int) - np.asarray(drawn.image, int)).max() <= 1


def test_a_system_message_takes_the_place_of_the_prompt(pocket):
    think = pocket.defaults.prompts["think_answer"].text
    question = [ANIMALS, "what is to the left of the dog?"]
    asked = pocket.ask(*question, think=True)
    said = [("system", think), ("user", question)]
    assert pocket.run([pocket.request("ask", messages=said)])[0].thought == asked.thought is not None
    own = pocket.request("ask", messages=[("system", "speak"), ("user", question)], think=True)
    conversation = Conversation(pocket.loaded)
    next(pocket.story(own, conversation))
    systems = [s for s in conversation.views.said if isinstance(s, TextSegment) and s.role == "system"]
    assert [pocket.loaded.tokenizer.decode(s.ids) for s in systems] == ["speak"]


def test_ask_in_a_chat_sees_what_ask_sees(pocket):
    """Latents are a condition for drawings; an answer in words never reads them, whatever was drawn before."""
    question = "how many things are there?"
    assert pocket.chat().say(ANIMALS, question, task="ask").text == pocket.ask(ANIMALS, question).text == "2"
    chat = pocket.chat()
    chat.say(ANIMALS, "remove the cat", task="edit", seed=1)
    kinds = [type(segment) for segment in chat.conversation.views.said]
    assert LatentSegment in kinds
    chat.say("how many animals are there?", task="ask")
    read = chat.conversation.views._read["understanding"].segments
    assert {type(segment) for segment in read} == {VitSegment, TextSegment}
    assert len([s for s in read if isinstance(s, VitSegment)]) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("assistant", "hello")], "last message"),
        ([("usr", "hello")], "did you mean"),
        ([("user", "")], "empty"),
        (["hello"], "expected Message"),
        ([("user", [object()])], "expected a text"),
        ([("user", "x"), ("system",)], "expected Message"),
    ],
)
def test_messages_without_sense_are_refused(pocket, said, expected):
    with pytest.raises(InputError, match=expected):
        pocket.request("ask", messages=said)


def test_both_forms_at_once_are_refused(pocket):
    with pytest.raises(InputError, match="both"):
        pocket.request("ask", ["x"], messages=[("user", "x")])
    picture = PIL.Image.new("RGB", (64, 64))
    edited = pocket.request("edit", messages=[("user", [picture]), ("assistant", "nice"), ("user", "make it blue")])
    assert edited.image == pocket.defaults.edit
    with pytest.raises(InputError, match="no image"):
        pocket.request("edit", messages=[("user", "make it blue")])


def test_thoughts_come_apart_from_answers(pocket):
    reply = pocket.ask(ANIMALS, "what is to the left of the dog?", think=True)
    thought = "".join(e.text for e in reply.events if isinstance(e, TextDelta) and e.is_thought)
    answer = "".join(e.text for e in reply.events if isinstance(e, TextDelta) and not e.is_thought)
    assert (thought, answer) == (reply.thought, reply.text)
    done = next(e for e in reply.events if isinstance(e, TextDone))
    assert done.text == f"<think>{thought}</think>{answer}" and (done.thought, done.answer) == (thought, answer)


def test_a_thought_has_tokens_of_its_own_and_the_answer_follows(pocket):
    question = [ANIMALS, "what is to the left of the dog?"]
    whole = pocket.ask(*question, think=True)
    short = pocket.ask(*question, think=True, max_thought_tokens=3)
    assert whole.thought.startswith(short.thought) and len(short.thought) < len(whole.thought)
    assert short.text and short.end.finish == "end"
    cut = pocket.ask(*question, think=True, max_tokens=6)
    assert cut.end.finish == "length"  # together, as long as nobody asks for a thought's own
    drawn = pocket.draw("a panda to the right of an apple", think=True, max_thought_tokens=4, seed=1, num_timesteps=3)
    tokens = next(e.token_ids for e in drawn.events if isinstance(e, TextDone) and e.is_thought)
    assert len(tokens) == 4


def test_previews_come_when_asked_and_change_nothing(pocket):
    plain = pocket.draw("a cat to the left of a dog", seed=3)
    shown = pocket.draw("a cat to the left of a dog", seed=3, preview_every=3)
    previews = {e.step: e.preview for e in shown.events if isinstance(e, DrawingStep) and e.preview}
    assert list(previews) == [3, 6]
    assert shown.image.tobytes() == plain.image.tobytes()
    assert not any(e.preview for e in plain.events if isinstance(e, DrawingStep))

    def far(image):
        return float(np.abs(np.asarray(image, float) - np.asarray(plain.image, float)).mean())

    assert previews[3].size == plain.image.size and far(previews[6]) < far(previews[3])
    with pytest.raises(InputError, match="preview_every"):
        pocket.draw("a cat", preview_every=-1)


def test_the_tag_of_a_thought_counts_for_nobody_and_a_forced_one_stops_where_it_should(pocket):
    question = [path_of("fruit-duck"), "what is in the picture?"]
    whole = pocket.ask(*question, think=True).text
    answers = [pocket.ask(*question, think=True, max_thought_tokens=60, max_tokens=n).text for n in (1, 2, 3)]
    assert all(whole.startswith(answer) for answer in answers)
    assert 0 < len(answers[0]) < len(answers[1]) < len(answers[2])
    stopped = pocket.ask(*question, think=True, max_thought_tokens=2, stop=["</think>"])
    done = next(e for e in stopped.events if isinstance(e, TextDone))
    assert done.finish == "stop" and "</think>" not in done.text


def test_a_message_says_its_words_in_every_form():
    assert mindseye.Message("user", "hello").text == mindseye.Message("user", ["hello"]).text == "hello"
