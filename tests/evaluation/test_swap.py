"""Image swap tells seeing from guessing, by models whose eyes are known."""

import json

import numpy as np
import PIL.Image
import pytest

from mindseye.cli.main import main
from mindseye.errors import InputError
from mindseye.evaluation.swap import Answers, Asking, SwapRow, chance, partners, swap_scores, way_of
from mindseye.evaluation.swap_run import SwapSettings, measure_swap
from mindseye.inputs.row_files import RowFiles
from mindseye.inputs.row_order import Reading
from mindseye.loading import load

QUESTION = "what is it?"
THINGS = ("cat", "dog", "fox", "owl")


def askings(count=40, question=QUESTION):
    return [Asking(str(n), question, (f"a {THINGS[n % 4]}", THINGS[n % 4])) for n in range(count)]


def told(rows, answer):
    """Rows answered by `answer(shown row or None for a blank, rng)`."""
    rng = np.random.default_rng(0)
    made = []
    for row, other in zip(rows, partners(rows), strict=True):
        said = Answers(answer(row, rng), answer(rows[other], rng), answer(None, rng))
        made.append(SwapRow(row, rows[other], said))
    return made


def test_who_sees_gets_all_points():
    scores = swap_scores(told(askings(), lambda shown, rng: f"A {shown.truths[1]}." if shown else "nothing"))
    assert (scores.right, scores.right_swapped, scores.image_swap, scores.follows) == (1, 0, 1, 1)
    assert (scores.changed_swapped, scores.changed_blank, scores.image_blank) == (1, 1, 1)
    assert scores.image_swap_95 == (1, 1) and scores.num_rows == scores.num_same_question == 40


def test_who_says_always_the_same_gets_none():
    scores = swap_scores(told(askings(), lambda shown, rng: "a cat"))
    assert scores.right == scores.right_swapped == scores.right_blank == 0.25
    assert scores.image_swap == scores.changed_swapped == scores.changed_blank == 0


def test_who_guesses_gets_none_on_average():
    scores = swap_scores(told(askings(2000), lambda shown, rng: THINGS[rng.integers(4)]))
    assert abs(scores.image_swap) < 0.05 and scores.right == pytest.approx(0.25, abs=0.04)
    assert scores.image_swap_95[0] < 0 < scores.image_swap_95[1]
    assert scores.changed_swapped == pytest.approx(0.75, abs=0.05), "answers that change are not yet answers that see"


def test_half_an_eye_gets_half():
    scores = swap_scores(
        told(askings(400), lambda shown, rng: shown.truths[0] if shown and int(shown.key) % 8 < 4 else "x")
    )
    assert scores.image_swap == pytest.approx(0.5, abs=0.01)


def test_a_failed_answer_is_wrong():
    scores = swap_scores([SwapRow(*askings(2), Answers(None, "a cat", None))])
    assert (scores.right, scores.right_swapped, scores.image_swap) == (0, 1, -1)


def test_partners_ask_the_same_and_have_another_truth():
    rows = [*askings(8), Asking("8", "how many?", ("3",)), Asking("9", "how many?", ("3",))]
    found = partners(rows, seed=1)
    for row, other in zip(rows, found, strict=True):
        assert not set(row.truths) & set(rows[other].truths)
    assert all(other < 8 for other in found), "no row with the same question and another truth: any other row"
    assert found == partners(rows, seed=1) and partners(rows, seed=2)[:8] != found[:8]
    assert partners([rows[8], rows[9]]) == [None, None]
    assert partners([]) == []


def test_chance_is_what_is_true_of_most_others():
    skewed = [Asking(str(n), "is it?", ("yes" if n < 8 else "no",)) for n in range(10)]
    assert chance(skewed) == 0.8
    assert chance([Asking(str(n), f"question {n}", ("yes",)) for n in range(5)]) is None
    assert chance(askings(4)) == 0, "each truth is that of one row, so others say nothing of it"


@pytest.mark.parametrize(
    ("match", "said", "right"),
    [
        ("exact", "The cat.", 1),
        ("exact", "there is a cat here", 0),
        ("contains", "there is a cat here", 1),
        ("contains", "a catalogue", 0),
        ("nearer", "one small cat sits there", 1),
        ("nearer", "one small dog", 0),
        ("nearer", "no idea", 0.5),
    ],
)
def test_ways_of_matching(match, said, right):
    assert swap_scores([SwapRow(*askings(2), Answers(said, None, None))], match).right == right


def test_captions_are_matched_by_nearness_and_short_answers_exactly():
    caption = Asking("1", QUESTION, ("a child in a pink dress is climbing up a set of stairs",))
    assert [way_of("auto", row) for row in (caption, askings()[0])] == ["nearer", "exact"]
    assert way_of("contains", caption) == "contains"
    answers = Answers("a child on stairs", None, None)
    rows = [SwapRow(caption, askings()[0], answers), SwapRow(askings()[0], caption, answers)]
    assert [swap_scores([row]).right for row in rows] == [1, 0]
    assert chance([caption, caption]) == 0.5
    with pytest.raises(InputError, match="contains"):
        swap_scores(rows, "contain")
    with pytest.raises(InputError, match="no row asks"):
        swap_scores([])


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes") / "w"
    words = ["--world", "town", "--kinds", "question.ground", "wear.describe", "--num", "24", "--num-held-out", "1"]
    assert main(["data", "prepare", "world", "-o", str(folder), "--quiet", *words]) == 0
    return folder / "train.jsonl"


def test_the_pocket_model_sees_its_world(scenes, tmp_path, capsys):
    assert main(["evaluate", str(scenes), "--swap", "--quiet", "--json", "-o", str(tmp_path / "out")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["num_rows"] + said["left_out"] >= 24 and said["match"] == "auto"
    assert said["right"] >= 0.9 and said["image_swap"] >= 0.6 > said["right_swapped"]
    assert said["changed_blank"] > 0.7 and said["right_blank"] < 0.5 and said["image_blank"] > 0.5
    rows = json.loads((tmp_path / "out" / "swap.json").read_text())["rows"]
    assert len(rows) == said["num_rows"]
    right = [row["own"] in row["true"] for row in rows]
    assert sum(right) / len(right) == pytest.approx(said["right"], abs=0.05)


def test_a_blind_model_gets_nothing(scenes):
    """The fake model says the same to every picture."""
    result = measure_swap(load("fake"), RowFiles([scenes]).read(Reading()), SwapSettings(num=10))
    assert result.scores.image_swap == result.scores.changed_swapped == 0 and result.scores.num_rows == 10


def test_rows_that_do_not_fit_are_told(tmp_path, capsys):
    PIL.Image.new("RGB", (64, 64), "red").save(tmp_path / "a.png")
    rows = [
        {"question": QUESTION, "image": "a.png", "answer": "red"},
        {"question": QUESTION, "image": "none.png", "answer": "blue"},
        {"question": QUESTION, "answer": "blue"},
        {"question": QUESTION, "image": "a.png"},
        {"question": "which colour?", "image": "a.png", "answer": "blue"},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    result = measure_swap(load("fake"), RowFiles([path]).read(Reading()), SwapSettings(image_root=tmp_path))
    assert result.scores.num_rows == 2 and result.scores.num_same_question == 0 and result.scores.follows is None
    said = ["none.png", "0 pictures", "no true answer", "broken JSON"]
    assert all(why in line for why, line in zip(said, result.left_out, strict=True))
    path.write_text(json.dumps(rows[0]) + "\n")
    assert main(["evaluate", str(path), "--swap", "--quiet"]) == 2
    assert "another row to swap with" in capsys.readouterr().err
