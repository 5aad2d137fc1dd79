import pytest

from mindseye.evaluation.final_answer import (
    choice_in,
    final_answer,
    is_choice,
    is_number,
    normal,
    number_in,
    same_number,
    without_final_answer,
)
from mindseye.evaluation.metrics.answers import is_same_choice, is_same_number, is_same_text


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("add one\nFinal Answer: 3", "3"),
        ("Final Answer: 2\nwait\n**Final Answer:** 4 cats\nbye", "4 cats"),
        ("Final Answer:\n\n  B", "B"),
        ("去掉猫\n最终答案：3", "3"),
        ("so <answer> 7 </answer> it is", "7"),
        (r"thus \boxed{\frac{1}{2}} holds", r"\frac{1}{2}"),
        ("first\n\nit is a cat\n", "it is a cat"),
        ("", ""),
        ("Final Answer:", ""),
    ],
)
def test_which_part_is_the_answer(text, answer):
    assert final_answer(text) == answer


def test_what_comes_before_the_answer():
    assert without_final_answer("one\ntwo\nFinal Answer: 3") == "one\ntwo"
    assert without_final_answer(" one ") == "one"


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("3", 3),
        ("it is 1,234.5 m", 1234.5),
        ("-7", -7),
        ("3/4", 0.75),
        ("12 %", 0.12),
        ("1e3", 1000),
        ("from 2 to .5", 0.5),
        ("none", None),
        ("1/0", None),
        ("3.", 3),
    ],
)
def test_numbers(answer, number):
    assert number_in(answer) == number


def test_when_answers_are_numbers():
    assert [is_number(text) for text in ("3", "$3.50", "3 cats", "three", "2 cats and 3 dogs")] == [True] * 3 + [
        False
    ] * 2
    assert same_number(1 / 3, 0.33333)
    assert not same_number(1.0, 1.001)


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("(C)", "C"),
        ("B. a cat", "B"),
        ("A cat", None),
        ("the answer is (D)", "D"),
        ("Option A, not B", "A"),
        ("I think so", None),
    ],
)
def test_choices(answer, letter):
    assert choice_in(answer) == letter


def test_when_answers_are_choices():
    assert [is_choice(text) for text in ("B", "(B)", "B.", "BC", "b", "cat")] == [True] * 3 + [False] * 3


def test_what_counts_as_the_same():
    assert is_same_text("The cat.", "a  CAT")
    assert not is_same_text("cats", "cat")
    assert not is_same_text("", "")
    assert is_same_number("3 things", "3.0")
    assert not is_same_number("three", "3")
    assert is_same_choice("the answer is B", "(B)")
    assert not is_same_choice("C", "B")
    assert normal("３。") == "3"
