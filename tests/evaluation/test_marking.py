"""How single answers are judged."""

from PIL import Image

from mindseye.evaluation.answers import Answer
from mindseye.evaluation.exams import make_exams
from mindseye.evaluation.marking import final_answer, mark, pixels_of
from mindseye.evaluation.report import _share_facts
from mindseye.evaluation.shares import Share
from mindseye.worlds import to_image


def first(kind):
    return make_exams(kind, 1, 0, ("en",), "corners")[0]


def test_an_edit_that_spoils_the_rest_is_done_but_not_right():
    exam = first("edit.add")
    picture = pixels_of(to_image(exam.episode.truth["scene"]), exam.world).astype(int)
    picture[...] = (picture + 20).clip(0, 255)  # about 22 dB
    judged = mark(exam, Answer((Image.fromarray(picture.astype("uint8")),)))
    assert judged.tallies["done"] == (1, 1)
    assert judged.tallies["kept"] == (0, 1)
    assert not judged.is_right


def test_on_a_new_background_the_things_must_be_kept():
    exam = first("edit.recolour")
    target = pixels_of(to_image(exam.episode.truth["scene"]), exam.world)
    judged = mark(exam, Answer((Image.fromarray(target),)))
    assert judged.tallies["kept"] == (1, 1) and judged.kept_db == 100.0 and judged.is_right
    spoiled = Image.fromarray((target.astype(int) + 20).clip(0, 255).astype("uint8"))
    assert mark(exam, Answer((spoiled,))).tallies["kept"] == (0, 1)


def test_pictures_of_another_size_are_read_too():
    exam = first("draw.one")
    large = to_image(exam.episode.truth["scene"]).resize((256, 256), Image.Resampling.LANCZOS)
    assert mark(exam, Answer((large,))).is_right


def test_final_answers_must_be_said_as_such_and_come_last():
    picture = Image.new("RGB", (64, 64))
    assert final_answer(Answer(("add two dogs", picture, "Final Answer: 2"))) == "2"
    assert final_answer(Answer(("最终答案：2",))) == "2"
    assert final_answer(Answer(("add two dogs",))) == ""
    assert final_answer(Answer(("Final Answer: 2", picture))) == ""
    assert final_answer(Answer()) == ""


def test_steps_count_even_where_the_answer_is_wrong():
    exam = first("reason")
    scenes = exam.episode.truth["scenes"]
    judged = mark(exam, Answer((*(to_image(scene) for scene in scenes), "Final Answer: 97")))
    assert judged.tallies["steps"] == (len(scenes), len(scenes)) and judged.tallies["answer"] == (0, 1)
    assert not judged.is_right
    assert mark(exam, Answer()).tallies["steps"] == (0, len(scenes))


def test_a_puzzle_is_right_only_with_its_pictures():
    exam = first("reason")
    answer, scenes = f"Final Answer: {exam.episode.truth['answer']}", exam.episode.truth["scenes"]
    assert mark(exam, Answer((*map(to_image, scenes), answer))).is_right
    for pictures in ((), [Image.new("RGB", (64, 64))] * len(scenes)):
        judged = mark(exam, Answer((*pictures, answer)))
        assert judged.tallies["answer"] == (1, 1) and not judged.is_right


def test_what_was_not_measured_is_null():
    facts = _share_facts(Share(0, 0))
    assert facts == {"value": None, "right": 0, "total": 0, "interval": None}
    assert _share_facts(Share(1, 2))["value"] == 0.5
