"""How single answers are judged."""

from PIL import Image

from mindseye.evaluation.answers import Answer
from mindseye.evaluation.exams import make_exams
from mindseye.evaluation.marking import final_answer, mark, pixels_of
from mindseye.worlds import to_image


def first(kind):
    return make_exams(kind, 1, 0, ("en",))[0]


def test_an_edit_that_spoils_the_rest_is_done_but_not_right():
    exam = first("edit.add")
    picture = pixels_of(to_image(exam.episode.truth["scene"])).astype(int)
    picture[...] = (picture + 20).clip(0, 255)  # about 22 dB
    judged = mark(exam, Answer((Image.fromarray(picture.astype("uint8")),)))
    assert judged.tallies["done"] == (1, 1)
    assert judged.tallies["kept"] == (0, 1)
    assert not judged.is_right


def test_a_new_background_leaves_nothing_to_keep():
    exam = first("edit.recolour")
    judged = mark(exam, Answer((to_image(exam.episode.truth["scene"]),)))
    assert judged.tallies["kept"] == (0, 0)
    assert judged.kept_db is None
    assert judged.is_right


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
    assert judged.tallies["steps"] == (len(scenes), len(scenes))
    assert not judged.is_right
    assert mark(exam, Answer()).tallies["steps"] == (0, len(scenes))
