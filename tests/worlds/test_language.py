import pytest

from mindseye.worlds import NOUNS, Scene, Thing
from mindseye.worlds.captions import caption
from mindseye.worlds.language import group, how_many, listing, one, several
from mindseye.worlds.thoughts import plan


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (one("en", "apple"), "an apple"),
        (one("en", "apple", "small"), "a small apple"),
        (one("zh", "fish"), "一条鱼"),
        (one("zh", "cat", "small"), "一只小猫"),
        (one("zh", "panda", "big"), "一只大的大熊猫"),
        (several("en", 3, "mouse"), "three mice"),
        (several("en", 2, "strawberry", digits=True), "2 strawberries"),
        (several("zh", 2, "car"), "两辆汽车"),
        (how_many("en", "person"), "how many people"),
        (how_many("zh", "fruit"), "几个水果"),
        (listing("en", ["a cat", "a dog", "a bus"]), "a cat, a dog and a bus"),
        (group("en", ["cat", "dog", "cat"]), "two cats and a dog"),
        (group("zh", ["cat", "dog", "cat"]), "两只猫和一只狗"),
    ],
)
def test_grammar(said, expected):
    assert said == expected


def test_a_caption_tells_all():
    scene = Scene((Thing("cat", "top left"), Thing("dog", "bottom right", "small")), "orange")
    assert caption("en", scene) == "a cat at the top left and a small dog at the bottom right on an orange background"
    assert caption("zh", scene) == "橙色背景，左上一只猫，右下一只小狗"
    assert plan("en", scene) == "cat: top left; small dog: bottom right; background: orange"
    assert caption("en", Scene((), "blue")) == "nothing on a blue background"


def test_no_two_nouns_share_a_word():
    words = [word for noun in NOUNS.values() for word in {noun.name, noun.plural, noun.zh}]
    assert len(words) == len(set(words))
