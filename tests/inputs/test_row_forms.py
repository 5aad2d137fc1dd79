import pytest

from mindseye.errors import InputError
from mindseye.inputs.row_forms import PictureField, read_form, read_truth

MARKED = "<image_start>[problem_image_1]<image_end>"


def parts_of(fields):
    return [part.source if isinstance(part, PictureField) else part for part in read_form(fields).parts]


def test_a_puzzles_pictures_stand_at_their_marks():
    fields = {
        "Question": f"Is {MARKED} the shadow of <image_start>[problem_image_2]<image_end>?",
        "problem_image_1": "one.png",
        "problem_image_2": "two.png",
    }
    assert parts_of(fields) == ["Is ", "one.png", " the shadow of ", "two.png", "?"]


def test_pictures_without_marks_come_first_by_number():
    fields = {"Question": "How many?", "problem_image_10": "ten", "problem_image_2": "two", "problem_image_3": None}
    assert parts_of(fields) == ["two", "ten", "How many?"]


def test_a_puzzles_truth():
    truth = read_truth(
        {"Question": "?", "Text Reasoning Trace": "add", "Final Answer": 3, "reasoning_image_1": "after.png"}
    )
    assert (truth.reasoning, truth.answer) == ("add", "3")
    assert truth.pictures == (PictureField("reasoning_image_1", "after.png"),)


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"prompt": "a cat"}, ["a cat"]),
        ({"prompt": "remove it", "image": "a.png"}, ["a.png", "remove it"]),
        ({"question": "are <image> and <image> alike?", "images": ["a", "b"]}, ["are ", "a", " and ", "b", " alike?"]),
        ({"instruction": "remove it", "image": {"bytes": b"png", "path": None}}, [b"png", "remove it"]),
        ({"prompt": "x", "image": {"bytes": None, "path": "a.png"}}, ["a.png", "x"]),
    ],
)
def test_plain_rows(fields, parts):
    assert parts_of(fields) == parts


def test_conversations():
    fields = {
        "image": "a.png",
        "conversations": [
            {"from": "system", "value": "Be short."},
            {"from": "human", "value": "<image>\nWhat is it?"},
            {"from": "gpt", "value": "A cat."},
            {"from": "human", "value": "Which colour?"},
            {"from": "gpt", "value": "Grey."},
        ],
    }
    assert parts_of(fields) == ["a.png", "What is it?", "A cat.", "Which colour?"]
    assert read_form(fields).system_prompt == "Be short."
    assert [turn.role for turn in read_form(fields).turns] == ["user", "assistant", "user"]
    assert read_truth(fields).answer == "Grey."


def test_messages():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [{"type": "text", "text": "What is"}, picture, {"type": "input_image", "image_url": "b.png"}]
    fields = {"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": content}]}
    assert parts_of(fields) == ["What is", "data:image/png;base64,AAAA", "b.png"]
    assert read_form(fields).system_prompt == "Be short."
    fields["messages"].append({"role": "assistant", "content": "A cat."})
    assert parts_of(fields) == ["What is", "data:image/png;base64,AAAA", "b.png"]
    assert read_truth(fields).answer == "A cat."


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "nothing is asked"),
        ({"promt": "a cat"}, 'mean "prompt"'),
        ({"Question": 3}, "Question is 3"),
        ({"Question": "  "}, "Question is empty"),
        ({"Question": MARKED, "problem_image_2": "a"}, 'shows "problem_image_1".*mean "problem_image_2"'),
        ({"Question": "?", "problem_image_1": 7}, "problem_image_1 is 7"),
        ({"prompt": "<image> and <image>", "image": "a"}, "2 <image> and the row has 1"),
        ({"prompt": "x", "images": ["a", None]}, r"images\[1\] is None"),
        ({"conversations": []}, "list of turns"),
        ({"conversations": [{"from": "human"}]}, "expected from and value"),
        ({"conversations": [{"from": "humam", "value": "x"}]}, 'mean "human"'),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "no turn of a user"),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "text or image_url"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages is empty"),
    ],
)
def test_what_asks_nothing_is_told(fields, said):
    with pytest.raises(InputError, match=said):
        read_form(fields)
