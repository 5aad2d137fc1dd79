import pytest

from mindseye.evaluation.traces import first_departure, steps_of, word_f1


def test_steps_stand_between_pictures():
    mark = "<image_start>[reasoning_image_1]<image_end>"
    assert steps_of(f"remove the cat\n{mark}\nadd a dog\nFinal Answer: 3") == ["remove the cat", "add a dog"]
    assert steps_of(f"THOUGHT 0: look\nat it {mark} THOUGHT 1: count") == ["look\nat it", "count"]
    assert steps_of("<think>one\ntwo</think>\nthree") == ["one", "two", "three"]
    assert steps_of("Final Answer: 3") == []


@pytest.mark.parametrize(
    ("ours", "true", "left"),
    [
        (["add a dog", "stop"], ["Add a dog.", "stop"], None),
        (["add a dog", "remove it"], ["add a dog", "count them"], 2),
        (["add a dog"], ["add a dog", "stop"], 2),
        (["add a dog", "stop"], ["add a dog"], 2),
        ([], ["a"], 1),
        ([], [], None),
    ],
)
def test_where_a_trace_leaves_another(ours, true, left):
    assert first_departure(ours, true) == left


def test_word_f1():
    assert word_f1("a b c", "a b d") == pytest.approx(2 / 3)
    assert word_f1("加一只狗", "加一只猫") == 0.75
    assert word_f1("", "a") == 0
