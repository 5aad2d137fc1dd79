import io
import json

import PIL.Image
import pytest

from mindseye.errors import InputError
from mindseye.inputs.row_forms import read_form, read_truth
from mindseye.inputs.row_lessons import CAPTION_REQUEST, Broken, lessons_of, open_lesson, read_lesson
from mindseye.inputs.row_parts import PictureField
from mindseye.inputs.row_pictures import PictureFinder
from mindseye.inputs.rows import read_rows

MARK = "<image_start>[reasoning_image_1]<image_end>"
HUMAN = {"from": "human", "value": "<image>\nWhat is it?"}


def turns_of(fields, choice=0):
    turns = read_lesson(fields, choice).turns
    return [(t.role, *(part.source if isinstance(part, PictureField) else part for part in t.parts)) for t in turns]


@pytest.mark.parametrize(
    ("fields", "turns"),
    [
        (
            {"image": "a.png", "conversations": [HUMAN, {"from": "gpt", "value": "A cat."}]},
            [("user", "a.png", "What is it?"), ("assistant", "A cat.")],
        ),
        (
            {
                "image_bytes": [b"one", b"two"],
                "conversations": json.dumps(
                    [
                        {"from": "human", "value": "<image> or <image>?"},
                        {"from": "gpt", "value": "The first."},
                        {"from": "human", "value": "Why?"},
                        {"from": "gpt", "value": "It is larger."},
                    ]
                ),
            },
            [
                ("user", b"one", " or ", b"two", "?"),
                ("assistant", "The first."),
                ("user", "Why?"),
                ("assistant", "It is larger."),
            ],
        ),
        (
            {"image": "a.png", "image_bytes": b"one", "question": "What?", "answer": "A cat."},
            [("user", b"one", "What?"), ("assistant", "A cat.")],
        ),
        (
            {"images": ["a", "b", "c"], "question": "<images> or <image>?", "answer": "b"},
            [("user", "a", "b", " or ", "c", "?"), ("assistant", "b")],
        ),
        (
            {"prompt": "a cat", "output_image": "cat.png"},
            [("user", "a cat"), ("assistant", "cat.png")],
        ),
        (
            {"image": "a.png", "captions": ["a cat", "an animal"]},
            [("user", "a.png", CAPTION_REQUEST), ("assistant", "a cat")],
        ),
        (
            {
                "Question": "How many?",
                "Text Reasoning Trace": f"Two here. {MARK} Three there.",
                "reasoning_image_1": "r.png",
                "Final Answer": "5",
            },
            [("user", "How many?"), ("assistant", "Two here.", "r.png", "Three there.", "Final Answer: 5")],
        ),
        (
            {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]},
            [("user", "hi"), ("assistant", "hello")],
        ),
    ],
)
def test_a_row_is_a_whole_conversation(fields, turns):
    assert turns_of(fields) == turns


def test_captions_take_turns():
    fields = {"image": "a.png", "captions": ["one", "two", "three"]}
    fields["conversations"] = [HUMAN, {"from": "gpt", "value": "one"}]
    assert [turns_of(fields, choice)[-1] for choice in (0, 1, 2, 3)] == [
        ("assistant", said) for said in ("one", "two", "three", "one")
    ]
    assert read_truth(fields).answers == ("one", "two", "three")
    assert [part for part in read_form(fields).parts if isinstance(part, str)] == ["What is it?"]


def test_several_answers_of_plain_rows():
    assert read_truth({"question": "?", "answer": "a", "answers": ["a", "b"]}).answers == ("a", "b")
    assert read_truth({"question": "?", "accepted": ["a", "b", 3, ""]}).answers == ("a", "b")
    assert read_truth({"question": "?"}).answers == ()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"question": "What?", "image": "a.png"}, "nothing to learn"),
        ({"conversations": [HUMAN], "image": "a.png"}, "nothing to learn"),
        ({"conversations": "[{", "image": "a.png"}, "broken JSON"),
        ({"conversations": "7"}, "conversations is 7"),
        ({"conversations": [HUMAN, {"from": "gpt", "value": "x"}], "image_bytes": []}, "1 <image> and the row has 0"),
        ({"captionz": ["x"], "image": "a.png"}, "nothing is asked"),
        ({"Question": "?", "Text Reasoning Trace": MARK}, "trace shows"),
    ],
)
def test_rows_that_teach_nothing_say_why(fields, said):
    with pytest.raises(InputError, match=said):
        read_lesson(fields)


def test_broken_rows_are_reported_and_the_others_go_on(tmp_path):
    path = tmp_path / "rows.jsonl"
    good = {"question": "?", "answer": "a"}
    path.write_text("\n".join(["{", json.dumps(good), json.dumps({"question": "?"}), json.dumps(good)]))
    broken = Broken()
    assert [row.number for row, _ in lessons_of(read_rows([path]), broken)] == [1, 3]
    assert broken.count == 2
    assert broken.examples[0].startswith("rows.jsonl, row 0: line 1 is broken JSON")
    assert "nothing to learn" in broken.examples[1]


def test_pictures_are_opened(tmp_path):
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (3, 2), "red").save(buffer, "PNG")
    conversations = [{"from": "system", "value": "Be short."}, HUMAN, {"from": "gpt", "value": "Red."}]
    lesson = read_lesson({"image_bytes": buffer.getvalue(), "conversations": json.dumps(conversations)})
    system, asked, answer = open_lesson(lesson, PictureFinder((tmp_path,)))
    assert (system.role, system.text, answer.role, answer.text) == ("system", "Be short.", "assistant", "Red.")
    assert asked.items[0].image.getpixel((0, 0)) == (255, 0, 0) and asked.items[1].text == "What is it?"
    cut = read_lesson({"image_bytes": buffer.getvalue()[:40], "conversations": json.dumps(conversations)})
    with pytest.raises(InputError, match="image_bytes: "):
        open_lesson(cut, PictureFinder((tmp_path,)))
